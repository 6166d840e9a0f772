"""交办 on paper: the grids and bodies that the folder names. Whether the item stands on their lists, only the
office's registers know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from orchestrator.domain.assignments import (
    Target,
    chosen,
    due_instant,
    next_round,
    receivers,
)
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.simulation.scenario_people import FolderDirectory


def _open(
    directory: FolderDirectory,
    variables: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """What `assignment.open` answers. Raises RuleViolated where no grid is meant or a grid has nobody."""
    profile = directory.folder.profile
    place = str(variables.get("territory_path") or "")
    grids = [
        Target(row.place.code, row.place.name, row.kind, row.place.path)
        for row in directory.folder.grids
        if row.place.path.startswith(place)
    ]
    targets = chosen(grids, variables)
    if not targets:
        raise RuleViolated([say("没有选到网格，请至少选一个网格")])
    names = {key: body.name for key, body in directory.bodies.items()}
    receiver = str(variables.get("receiver") or "")
    by = str(variables.get("initiator_body") or "")
    try:
        results = receivers(targets, receiver, by, profile, names)
    except (KeyError, ValueError) as wrong:
        raise RuleViolated(
            [say("交办不能执行：{wrong}", wrong=wrong)],
        ) from wrong
    return {
        "receivers": results,
        "assigned_count": len(targets),
        "assigned_item": str(variables.get("item_id") or ""),
        "assignment_due": due_instant(
            variables.get("assignment_due_on"),
            profile,
        ),
    }


def _next_round(
    directory: FolderDirectory,
    variables: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    return next_round(variables, directory.folder.profile, now)


ANSWERS: Mapping[
    str,
    Callable[[FolderDirectory, Mapping[str, Any], datetime], dict[str, Any]],
] = {
    "assignment.open": _open,
    "assignment.next-round": _next_round,
}
"""Topic → what it answers on paper."""
