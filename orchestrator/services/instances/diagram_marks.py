"""What an instance's diagram and its list of steps mark: where it went, and where it stands."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.engine import Element
from orchestrator.services.bundles import Bundle
from orchestrator.services.instances.timeline import Moves
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.user_tasks import UserTask


def visited(
    session: Session,
    moves: Moves,
    instance_id: str,
    whole: Sequence[HistoryEntry] | None,
) -> list[str]:
    """Ids of the flows taken and of the elements left, in the order of their first time. `whole`: the whole
    history, where it has been read already."""
    if whole is None:
        return _marked(moves, _different_paths(session, instance_id))
    paths = (
        (entry.seq, entry.data["path"])
        for entry in whole
        if entry.data.get("path")
    )
    return _marked(moves, paths)


def _different_paths(
    session: Session,
    instance_id: str,
) -> Iterator[tuple[int, Sequence[Any]]]:
    """(number of the first entry, path) of each different path.

    The database groups equal paths: an instance that went round a thousand times has few different ones. A
    condition on the path would have it read every entry's data a second time.
    """
    path = HistoryEntry.data["path"].as_string()
    first = sa.func.min(HistoryEntry.seq)
    rows = session.execute(
        sa.select(first, path)
        .where(HistoryEntry.instance_id == instance_id)
        .group_by(path)
        .order_by(first),
    )
    return ((seq, json.loads(text)) for seq, text in rows if text is not None)


def _marked(
    moves: Moves,
    paths: Iterable[tuple[int, Sequence[Any]]],
) -> list[str]:
    result: dict[str, None] = {}
    for seq, path in paths:
        flows = moves.at(seq).definition.flows
        for element_id in _ids(path):
            flow = flows.get(element_id)
            if flow is not None:
                result[flow.source] = None
            result[element_id] = None
    return list(result)


def _ids(path: Sequence[Any]) -> Iterator[str]:
    """The ids of a path. The first versions wrote it as pairs: an element and the flows by which it was
    left."""
    for part in path:
        if isinstance(part, str):
            yield part
        else:
            yield from _ids(part)


def unasked(
    session: Session,
    bundle: Bundle,
    instance_id: str,
    past: Sequence[str],
) -> set[str]:
    """Of the tasks for several that were passed, those that were for nobody."""
    elements = bundle.definition.elements
    several = [
        value
        for value in past
        if value in elements
        and elements[value].type == "userTask"
        and elements[value].multi is not None
    ]
    if not several:
        return set()
    asked = session.scalars(
        sa.select(UserTask.element_id)
        .where(
            UserTask.instance_id == instance_id,
            UserTask.element_id.in_(several),
        )
        .distinct()
    )
    return set(several).difference(asked)


def outline(
    bundle: Bundle,
    current: Sequence[str],
    past: Sequence[str],
    unasked: Collection[str] = (),
) -> list[tuple[str, str, str]]:
    """(state, name, lane) of each step that people do; state is `done`, `current`, `ahead`, or `unasked` for
    one that was for nobody."""
    results = []
    for process in bundle.definition.processes.values():
        for element in process.in_order:
            begins = (
                element.type == "startEvent"
                and process.id == bundle.definition.key
            )
            if element.name and (begins or _is_done_by_people(element)):
                if element.id in past:
                    state = "done"
                else:
                    state = "ahead"
                if element.id in unasked:
                    state = "unasked"
                if element.id in current:
                    state = "current"
                results.append(
                    (state, element.name, element.lane or process.name),
                )
    return results


def _is_done_by_people(element: Element) -> bool:
    """A task, the choice of what comes next in an ad-hoc subprocess, or a step that somebody triggers."""
    triggered = element.type == "receiveTask" and all(
        not event.reference for event in element.events
    )
    return (
        element.type == "userTask" or element.ad_hoc is not None or triggered
    )
