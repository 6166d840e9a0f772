"""A case's priorities, the levels it can be escalated to, and what its diagram learns from each automatic
step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.sentences import joined, say

PRIORITIES = {
    "normal": say("一般"),
    "urgent": say("紧急"),
    "major": say("重大"),
}
TASK_PRIORITIES = {"urgent": 75, "major": 100}
"""Priority of a case → that of its tasks; every other task has PLAIN."""
PLAIN = 50
"""Camunda's own: what a task has whose diagram says nothing."""


def task_priority(drawn: int, variables: Mapping[str, Any]) -> int:
    """Priority of a task: what its diagram says, and where it says nothing, the instance's own."""
    if drawn != PLAIN:
        return drawn
    return TASK_PRIORITIES.get(str(variables.get("priority")), PLAIN)


def urgency(priority: int) -> str:
    """What a task of that priority is called: a key of PRIORITIES."""
    return next(
        (
            name
            for name in ("major", "urgent")
            if priority >= TASK_PRIORITIES[name]
        ),
        "normal",
    )


def escalation_objection(to: str, levels: Sequence[str]) -> str | None:
    """Why a case cannot be escalated to that level; None when it can. A returned case may be escalated to the
    same level again.

    `levels`: those at which an office handles cases, the widest first.
    """
    if to in levels:
        return None
    return say(
        "流程图写的上报层级“{to}”没有分流、交办事件的机构，应为 {names} 之一",
        to=to,
        names=joined("、", levels),
    )


# What the diagram's conditions read after each step. The handlers answer so, and so does a play on paper.
# `levels` are always those at which an office handles cases, the widest first.


def opened(
    variables: Mapping[str, Any], levels: Sequence[str]
) -> dict[str, Any]:
    """A case begins at the narrowest level that handles cases, nothing done over yet.

    `informant`: whether somebody reported it who is to be told what came of it.
    """
    return {
        "handling_level": levels[-1],
        "rework_count": 0,
        "return_count": 0,
        "assisting_departments": [],
        "informant": bool(variables.get("reporter_name")),
    }


def moved(
    variables: Mapping[str, Any], levels: Sequence[str]
) -> dict[str, Any]:
    """Escalated or assigned down to the input `level`; returns are counted anew there."""
    return {"handling_level": variables.get("level"), "return_count": 0}


def given_back(
    variables: Mapping[str, Any], levels: Sequence[str]
) -> dict[str, Any]:
    """Returned by a department: the second return from one level goes to the next higher office, and counting
    begins anew there."""
    count = int(variables.get("return_count") or 0) + 1
    level = str(variables.get("handling_level") or levels[-1])
    if level in levels:
        higher = levels[max(levels.index(level) - 1, 0)]
    else:
        higher = level
    if count < 2 or higher == level:
        return {"return_count": count, "handling_level": level}
    return {"return_count": 0, "handling_level": higher}


def reworked(variables: Mapping[str, Any]) -> dict[str, Any]:
    """A failed check is counted, and says what was wrong. Of the departments, the lead among them, those that
    the check names do their part again; all of them where it names none."""
    assigned = variables.get("assigned_assisting")
    if assigned is None:
        assigned = variables.get("assisting_departments")
    assisting = list(assigned or ())
    lead = variables.get("lead_department")
    named = set(variables.get("rework_departments") or ())
    again = named & {lead, *assisting} or {lead, *assisting}
    return {
        "rework_count": int(variables.get("rework_count") or 0) + 1,
        "rework_note": str(variables.get("verification_note") or ""),
        "rework_departments": [],
        "assigned_assisting": assisting,
        "assisting_departments": [
            value for value in assisting if value in again
        ],
        "lead_again": lead in again,
    }


def urged(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"urged_count": int(variables.get("urged_count") or 0) + 1}


def in_bulletin(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"bulletin_count": int(variables.get("bulletin_count") or 0) + 1}
