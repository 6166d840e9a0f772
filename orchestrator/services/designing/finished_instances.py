"""Finished instances with all that a replay needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services import bundles, instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing.replayed_instance import Resolved
from orchestrator.services.execution import locked_instance
from orchestrator.services.execution.locked_instance import CLOCK, Actor
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.territories import Body, Territory


@dataclass(frozen=True)
class Record:
    """What is known of a finished instance."""

    row: Any
    """INSTANCE_COLUMNS."""
    entries: Sequence[HistoryEntry]
    around: Mapping[str, Any]
    """The variables that it began with beside the form's."""
    names: Mapping[int, str]
    """Who acted, by id."""
    bundle: Bundle
    """The version it ran on."""


def finished(tenant_id: str, process_key: str, last: int) -> sa.Select[Any]:
    """The last instances of a procedure that ran to an end, the latest first."""
    own = (
        ProcessInstance.restricted,
        ProcessInstance.ended_at,
        ProcessInstance.started_by_body,
        ProcessInstance.about_id,
    )
    return (
        sa.select(*locked_instance.INSTANCE_COLUMNS, *own)
        .where(
            ProcessInstance.tenant_id == tenant_id,
            ProcessInstance.process_key == process_key,
            ProcessInstance.state == "completed",
            ProcessInstance.destroyed_at.is_(None),
        )
        .order_by(ProcessInstance.ended_at.desc(), ProcessInstance.id.desc())
        .limit(last)
    )


def histories(
    session: Session,
    ids: Sequence[str],
) -> dict[str, list[HistoryEntry]]:
    """Instance → its history, in order."""
    result: dict[str, list[HistoryEntry]] = {value: [] for value in ids}
    query = sa.select(HistoryEntry).where(HistoryEntry.instance_id.in_(ids))
    for entry in session.scalars(
        query.order_by(HistoryEntry.instance_id, HistoryEntry.seq),
    ):
        result[entry.instance_id].append(entry)
    return result


class Known:
    """Names and places that the replays of one back-test share."""

    def __init__(
        self,
        session: Session,
        entries: Sequence[HistoryEntry],
    ) -> None:
        self.session = session
        people = {
            entry.actor_id for entry in entries if entry.actor_id is not None
        }
        self.people: Mapping[int, Person] = {
            row.id: row
            for row in session.scalars(
                sa.select(Person).where(Person.id.in_(people)),
            )
        }
        self.bodies: dict[Any, Resolved] = {}
        self._names: dict[str, str] = {}

    def body_names(self, ids: Sequence[str]) -> str:
        for value in ids:
            if value not in self._names:
                body = self.session.get(Body, value)
                if body is not None:
                    self._names[value] = body.name
                else:
                    self._names[value] = value
        return "、".join(self._names[value] for value in ids) or say(
            "指定的人"
        )

    def record(self, row: Any, entries: Sequence[HistoryEntry]) -> Record:
        bundle = bundles.bundle_of(self.session, row.definition_id)
        person = self.people.get(row.started_by)
        body = self.session.get(Body, row.started_by_body or "")
        place = self.session.get(
            Territory,
            (row.tenant_id, row.territory_code),
        )
        around: dict[str, Any] = {}
        if row.started_by is None and place is not None:
            around = instances.circumstances(
                instances.Initiator(CLOCK),
                place.name,
                row.territory_path,
                entries[0].at,
                bundle,
            )
        elif person is not None and body is not None and place is not None:
            actor = Actor(
                person.id,
                person.username,
                person.display_name,
                body.id,
            )
            around = instances.circumstances(
                instances.Initiator(actor, body.name, body.role),
                place.name,
                row.territory_path,
                entries[0].at,
                bundle,
            )
        subject = None
        if row.about_id:
            subject = self.session.get(ProcessInstance, row.about_id)
        if subject is not None:
            around |= instances.about_variables(
                subject.business_key,
                subject.title,
                subject.variables,
            )
        elif bundle.definition.about:
            around |= instances.about_variables("", "", {})
        names = {
            person_id: person.display_name
            for person_id, person in self.people.items()
        }
        return Record(row, entries, around, names, bundle)
