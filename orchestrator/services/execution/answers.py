"""What a service task answers where there are no registers: the variables that diagrams read. The handlers
answer alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.domain import assignments, cases, retention
from orchestrator.engine import commands as c
from orchestrator.services.execution.instance import Instance

MOVES: Mapping[
    str,
    Callable[[Mapping[str, Any], Sequence[str]], Mapping[str, Any]],
] = {
    "case.register": cases.opened,
    "case.escalate": cases.moved,
    "case.assign-down": cases.moved,
    "case.return": cases.given_back,
}
"""Topic → the variables that it gives back, which depend on the levels that handle cases."""
ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "case.rework": cases.reworked,
    "case.urge": cases.urged,
    "task.urge": cases.urged,
    "case.bulletin": cases.in_bulletin,
    "assignment.again": assignments.done_again,
    "archive.appraise": lambda known: retention.appraised(known, ()).variables,
}
"""Topic → the variables that it gives back. The other topics give none that a diagram reads."""


READ_CLOCK = "clock.read"


def answer_of(
    effect: c.ExternalTaskWanted,
    instance: Instance,
) -> dict[str, Any]:
    """What the service task gives back."""
    if effect.topic == READ_CLOCK:
        return instance.read_clock()
    if effect.topic in MOVES:
        levels = instance.bundle.jurisdiction.handling_levels
        return dict(MOVES[effect.topic](effect.variables, levels))
    answers = ANSWERS.get(effect.topic)
    if answers is not None:
        return dict(answers(effect.variables))
    return {}
