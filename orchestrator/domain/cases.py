"""A case's priorities, and the levels it can be escalated to."""

from __future__ import annotations

from orchestrator.domain.territory import LEVELS

PRIORITIES = {"normal": "一般", "urgent": "紧急", "major": "重大"}

ESCALATION_LEVELS = LEVELS[: LEVELS.index("township") + 1]
"""Escalation (上报) ends at a grid office, and those stand from the township up. A returned case may be escalated to the same level again."""


def escalation_objection(to: str) -> str | None:
    """Why a case cannot be escalated to that level; None when it can."""
    if to in ESCALATION_LEVELS:
        return None
    return f"流程图写的上报层级「{to}」没有网格化机构，应为 {'、'.join(ESCALATION_LEVELS)} 之一"
