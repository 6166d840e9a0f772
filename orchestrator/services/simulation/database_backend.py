"""The services on a database as a backend: what people do through the pages, with all registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import forms
from orchestrator.engine import EngineError
from orchestrator.engine.commands import TRIGGER
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles, instances, user_tasks
from orchestrator.services.bundles import Bundle
from orchestrator.services.clocks import (
    deadlines,
    lapsed_requests,
    late_tasks,
    messages,
    temporary_items,
    timers,
    unclaimed_tasks,
)
from orchestrator.services.deployments import form_options
from orchestrator.services.instances import (
    event_starts,
    incidents,
    oversight,
)
from orchestrator.services.records import attachments, purposes
from orchestrator.services.simulation import sample_files, vocabulary
from orchestrator.services.simulation.backend import Offered
from orchestrator.services.simulation.database_looks import DatabaseLooks
from orchestrator.services.simulation.scenario_people import KnownPerson
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import (
    EventSubscription,
    ProcessInstance,
)
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask


class DatabaseBackend(DatabaseLooks):
    """Inside an application's context whose database holds the jurisdiction with its demo people."""

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
        person_id = self._person(by)
        values = self._filled(
            bundle,
            bundle.definition.start_form_key,
            filled,
            form_options.Setting(path, person_id, self.now, by.body.id, about),
            purpose,
        )
        started = instances.start_at(
            instances.Beginning(
                self.tenant_id,
                process,
                values,
                by=person_id,
                body_id=by.body.id,
                now=self.now,
                about=about,
            )
        )
        self._relay()
        return started.instance_id

    def complete(
        self,
        task: Offered,
        by: KnownPerson,
        filled: Mapping[str, Any],
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
        person_id = self._person(by)
        values = self._filled(
            bundle,
            row.form_key,
            filled,
            form_options.Setting(
                row.territory_path, person_id, self.now, by.body.id
            ),
            purposes.of_task(task.id),
        )
        user_tasks.complete(task.id, values, by=person_id, now=self.now)
        self._relay()

    def urge(self, instance_id: str, by: KnownPerson, note: str) -> None:
        oversight.urge(instance_id, note, self._person(by), self.now)

    def merge(
        self,
        instance_id: str,
        into: str,
        by: KnownPerson,
        reason: str,
    ) -> None:
        oversight.merge(instance_id, into, reason, self._person(by), self.now)
        self._relay()

    def void(self, instance_id: str, by: KnownPerson, reason: str) -> None:
        oversight.void(instance_id, reason, self._person(by), self.now)
        self._relay()

    def let_fail(self, instance_id: str, element_id: str, code: str) -> None:
        """The registers themselves do."""

    def fire(self, until: datetime) -> None:
        self.now = until
        timers.fire_due(until)
        self._relay()
        temporary_items.expire(until)

    def begin(
        self,
        process: str,
        start_id: str,
        values: Mapping[str, Any],
    ) -> None:
        try:
            with transaction() as session:
                definition_id = bundles.definition_in_force(
                    session, self.tenant_id, process, self.now
                )
                heard = event_starts.Heard(variables=values)
                event_starts.begin(
                    session,
                    definition_id,
                    start_id,
                    heard,
                    self.now,
                )
        except EngineError as failure:
            raise RuleViolated([failure.message]) from failure
        self._relay()

    def message(
        self,
        name: str,
        correlation: str | None,
        values: Mapping[str, Any],
    ) -> int:
        got = messages.deliver_message(
            self.tenant_id,
            name,
            correlation,
            values,
            self.now,
        )
        self._relay()
        return got

    def signal(self, name: str, values: Mapping[str, Any]) -> int:
        got = messages.deliver_signal(self.tenant_id, name, values, self.now)
        self._relay()
        return got

    def trigger(
        self,
        instance_id: str,
        element_id: str,
        by: KnownPerson,
        reason: str,
        values: Mapping[str, Any],
    ) -> None:
        waiting = self._rows(
            sa.select(EventSubscription.id)
            .where(
                EventSubscription.instance_id == instance_id,
                EventSubscription.element_id == element_id,
                EventSubscription.kind == TRIGGER,
            )
            .order_by(EventSubscription.id)
        )
        if not waiting:
            raise RuleViolated([say("这一步现在不在等候触发")])
        messages.trigger(
            waiting[0],
            reason,
            self._person(by),
            self.now,
            values,
        )
        self._relay()

    def choose_flow(
        self,
        instance_id: str,
        element_id: str,
        flow_id: str,
        by: KnownPerson,
        reason: str,
    ) -> None:
        stuck = self._rows(
            sa.select(Incident.id).where(
                Incident.instance_id == instance_id,
                Incident.element_id == element_id,
                Incident.kind == incidents.NO_FLOW,
                Incident.state == "open",
            )
        )
        if not stuck:
            raise RuleViolated([say("这里没有等候选择流向的异常")])
        incidents.choose_flow(
            stuck[0],
            flow_id,
            reason,
            self._person(by),
            self.now,
        )
        self._relay()

    def claim(self, task: Offered, by: KnownPerson) -> None:
        user_tasks.claim(task.id, by=self._person(by), now=self.now)

    def suspend(
        self,
        task: Offered,
        by: KnownPerson,
        reason: str,
        review_at: datetime,
    ) -> None:
        zone = form_options.zone(
            self._bundle(self.process_of(task.id.rpartition(".")[0]))
        )
        review_on = review_at.astimezone(zone).date()
        deadlines.suspend(
            self._deadline(task),
            reason,
            self._person(by),
            self.now,
            review_on,
        )

    def resume(self, task: Offered, by: KnownPerson) -> None:
        deadlines.resume(self._deadline(task), self._person(by), self.now)
        self._relay()

    def _deadline(self, task: Offered) -> str:
        results = self._rows(
            sa.select(Deadline.id).where(
                Deadline.task_id == task.id, Deadline.id == task.id
            )
        )
        if not results:
            raise RuleViolated([say("这项任务没有法定时限，不能挂账")])
        return str(results[0])

    def remembered(self) -> None:
        """A database does not forget."""

    def restore(self, kept: Any) -> None: ...

    # ---- inside

    def _relay(self) -> None:
        """Delivers events, and what comes of them, until nobody waits for what is left."""
        while messages.relay(self.now):
            pass
        lapsed_requests.end_all(self.now)
        late_tasks.sweep(self.now)
        unclaimed_tasks.sweep(self.now)

    def _filled(
        self,
        bundle: Bundle,
        form_key: str | None,
        filled: Mapping[str, Any],
        setting: form_options.Setting,
        purpose: str,
    ) -> dict[str, Any]:
        form: forms.Form | None = bundle.forms.get(form_key or "")
        if form is None:
            return {}
        with transaction(writing=False) as session:
            options = form_options.for_form(session, bundle, form, setting)
        claim = attachments.Claim(self.tenant_id, setting.person_id, purpose)
        values = self._adapted(
            form, vocabulary.fill(form, filled, options), options
        )
        return sample_files.attach(form, values, claim, self.now)

    def _adapted(
        self,
        form: forms.Form,
        values: dict[str, Any],
        options: Mapping[str, Sequence[forms.Option]],
    ) -> dict[str, Any]:
        """What is entered in place of the scenario's values: these themselves."""
        return values
