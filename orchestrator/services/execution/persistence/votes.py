"""Who agreed at a step that several people answer: read from the history, and from what is not yet written
there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.engine.countersign import read
from orchestrator.services.execution.locked_instance import LockedInstance
from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Person
from orchestrator.store.territories import Body

ANSWERED, COUNTED = "user-task-completed", "countersigned"
ABANDONED = "user-task-cancelled"
"""A round that is broken off (退回, an interrupting timer) takes its open tasks away; so does one that is
decided before all have answered."""
ENDS = (COUNTED, ABANDONED)


def agreed(
    running: LockedInstance, element_id: str
) -> list[tuple[str, str]] | None:
    """(name of the body, name of the person) of each who agreed in the last round, in the order of their
    answers; None for a step that one person answers. Who answered in a round that was broken off is none."""
    element = running.bundle.definition.elements.get(element_id)
    if element is None or element.multi is None:
        return None
    # Where nothing is counted, the answers are named as they are by default.
    preset = element.countersign or read({"countersign": "all"})
    assert preset is not None
    voters: dict[tuple[int | None, str | None], bool] = {}
    over = False
    for kind, voter, data in _entries(running, element_id):
        if kind in ENDS:
            over = True
            continue
        if over:
            voters.clear()
            over = False
        answer = data.get("submitted", {}).get(preset.vote, preset.agree)
        # Who answers again is named where he answered last.
        voters.pop(voter, None)
        voters[voter] = answer == preset.agree
    consenting = [voter for voter, agrees in voters.items() if agrees]
    return _named(running, consenting)


def _entries(
    running: LockedInstance, element_id: str
) -> Iterator[tuple[str, tuple[int | None, str | None], Mapping[str, Any]]]:
    """(kind, person and body, data) of each answer and of each end of a round, the earliest first."""
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == running.id,
        HistoryEntry.element_id == element_id,
        HistoryEntry.kind.in_((ANSWERED, *ENDS)),
    )
    for row in running.session.scalars(query.order_by(HistoryEntry.seq)):
        yield row.kind, (row.actor_id, row.actor_body_id), row.data
    by = (running.actor.person_id, running.actor.body_id)
    for entry in running.entries:
        if entry.element_id == element_id and entry.kind in (
            ANSWERED,
            *ENDS,
        ):
            yield entry.kind, by, entry.data


def _named(
    running: LockedInstance, voters: list[tuple[int | None, str | None]]
) -> list[tuple[str, str]]:
    people = _names(
        running,
        sa.select(Person.id, Person.display_name).where(
            Person.id.in_({person for person, _body in voters}),
        ),
    )
    bodies = _names(
        running,
        sa.select(Body.id, Body.name).where(
            Body.id.in_({body for _person, body in voters}),
        ),
    )
    return [
        (bodies.get(body, ""), people.get(person, ""))
        for person, body in voters
    ]


def _names(
    running: LockedInstance,
    query: sa.Select[Any, str],
) -> Mapping[Any, str]:
    return {row[0]: row[1] for row in running.session.execute(query)}
