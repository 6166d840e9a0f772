"""The services on a database as a stage: what people do through the pages, with all registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import forms
from orchestrator.domain import items
from orchestrator.engine import Definition, EngineError
from orchestrator.engine.commands import TRIGGER
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access, bundles, instances, user_tasks
from orchestrator.services.bundles import Bundle
from orchestrator.services.clocks import (
    deadlines,
    messages,
    temporary_items,
    timers,
)
from orchestrator.services.deployments import form_options
from orchestrator.services.instances import (
    case_view,
    event_starts,
    incidents,
    oversight,
)
from orchestrator.services.records import attachments, purposes
from orchestrator.services.simulation import sample_files, vocabulary
from orchestrator.services.simulation.backend import NOW, Clock, Offered
from orchestrator.services.simulation.scenario_people import KnownPerson
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import (
    EventSubscription,
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
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate


class DatabaseBackend:
    """Inside an application's context whose database holds the jurisdiction with its demo people."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.now = NOW

    # ----
    # commands

    def start(
        self,
        process: str,
        by: KnownPerson,
        filled: Mapping[str, Any],
        about: str | None,
    ) -> str:
        bundle = self._bundle(process)
        if about:
            path = self._path(about)
        else:
            path = by.body.place.path
        purpose = purposes.of_start(process, by.body.id, about)
        values = self._filled(
            bundle,
            bundle.definition.start_form_key,
            filled,
            path,
            by,
            purpose,
            about,
        )
        person_id = self._person(by)
        started = instances.start(
            self.tenant_id,
            process,
            values,
            by=person_id,
            body_id=by.body.id,
            now=self.now,
            about=about,
        )
        self._relay()
        return started.instance_id

    def complete(
        self, task: Offered, by: KnownPerson, filled: Mapping[str, Any]
    ) -> None:
        with transaction(writing=False) as session:
            row = session.execute(
                sa.select(
                    UserTask.form_key,
                    ProcessInstance.definition_id,
                    ProcessInstance.territory_path,
                )
                .join(
                    ProcessInstance, ProcessInstance.id == UserTask.instance_id
                )
                .where(UserTask.id == task.id)
            ).one()
            bundle = bundles.bundle_of(session, row.definition_id)
        values = self._filled(
            bundle,
            row.form_key,
            filled,
            row.territory_path,
            by,
            purposes.of_task(task.id),
        )
        user_tasks.complete(task.id, values, by=self._person(by), now=self.now)
        self._relay()

    def urge(self, matter: str, by: KnownPerson, note: str) -> None:
        oversight.urge(matter, note, self._person(by), self.now)

    def merge(
        self, matter: str, into: str, by: KnownPerson, reason: str
    ) -> None:
        oversight.merge(matter, into, reason, self._person(by), self.now)

    def void(self, matter: str, by: KnownPerson, reason: str) -> None:
        oversight.void(matter, reason, self._person(by), self.now)

    def let_fail(self, matter: str, element_id: str, code: str) -> None:
        """The registers themselves do."""

    def fire(self, until: datetime) -> None:
        self.now = until
        timers.fire_due(until)
        self._relay()
        temporary_items.expire(until)

    def begin(
        self, process: str, start_id: str, values: Mapping[str, Any]
    ) -> None:
        try:
            with transaction() as session:
                definition_id = bundles.definition_in_force(
                    session, self.tenant_id, process, self.now
                )
                heard = event_starts.Heard(variables=values)
                event_starts.begin(
                    session, definition_id, start_id, heard, self.now
                )
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure
        self._relay()

    def message(
        self, name: str, correlation: str | None, values: Mapping[str, Any]
    ) -> int:
        got = messages.deliver_message(
            self.tenant_id, name, correlation, values, self.now
        )
        self._relay()
        return got

    def signal(self, name: str, values: Mapping[str, Any]) -> int:
        got = messages.deliver_signal(self.tenant_id, name, values, self.now)
        self._relay()
        return got

    def trigger(
        self,
        matter: str,
        element_id: str,
        by: KnownPerson,
        reason: str,
        values: Mapping[str, Any],
    ) -> None:
        waiting = self._rows(
            sa.select(EventSubscription.id)
            .where(
                EventSubscription.instance_id == matter,
                EventSubscription.element_id == element_id,
                EventSubscription.kind == TRIGGER,
            )
            .order_by(EventSubscription.id)
        )
        if not waiting:
            raise RuleViolated([say("这一步现在不在等候触发")])
        messages.trigger(
            waiting[0], reason, self._person(by), self.now, values
        )
        self._relay()

    def choose_flow(
        self,
        matter: str,
        element_id: str,
        flow_id: str,
        by: KnownPerson,
        reason: str,
    ) -> None:
        stuck = self._rows(
            sa.select(Incident.id).where(
                Incident.instance_id == matter,
                Incident.element_id == element_id,
                Incident.kind == incidents.NO_FLOW,
                Incident.state == "open",
            )
        )
        if not stuck:
            raise RuleViolated([say("这里没有等候选择流向的异常")])
        incidents.choose_flow(
            stuck[0], flow_id, reason, self._person(by), self.now
        )
        self._relay()

    def suspend(
        self, task: Offered, by: KnownPerson, reason: str, review_at: datetime
    ) -> None:
        zone = form_options.zone(
            self._bundle(self.process_of(task.id.rpartition(".")[0]))
        )
        review_on = review_at.astimezone(zone).date()
        deadlines.suspend(
            self._deadline(task), reason, self._person(by), self.now, review_on
        )

    def resume(self, task: Offered, by: KnownPerson) -> None:
        deadlines.resume(self._deadline(task), self._person(by), self.now)

    def _deadline(self, task: Offered) -> str:
        found = self._rows(
            sa.select(Deadline.id).where(
                Deadline.task_id == task.id, Deadline.id == task.id
            )
        )
        if not found:
            raise RuleViolated([say("这项任务没有法定时限，不能挂账")])
        return str(found[0])

    # ---- looks

    def matters(self) -> list[str]:
        return [
            str(each)
            for each in self._rows(
                sa.select(ProcessInstance.id).order_by(ProcessInstance.id)
            )
        ]

    @property
    def crossed(self) -> dict[str, set[str]]:
        query = sa.select(HistoryEntry.data, ProcessInstance.process_key).join(
            ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id
        )
        found: dict[str, set[str]] = {}
        with transaction(writing=False) as session:
            for data, process in session.execute(query).all():
                found.setdefault(process, set()).update(data.get("path", ()))
        return found

    def definition(self, process: str) -> Definition:
        return self._bundle(process).definition

    def process_of(self, matter: str) -> str:
        return str(
            self._rows(
                sa.select(ProcessInstance.process_key).where(
                    ProcessInstance.id == matter
                )
            )[0]
        )

    def offered(self, matter: str) -> list[Offered]:
        rows = self._rows(
            sa.select(UserTask)
            .where(UserTask.instance_id == matter, UserTask.state == "open")
            .order_by(UserTask.id)
        )
        asked = sa.select(UserTaskCandidate.candidate)
        return [
            Offered(
                row.id,
                row.element_id,
                tuple(
                    self._rows(
                        asked.where(
                            UserTaskCandidate.task_id == row.id
                        ).order_by(UserTaskCandidate.candidate)
                    )
                ),
                row.due_at,
            )
            for row in rows
        ]

    def clocks(self, matter: str | None = None) -> list[Clock]:
        query = (
            sa.select(TimerJob)
            .where(TimerJob.state == "planned")
            .order_by(TimerJob.due_at, TimerJob.id)
        )
        if matter is not None:
            query = query.where(TimerJob.instance_id == matter)
        return [
            Clock(row.id, row.element_id, row.due_at)
            for row in self._rows(query)
        ]

    def ended_as(self, matter: str) -> str | None:
        ended = self._rows(
            sa.select(HistoryEntry.element_id)
            .join(
                ProcessInstance, ProcessInstance.id == HistoryEntry.instance_id
            )
            .where(
                HistoryEntry.instance_id == matter,
                HistoryEntry.kind == "ended",
                ProcessInstance.state == "completed",
            )
        )
        if ended:
            return str(ended[-1])
        return None

    def variables(self, matter: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._rows(
            sa.select(ProcessInstance.variables).where(
                ProcessInstance.id == matter
            )
        )[0]
        return found

    def history(self, matter: str) -> Sequence[HistoryEntry]:
        """What has happened to it, in order."""
        query = (
            sa.select(HistoryEntry)
            .where(HistoryEntry.instance_id == matter)
            .order_by(HistoryEntry.seq)
        )
        found: Sequence[HistoryEntry] = self._rows(query)
        return found

    def body_name(self, body_id: str) -> str:
        found = self._rows(sa.select(Body.name).where(Body.id == body_id))
        if found:
            return str(found[0])
        return body_id

    def remembered(self) -> None:
        """A database does not forget."""

    def restore(self, kept: Any) -> None: ...

    def troubles(self) -> list[str]:
        return [
            str(each)
            for each in self._rows(
                sa.select(Incident.message).where(Incident.state == "open")
            )
        ]

    # ----
    # registers

    def items_on(self, territory: str) -> set[str]:
        """Names of the items that stand on the territory's list, in force or about to be, and that nobody has
        taken off."""
        query = sa.select(ServiceItem.name).join(
            ItemListEntry, ItemListEntry.item_id == ServiceItem.id
        )
        ahead = query.where(
            ItemListEntry.territory_code == territory,
            ItemListEntry.left_in.is_(None),
        )
        return {str(each) for each in self._rows(ahead)}

    def items_in_force(self, territory: str) -> set[str]:
        """Names of the items that may be worked on there today."""
        with transaction(writing=False) as session:
            today = self.now.astimezone(
                form_options.zone(self._bundle("item_admission"))
            ).date()
            return {
                item.name
                for item in items_in_force(
                    session, self.tenant_id, [territory], today
                )
            }

    def grids(self) -> set[str]:
        """Names of the active grids."""
        return {
            str(each)
            for each in self._rows(
                sa.select(Grid.name).where(Grid.state == "active")
            )
        }

    def filed_with(self, matter: str) -> list[str]:
        """Ids of the bodies that the matter was filed with."""
        return [
            str(each)
            for each in self._rows(
                sa.select(Filing.to_body_id).where(
                    Filing.instance_id == matter
                )
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

    def record(self, matter: str) -> list[str]:
        """The lines of the matter's story, as who started it reads them."""
        with transaction(writing=False) as session:
            started_by = session.get_one(ProcessInstance, matter).started_by
            viewer = access.viewer(session, started_by or 0)
            assert viewer is not None
            return [
                " ".join(
                    [
                        step.title,
                        step.remark,
                        *(f"{label}：{text}" for label, text in step.facts),
                    ]
                )
                for step in case_view.look(session, viewer, matter).steps
            ]

    # ---- inside

    def _relay(self) -> None:
        """Delivers events, and what comes of them, until nobody waits for what is left."""
        while messages.relay(self.now):
            pass

    def _bundle(self, process: str) -> Bundle:
        with transaction(writing=False) as session:
            return bundles.bundle_of(
                session,
                bundles.definition_in_force(
                    session, self.tenant_id, process, self.now
                ),
            )

    def _filled(
        self,
        bundle: Bundle,
        form_key: str | None,
        filled: Mapping[str, Any],
        path: str,
        by: KnownPerson,
        purpose: str,
        about: str | None = None,
    ) -> dict[str, Any]:
        form: forms.Form | None = bundle.forms.get(form_key or "")
        if form is None:
            return {}
        with transaction(writing=False) as session:
            setting = form_options.Setting(
                path, self._person(by), self.now, by.body.id, about
            )
            options = form_options.for_form(session, bundle, form, setting)
        claim = attachments.Claim(self.tenant_id, self._person(by), purpose)
        values = self._adapted(
            form, vocabulary.fill(form, filled, options), options
        )
        return sample_files.upload(form, values, claim, self.now)

    def _adapted(
        self,
        form: forms.Form,
        values: dict[str, Any],
        options: Mapping[str, Sequence[forms.Option]],
    ) -> dict[str, Any]:
        """What is entered in place of the scenario's values: these themselves."""
        return values

    def _path(self, matter: str) -> str:
        return str(
            self._rows(
                sa.select(ProcessInstance.territory_path).where(
                    ProcessInstance.id == matter
                )
            )[0]
        )

    def _person(self, by: KnownPerson) -> int:
        return int(
            self._rows(
                sa.select(Person.id).where(Person.username == by.username)
            )[0]
        )

    def _rows(self, query: Any) -> Sequence[Any]:
        with transaction(writing=False) as session:
            return session.scalars(query).all()
