"""A finished instance run once more through the pure engine: what was filled in then, when, and what the
automatic steps had found."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.domain.deadlines import LedgerRefused
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.errors import FormInvalid, RuleViolated
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_checks
from orchestrator.services.designing.chosen_flows import ChosenFlows
from orchestrator.services.designing.finished_instances import Record
from orchestrator.services.designing.replayed_instance import (
    CachedCandidates,
    ReplayedInstance,
    Resolved,
)
from orchestrator.services.execution import due_dates, locked_instance, loop
from orchestrator.services.execution.answers import answer_of
from orchestrator.services.execution.changes import Changes
from orchestrator.services.execution.instance import CLOCK
from orchestrator.services.execution.openings import OpenedTask, PlannedTimer
from orchestrator.store.instances import HistoryEntry

Key = tuple[str, str, int]
"""What was done: (start | complete | fire | event, element or name, the how-manieth time)."""


@dataclass(frozen=True, slots=True)
class ReplayedTask:
    """A user task that opened."""

    element_id: str
    name: str
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayedCompletion:
    """A user task that was completed."""

    name: str
    at: datetime
    due_at: datetime | None


@dataclass
class Trace:
    """How a replay went."""

    opened: dict[Key, list[ReplayedTask]] = field(default_factory=dict)
    """What each act opened, in order."""
    done: dict[Key, ReplayedCompletion] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    """Element ids of completions that were recorded but not asked for here."""
    waiting: list[ReplayedTask] = field(default_factory=list)
    """What was still open when the record ended."""
    ended: str | None = None
    """Id of the end event."""
    failed: str = ""
    """Why it could not go on."""


class Replay:
    """One run of a record through a version. `cache` keeps the bodies that groups mean, for several replays
    of one draft."""

    def __init__(
        self,
        session: Session,
        bundle: Bundle,
        record: Record,
        cache: dict[Any, Resolved],
    ) -> None:
        self.session = session
        self.bundle = bundle
        self.record = record
        row = record.row
        self.instance = ReplayedInstance(
            bundle=bundle,
            actor=CLOCK,
            now=record.entries[0].at,
            id=row.id,
            tenant_id=row.tenant_id,
            title=row.title,
            territory_path=row.territory_path,
            directory=CachedCandidates(session, cache),
            calendars=lambda counted_for: locked_instance.calendar(
                session,
                bundle,
                counted_for,
            ),
            chosen=ChosenFlows(record.entries),
        )
        self.trace = Trace()
        self._counts: dict[tuple[str, str], int] = {}
        self._results = _results(record.entries)

    def run(self) -> Trace:
        """Does what the record says, as far as this version asks for it. Raises WorkExhausted."""
        try:
            for entry in self.record.entries:
                self._fire_until(entry.at)
                self.instance.now = entry.at
                if self.trace.ended is None:
                    self._act(entry)
        except engine.WorkExhausted:
            raise
        except engine.EngineError as failure:
            self.trace.failed = failure.message
        except FormInvalid as invalid:
            self.trace.failed = "；".join(
                text for texts in invalid.errors.values() for text in texts
            )
        self.trace.waiting = [
            _asked(task) for task in self.instance.tasks.values()
        ]
        return self.trace

    # ---- acts

    def _act(self, entry: HistoryEntry) -> None:
        match entry.kind:
            case "started":
                self._start(entry)
            case "user-task-completed":
                self._complete(entry)
            case "timer-fired":
                self._fire_recorded(entry.element_id or "")
            case "triggered":
                self._trigger(entry)
            case "event-delivered":
                self._deliver(
                    str(entry.data.get("name", "")),
                    entry.data.get("values", {}),
                )
            case (
                "deadline-extended" | "deadline-suspended" | "deadline-resumed"
            ):
                self._move_deadline(entry)

    def _start(self, entry: HistoryEntry) -> None:
        submitted = entry.data.get("submitted", {})
        starts = [
            start.id for start in self.bundle.definition.triggered_starts
        ]
        start_id = None
        if entry.element_id in starts:
            start_id = entry.element_id
        form = None
        if entry.element_id is None:
            form = self.bundle.definition.start_form_key
        others = {**self._derived(form, submitted), **self.record.around}
        key = self._key("start", "")
        self._note(
            key,
            lambda: self.instance.start(
                submitted,
                others,
                self._serve,
                start_id,
            ),
        )

    def _complete(self, entry: HistoryEntry) -> None:
        element_id = entry.element_id or ""
        waiting = [
            task
            for task in self.instance.tasks.values()
            if task.effect.element_id == element_id
        ]
        # Of several at once, that of the body which did it then.
        mine = [task for task in waiting if entry.actor_body_id in task.bodies]
        if not waiting:
            self.trace.skipped.append(element_id)
            return
        task = (mine or waiting)[0]
        effect = task.effect
        submitted = entry.data.get("submitted", {})
        now = self.instance.now
        today = (
            now.astimezone(ZoneInfo(self.bundle.jurisdiction.timezone))
            .date()
            .isoformat()
        )
        done = {
            f"{element_id}_by": self.record.names.get(entry.actor_id or 0, ""),
            f"{element_id}_on": today,
        }
        key = self._key("complete", element_id)
        self.trace.done[key] = ReplayedCompletion(
            effect.name,
            now,
            task.due_at,
        )
        others = {**self._derived(effect.form_key, submitted), **done}
        self._note(
            key,
            lambda: self.instance.complete(
                effect.task_id,
                submitted,
                others,
                self._serve,
            ),
        )

    def _derived(
        self,
        form_key: str | None,
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        """What follows from the values. Raises FormInvalid where this version would not take them; registers
        have moved on since and bar nothing."""
        result = form_checks.derive_from_values(
            self.bundle,
            form_key,
            values,
            self.instance.now,
            self.instance.variables,
        )
        try:
            path = self.instance.territory_path
            now = self.instance.now
            return {
                **result,
                **form_checks.derive(
                    self.session,
                    self.bundle,
                    form_key,
                    values,
                    form_checks.FormOccasion(
                        path, now, self.instance.variables
                    ),
                ),
            }
        except (RuleViolated, FormInvalid):
            return result

    def _fire_recorded(self, element_id: str) -> None:
        """A timer that runs here as it ran then, fires as it fired then."""
        timers_there = [
            timer
            for timer in self.instance.timers.values()
            if timer.effect.element_id == element_id
        ]
        if timers_there and self._as_then(element_id):
            self._fire(min(timers_there, key=PlannedTimer.turn))

    def _fire_until(self, until: datetime) -> None:
        """Timers that this version sets otherwise than the one of then fire by their own time."""
        while self.instance.ended is None:
            due = [
                timer.turn()
                for timer in self.instance.timers.values()
                if timer.due_at <= until
                and not self._as_then(timer.effect.element_id)
            ]
            if not due:
                return
            at, timer_id = min(due)
            self.instance.now = max(self.instance.now, at)
            self._fire(self.instance.timers[timer_id])

    def _fire(self, timer: PlannedTimer) -> None:
        key = self._key("fire", timer.effect.element_id)
        self._note(
            key,
            lambda: self.instance.fire(timer.effect.timer_id, self._serve),
        )

    def _as_then(self, element_id: str) -> bool:
        """Whether the timer of that element is set as in the version of then, by a deadline of the same
        length."""
        return bool(
            _clockwork(self.bundle, element_id)
            == _clockwork(self.record.bundle, element_id),
        )

    def _deliver(self, name: str, values: Mapping[str, Any]) -> None:
        subscription_openeds = [
            subscription
            for subscription in self.instance.subscriptions.values()
            if subscription.name == name
        ]
        if not subscription_openeds:
            return
        key = self._key("event", name)
        if subscription_openeds[0].kind == "signal":
            self._note(
                key,
                lambda: self.instance.deliver(
                    c.DeliverSignal(name, values),
                    self._serve,
                ),
            )
        else:
            message = c.DeliverMessage(
                name, subscription_openeds[0].subscription_id, values
            )
            self._note(
                key,
                lambda: self.instance.deliver(message, self._serve),
            )

    def _trigger(self, entry: HistoryEntry) -> None:
        waiting = (
            subscription
            for subscription in self.instance.subscriptions.values()
            if subscription.kind == c.TRIGGER
        )
        subscription = next(
            (
                subscription
                for subscription in waiting
                if subscription.element_id == entry.element_id
            ),
            None,
        )
        if subscription is not None:
            key = self._key("event", entry.element_id or "")
            message = c.DeliverMessage(
                "",
                subscription.subscription_id,
                entry.data.get("values", {}),
            )
            self._note(
                key,
                lambda: self.instance.carry_out(message, self._serve),
            )

    def _move_deadline(self, entry: HistoryEntry) -> None:
        for task_id, task in list(self.instance.tasks.items()):
            if (
                task.deadline is None
                or task.effect.element_id != entry.element_id
            ):
                continue
            try:
                if entry.kind == "deadline-extended":
                    self.instance.extend(
                        task_id,
                        int(entry.data["amount"]),
                        str(entry.data["unit"]),
                    )
                elif entry.kind == "deadline-suspended":
                    self.instance.suspend(task_id)
                else:
                    self.instance.resume(task_id)
            except LedgerRefused:
                continue

    # ---- engine

    def _note(
        self,
        key: Key,
        act: Callable[[], Changes[ReplayedInstance]],
    ) -> None:
        """Does it, and keeps in the trace what it opened."""
        opened = self.trace.opened.setdefault(key, [])
        changes = act()
        opened += [
            _asked(self.instance.tasks[task_id]) for task_id in changes.opened
        ]
        self.trace.ended = self.instance.ended

    def _serve(
        self,
        changes: Changes[ReplayedInstance],
        effect: c.ExternalTaskWanted,
    ) -> engine.Outcome | None:
        """As the automatic step did then; one that did not run then answers as without registers."""
        instance = changes.instance
        recorded = self._results.get(effect.element_id)
        if not recorded:
            return instance.advance(
                loop.answer(
                    instance,
                    effect,
                    answer_of(effect, instance),
                ),
            )
        kind, data = recorded.popleft()
        if kind == "bpmn-error-thrown":
            code = str(data.get("code", ""))
            message = str(data.get("message", ""))
            return instance.advance(
                loop.business_error(instance, effect, code, message),
            )
        return instance.advance(
            loop.answer(instance, effect, dict(data.get("result", {}))),
        )

    def _key(self, kind: str, what: str) -> Key:
        count = self._counts[kind, what] = (
            self._counts.get((kind, what), 0) + 1
        )
        return kind, what, count


def _asked(task: OpenedTask) -> ReplayedTask:
    return ReplayedTask(task.effect.element_id, task.effect.name, task.bodies)


def _results(
    entries: Sequence[HistoryEntry],
) -> dict[str, deque[tuple[str, Mapping[str, Any]]]]:
    """Service task → what its runs answered, in order."""
    results: dict[str, deque[tuple[str, Mapping[str, Any]]]] = {}
    for entry in entries:
        if entry.kind in ("external-task-completed", "bpmn-error-thrown"):
            results.setdefault(entry.element_id or "", deque()).append(
                (entry.kind, entry.data),
            )
    return results


def _clockwork(bundle: Bundle, element_id: str) -> Any:
    element = bundle.definition.elements.get(element_id)
    if element is None:
        return None
    timers_of_it = [event.timer for event in element.events if event.timer]
    if not timers_of_it:
        return None
    form, text = timers_of_it[0]
    host = bundle.definition.elements.get(element.attached_to or "")
    name = timers.ledger_name(text)
    follows = (
        host is not None
        and name is not None
        and name == timers.ledger_name(host.due or "")
    )
    # A deadline by name and the same limit in words run alike, unless one of them moves with its task's
    # deadline.
    return (
        element.attached_to,
        follows,
        due_dates.length_of(bundle.jurisdiction, text) or (form, text),
    )
