"""A case's priorities, the levels it can be escalated to, and what its diagram learns from each automatic
step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.domain.territory import LEVELS
from orchestrator.sentences import joined, say

PRIORITIES = {"normal": say("一般"), "urgent": say("紧急"), "major": say("重大")}

ESCALATION_LEVELS = LEVELS[: LEVELS.index("township") + 1]
"""Escalation (上报) ends at a grid office, and those stand from the township up. A returned case may be
escalated to the same level again."""


def escalation_objection(to: str) -> str | None:
    """Why a case cannot be escalated to that level; None when it can."""
    if to in ESCALATION_LEVELS:
        return None
    return say(
        "流程图写的上报层级「{to}」没有网格化机构，应为 {names} 之一",
        to=to,
        names=joined("、", ESCALATION_LEVELS),
    )


# What the diagram's conditions read after each step. The handlers answer so, and so does a play on paper.


def opened(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A case begins at its township, nothing done over yet."""
    return {"handling_level": "township", "rework_count": 0, "return_count": 0, "assisting_departments": []}


def moved(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Escalated or assigned down to the input `level`; returns are counted anew there."""
    return {"handling_level": variables.get("level"), "return_count": 0}


def given_back(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Returned by a department: the second return from one level goes to the next higher office, and counting
    begins anew there."""
    count, level = (
        int(variables.get("return_count") or 0) + 1,
        str(variables.get("handling_level") or "township"),
    )
    higher = LEVELS[max(LEVELS.index(level) - 1, 0)]
    if count < 2 or higher == level:
        return {"return_count": count, "handling_level": level}
    return {"return_count": 0, "handling_level": higher}


def reworked(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"rework_count": int(variables.get("rework_count") or 0) + 1}


def urged(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"urged_count": int(variables.get("urged_count") or 0) + 1}


def in_bulletin(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"bulletin_count": int(variables.get("bulletin_count") or 0) + 1}
