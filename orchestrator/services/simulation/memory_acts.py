"""What events, the clock and administrators do to the instances of a scenario in memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.errors import RuleViolated, TooMuchWork
from orchestrator.sentences import say
from orchestrator.services import deployments, instances
from orchestrator.services.execution.changes import Changes, RaisedIncident
from orchestrator.services.execution.locked_instance import CLOCK, Actor
from orchestrator.services.instances.incidents import NO_FLOW
from orchestrator.services.jurisdictions.folder_rows import TerritoryRow
from orchestrator.services.simulation.backend import Offered
from orchestrator.services.simulation.memory_looks import MemoryLooks
from orchestrator.services.simulation.scenario_people import (
    KnownPerson,
)
from orchestrator.services.simulation.simulated import Simulated
from orchestrator.store import requests
from orchestrator.store.suspensions import ENDED


class MemoryActs(MemoryLooks):
    @abstractmethod
    def _advance(
        self, instance: Simulated, act: Callable[[], Changes[Any]]
    ) -> None: ...

    @abstractmethod
    def _serve(
        self, changes: Changes[Simulated], effect: c.ExternalTaskWanted
    ) -> engine.Outcome | None: ...

    def begin(
        self,
        process: str,
        start_id: str,
        values: Mapping[str, Any],
    ) -> None:
        self._begin(process, start_id, values, None)
        self._relay()

    def message(
        self,
        name: str,
        correlation: str | None,
        values: Mapping[str, Any],
    ) -> int:
        sent = c.MessageThrown("", name, correlation, values)
        got = int(self._events.send(sent, self._instances, self._deliver))
        got = got or self._start_by("message", name, values, None)
        self._relay()
        return got

    def signal(self, name: str, values: Mapping[str, Any]) -> int:
        got = self._events.broadcast(
            c.SignalThrown("", name, values),
            "",
            self._instances,
            self._deliver,
        )
        got += self._start_by("signal", name, values, None)
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
        instance = self._instances[instance_id]
        waiting = [
            subscription.subscription_id
            for subscription in instance.subscriptions.values()
            if (subscription.kind, subscription.element_id)
            == (c.TRIGGER, element_id)
        ]
        if not waiting:
            raise RuleViolated([say("这一步现在不在等候触发")])
        instance.actor = _actor(by)
        instance.remember(
            "triggered", element_id, reason=reason, values=dict(values)
        )
        command = c.DeliverMessage("", waiting[0], values)
        self._advance(
            instance, lambda: instance.carry_out(command, self._serve)
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
        instance = self._instances[instance_id]
        stuck = next(
            (
                trouble
                for trouble in instance.troubles
                if (trouble.kind, trouble.element_id) == (NO_FLOW, element_id)
            ),
            None,
        )
        if stuck is None:
            raise RuleViolated([say("这里没有等候选择流向的异常")])
        instance.troubles = [
            trouble for trouble in instance.troubles if trouble is not stuck
        ]
        instance.actor = _actor(by)
        instance.remember(
            "flow-chosen", element_id, flow=flow_id, reason=reason
        )
        self._advance(
            instance,
            lambda: instance.carry_out(
                c.ChooseFlow(element_id, flow_id), self._serve
            ),
        )
        if "timer" in stuck.details:
            timer = replace(stuck.details["timer"], due_at=self.now)
            instance.timers[timer.effect.timer_id] = timer
        elif "event" in stuck.details:
            self._advance(
                instance,
                lambda: instance.carry_out(
                    stuck.details["event"], self._serve
                ),
            )
        self._relay()

    def claim(self, task: Offered, by: KnownPerson) -> None:
        """Who holds a task is for the database to know."""

    def suspend(
        self,
        task: Offered,
        by: KnownPerson,
        reason: str,
        review_at: datetime,
    ) -> None:
        """Who may approve it is for the database to say."""
        instance = self._instances[task.id.partition(".")[0]]
        engine_id = c.EngineTaskId(task.id.partition(".")[2])
        _require_deadline(instance, engine_id)
        instance.now = self.now
        instance.suspend(engine_id)

    def resume(self, task: Offered, by: KnownPerson) -> None:
        instance = self._instances[task.id.partition(".")[0]]
        engine_id = c.EngineTaskId(task.id.partition(".")[2])
        _require_deadline(instance, engine_id)
        instance.now = self.now
        instance.resume(engine_id)
        self.message(ENDED, instance.tasks[engine_id].effect.name, {})

    # ---- what comes by itself

    def _fire(self, simulated: Simulated, timer_id: c.EngineTaskId) -> None:
        simulated.actor = CLOCK
        timer = simulated.timers[timer_id]
        try:
            self._advance(
                simulated, lambda: simulated.fire(timer_id, self._serve)
            )
        except RuleViolated as refused:
            self._note(
                simulated, refused, {"timer": timer}, timer.effect.element_id
            )

    def _deliver(
        self, instance_id: str, command: c.DeliverMessage | c.DeliverSignal
    ) -> None:
        simulated = self._instances[instance_id]
        simulated.actor = CLOCK
        try:
            self._advance(
                simulated, lambda: simulated.deliver(command, self._serve)
            )
        except RuleViolated as refused:
            self._note(simulated, refused, {"event": command}, None)

    def _note(
        self,
        simulated: Simulated,
        refused: RuleViolated,
        details: Mapping[str, Any],
        element_id: str | None,
    ) -> None:
        """What the diagram could not do becomes an incident, once. Raises what has another reason."""
        failure = refused.__cause__
        if isinstance(refused, TooMuchWork) or not isinstance(
            failure, engine.EngineError
        ):
            raise refused
        incident = RaisedIncident(
            failure.element_id or element_id,
            failure.kind,
            failure.message,
            details,
        )
        sentences = [
            (trouble.kind, trouble.element_id)
            for trouble in simulated.troubles
        ]
        if (incident.kind, incident.element_id) not in sentences:
            simulated.troubles.append(incident)

    def _relay(self) -> None:
        self._events.relay(
            self._instances, self._deliver, self.now, self._begun_by
        )
        for instance in self._instances.values():
            self._end_lapsed(instance)

    def _end_lapsed(self, request: Simulated) -> None:
        """As clocks.lapsed_requests: one about a step that is no longer open ends."""
        subject = self._instances.get(request.about or "")
        step = request.variables.get("task")
        if subject is None or step is None or not request.tasks:
            return
        elements = subject.bundle.definition.elements.values()
        if all(element.name != step for element in elements):
            return
        if any(task.effect.name == step for task in subject.tasks.values()):
            return
        for instance, kind in (
            (request, requests.LAPSED),
            (subject, requests.REQUEST_LAPSED),
        ):
            instance.actor = CLOCK
            instance.now = self.now
            instance.remember(kind)
        request.close()

    def _begun_by(
        self, effect: c.MessageThrown | c.SignalThrown, thrower: str
    ) -> int:
        if isinstance(effect, c.SignalThrown):
            kind = "signal"
        else:
            kind = "message"
        return self._start_by(kind, effect.name, effect.variables, thrower)

    def _start_by(
        self,
        kind: str,
        name: str,
        values: Mapping[str, Any],
        thrower: str | None,
    ) -> int:
        """A message starts one process, a signal every one that listens; how many."""
        results = sorted(self._listening(kind, name))
        for process, start_id in results[:1] if kind == "message" else results:
            self._begin(
                process,
                start_id,
                values,
                self._instances[thrower].place if thrower else None,
            )
        if kind == "message":
            return min(1, len(results))
        return len(results)

    def _listening(self, kind: str, name: str) -> Iterator[tuple[str, str]]:
        for process in deployments.process_keys(self.folder.resources):
            for start in self._bundle(process).definition.triggered_starts:
                if any(
                    (event.kind, event.reference) == (kind, name)
                    for event in start.events
                ):
                    yield process, start.id

    def _begin(
        self,
        process: str,
        start_id: str,
        values: Mapping[str, Any],
        place: str | None,
    ) -> None:
        bundle = self._bundle(process)
        name = str(len(self._instances) + 1)
        where = self._place(values, place)
        simulated = Simulated(
            bundle=bundle,
            actor=CLOCK,
            now=self.now,
            id=name,
            tenant_id=self.folder.profile.key,
            title=bundle.definition.name,
            territory_path=where.path,
            directory=self._candidates,
            calendars=self._calendar_of,
            process=process,
            about=None,
        )
        around = instances.circumstances(
            instances.Initiator(CLOCK),
            where.name,
            where.path,
            self.now,
            bundle,
        )
        self._instances[name] = simulated
        try:
            self._advance(
                simulated,
                lambda: simulated.start(values, around, self._serve, start_id),
            )
        except Exception:
            del self._instances[name]
            raise

    def _place(
        self, values: Mapping[str, Any], place: str | None
    ) -> TerritoryRow:
        """The territory that the values name, else the thrower's, else the whole jurisdiction."""
        places = self.directory.places
        for code in (values.get("territory"), place):
            if isinstance(code, str) and code in places:
                return places[code]
        return min(
            places.values(), key=lambda territory_row: len(territory_row.path)
        )


def _actor(by: KnownPerson) -> Actor:
    return Actor(0, by.username, by.name, by.body.id)


def _require_deadline(instance: Simulated, task_id: c.EngineTaskId) -> None:
    if instance.tasks[task_id].deadline is None:
        raise RuleViolated([say("这项任务没有法定时限，不能挂账")])
