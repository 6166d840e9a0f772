"""What a scenario on a database sees: instances, tasks, clocks and history, and what the registers hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import items
from orchestrator.engine import Definition
from orchestrator.services import access, bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.instances import (
    case_view,
)
from orchestrator.services.simulation.backend import NOW, Clock, Offered
from orchestrator.services.simulation.scenario_people import KnownPerson
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import (
    HistoryEntry,
    ProcessInstance,
)
from orchestrator.store.notices import PublicNotice
from orchestrator.store.people import Person
from orchestrator.store.registers import (
    Filing,
    Grid,
    ItemListEntry,
    ServiceItem,
    items_in_force,
)
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

_INSTANCE: sa.BindParameter[str] = sa.bindparam("instance_id")
# What is asked after each step is put together once: that takes as long as the answer.
_OFFERED = (
    sa.select(
        UserTask.id,
        UserTask.element_id,
        UserTask.due_at,
        UserTaskCandidate.candidate,
    )
    .outerjoin(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
    .where(UserTask.instance_id == _INSTANCE, UserTask.state == "open")
    .order_by(UserTask.id, UserTaskCandidate.candidate)
)
_CLOCKS = (
    sa.select(TimerJob.id, TimerJob.element_id, TimerJob.due_at)
    .where(TimerJob.state == "planned")
    .order_by(TimerJob.due_at, TimerJob.id)
)
_CLOCKS_OF_ONE = _CLOCKS.where(TimerJob.instance_id == _INSTANCE)
_ENDED = (
    sa.select(HistoryEntry.element_id)
    .join(ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id)
    .where(
        HistoryEntry.instance_id == _INSTANCE,
        HistoryEntry.kind == "ended",
        ProcessInstance.state == "completed",
    )
)
_HISTORY = (
    sa.select(HistoryEntry)
    .where(
        HistoryEntry.instance_id == _INSTANCE,
        HistoryEntry.seq > sa.bindparam("after"),
    )
    .order_by(HistoryEntry.seq)
)


class DatabaseLooks:
    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.now = NOW
        self._in_force: dict[tuple[str, datetime], str] = {}
        """Procedure and moment → its version: no scenario publishes."""
        self._histories: dict[str, list[HistoryEntry]] = {}
        """Instance → its history as far as it was read: nothing in it ever changes."""
        self._processes: dict[str, str] = {}
        """Instance → key of its procedure: no instance changes it."""
        self._people: dict[str, int] = {}
        """Username → id of the person: no scenario renames one."""
        self._reading: Session | None = None

    @contextmanager
    def one_reading(self) -> Iterator[None]:
        """All looks inside the block see the database at one moment."""
        with transaction(writing=False) as session:
            self._reading = session
            try:
                yield
            finally:
                self._reading = None

    # ---- instances

    def instances(self) -> list[str]:
        return [
            str(row)
            for row in self._rows(
                sa.select(ProcessInstance.id).order_by(ProcessInstance.id),
            )
        ]

    @property
    def crossed(self) -> dict[str, set[str]]:
        query = sa.select(HistoryEntry.data, ProcessInstance.process_key).join(
            ProcessInstance,
            ProcessInstance.id == HistoryEntry.instance_id,
        )
        result: dict[str, set[str]] = {}
        with transaction(writing=False) as session:
            for data, process in session.execute(query).all():
                result.setdefault(process, set()).update(data.get("path", ()))
        return result

    def definition(self, process: str) -> Definition:
        return self._bundle(process).definition

    def process_of(self, instance_id: str) -> str:
        if instance_id not in self._processes:
            query = sa.select(ProcessInstance.process_key).where(
                ProcessInstance.id == instance_id,
            )
            self._processes[instance_id] = str(self._rows(query)[0])
        return self._processes[instance_id]

    def offered(self, instance_id: str) -> list[Offered]:
        tasks: dict[str, Any] = {}
        bodies: dict[str, list[str]] = {}
        with self._session() as session:
            asked = session.execute(_OFFERED, {"instance_id": instance_id})
            for row in asked:
                tasks[row.id] = row
                named = bodies.setdefault(row.id, [])
                if row.candidate is not None:
                    named.append(row.candidate)
        return [
            Offered(row.id, row.element_id, tuple(bodies[row.id]), row.due_at)
            for row in tasks.values()
        ]

    def clocks(self, instance_id: str | None = None) -> list[Clock]:
        query = _CLOCKS if instance_id is None else _CLOCKS_OF_ONE
        with self._session() as session:
            rows = session.execute(query, {"instance_id": instance_id})
            return [Clock(*row) for row in rows]

    def ended_as(self, instance_id: str) -> str | None:
        with self._session() as session:
            given = {"instance_id": instance_id}
            ended = session.scalars(_ENDED, given).all()
        if ended:
            return str(ended[-1])
        return None

    def variables(self, instance_id: str) -> Mapping[str, Any]:
        result: Mapping[str, Any] = self._rows(
            sa.select(ProcessInstance.variables).where(
                ProcessInstance.id == instance_id,
            ),
        )[0]
        return result

    def history(self, instance_id: str) -> Sequence[HistoryEntry]:
        """What has happened to it, in order."""
        read = self._histories.setdefault(instance_id, [])
        given = {
            "instance_id": instance_id,
            "after": read[-1].seq if read else 0,
        }
        with self._session() as session:
            read += session.scalars(_HISTORY, given).all()
        return read

    def body_name(self, body_id: str) -> str:
        results = self._rows(sa.select(Body.name).where(Body.id == body_id))
        if results:
            return str(results[0])
        return body_id

    def troubles(self) -> list[str]:
        return [
            str(row)
            for row in self._rows(
                sa.select(Incident.message).where(Incident.state == "open"),
            )
        ]

    # ---- registers

    def items_on(self, territory: str) -> set[str]:
        """Names of the items that stand on the territory's list, in force or about to be, and that nobody has
        taken off."""
        query = sa.select(ServiceItem.name).join(
            ItemListEntry,
            ItemListEntry.item_id == ServiceItem.id,
        )
        ahead = query.where(
            ItemListEntry.territory_code == territory,
            ItemListEntry.left_in.is_(None),
        )
        return {str(row) for row in self._rows(ahead)}

    def items_in_force(self, territory: str) -> set[str]:
        """Names of the items that may be worked on there today."""
        with transaction(writing=False) as session:
            today = self.now.astimezone(
                form_options.zone(self._bundle("item_admission")),
            ).date()
            return {
                item.name
                for item in items_in_force(
                    session,
                    self.tenant_id,
                    [territory],
                    today,
                )
            }

    def grids(self) -> set[str]:
        """Names of the active grids."""
        return {
            str(row)
            for row in self._rows(
                sa.select(Grid.name).where(Grid.state == "active"),
            )
        }

    def filed_with(self, instance_id: str) -> list[str]:
        """Ids of the bodies that the instance was filed with."""
        return [
            str(row)
            for row in self._rows(
                sa.select(Filing.to_body_id).where(
                    Filing.instance_id == instance_id,
                ),
            )
        ]

    def notices(self) -> list[tuple[str, str]]:
        """(title, everything that it says today) of the public notices."""
        return [
            (row.title, str(self._read_today(row)))
            for row in self._rows(sa.select(PublicNotice))
        ]

    def _read_today(self, notice: PublicNotice) -> Any:
        if notice.kind != "item-list":
            return notice.body
        return items.published(
            notice.body,
            self.now.astimezone(ZoneInfo(notice.body["timezone"])).date(),
        )

    def record(self, instance_id: str) -> list[str]:
        """The lines of the instance's story, as who started it reads them."""
        with transaction(writing=False) as session:
            started_by = session.get_one(
                ProcessInstance, instance_id
            ).started_by
            viewer = access.viewer(session, started_by or 0)
            assert viewer is not None
            return [
                " ".join(
                    [
                        step.title,
                        step.remark,
                        *(f"{label}：{text}" for label, text in step.facts),
                    ],
                )
                for step in case_view.look(session, viewer, instance_id).steps
            ]

    # ---- inside

    def _bundle(self, process: str) -> Bundle:
        asked = (process, self.now)
        with self._session() as session:
            if asked not in self._in_force:
                self._in_force[asked] = bundles.definition_in_force(
                    session, self.tenant_id, *asked
                )
            return bundles.bundle_of(session, self._in_force[asked])

    def _path(self, instance_id: str) -> str:
        return str(
            self._rows(
                sa.select(ProcessInstance.territory_path).where(
                    ProcessInstance.id == instance_id,
                ),
            )[0],
        )

    def _person(self, by: KnownPerson) -> int:
        if by.username not in self._people:
            query = sa.select(Person.id).where(Person.username == by.username)
            self._people[by.username] = int(self._rows(query)[0])
        return self._people[by.username]

    def _rows(self, query: Any) -> Sequence[Any]:
        with self._session() as session:
            return session.scalars(query).all()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        if self._reading is not None:
            yield self._reading
            return
        with transaction(writing=False) as session:
            yield session
