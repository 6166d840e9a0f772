"""A finished matter run once more through the pure engine: what was filled in then, when, and what the automatic steps had found."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.domain.deadlines import Ledger, LedgerRefused
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.errors import FormInvalid, RuleViolated
from orchestrator.services import form_checks, running
from orchestrator.services.bundles import Bundle
from orchestrator.services.drafts.chosen_flows import ChosenFlows
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.stopped_timers import StoppedTimers
from orchestrator.services.outcome.bodies import Directory
from orchestrator.services.outcome.rows import Step
from orchestrator.services.running import CLOCK, Running
from orchestrator.services.scenarios.paper import ANSWERS
from orchestrator.store.instances import HistoryEntry

MOST_HANDLERS = 100
Key = tuple[str, str, int]
"""What was done: (start | complete | fire | event, element or name, the how-manieth time)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A user task that opened."""

    element_id: str
    name: str
    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """A user task that was completed."""

    name: str
    at: datetime
    due_at: datetime | None


@dataclass
class Trace:
    """How a replay went."""

    opened: dict[Key, list[Asked]] = field(default_factory=dict)
    """What each act opened, in order."""
    done: dict[Key, Done] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    """Element ids of completions that were recorded but not asked for here."""
    waiting: list[Asked] = field(default_factory=list)
    """What was still open when the record ended."""
    ended: str | None = None
    """Id of the end event."""
    failed: str = ""
    """Why it could not go on."""


@dataclass(frozen=True)
class Record:
    """What is known of a finished matter."""

    row: Any
    """INSTANCE_COLUMNS."""
    entries: Sequence[HistoryEntry]
    around: Mapping[str, Any]
    """The variables that it began with beside the form's."""
    names: Mapping[int, str]
    """Who acted, by id."""
    bundle: Bundle
    """The version it ran on."""


class Replay:
    """One run of a record through a version. `cache` keeps the bodies that groups mean, for several replays of one draft."""

    def __init__(self, session: Session, bundle: Bundle, record: Record, cache: dict[Any, tuple[str, ...]]) -> None:
        self.session, self.bundle, self.record, self.cache = session, bundle, record, cache
        self.running: Running = running.from_row(session, bundle, record.row, CLOCK, record.entries[0].at)
        self.now = record.entries[0].at
        self.state: bytes | None = None
        self.variables: Mapping[str, Any] = {}
        self.tasks: dict[str, c.UserTaskOpened] = {}
        self.asked: dict[str, Asked] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.fixed: dict[str, datetime] = {}
        self.timers: dict[str, c.TimerSet] = {}
        self.stopped = StoppedTimers()
        self.subscriptions: dict[str, c.SubscriptionOpened] = {}
        self.trace = Trace()
        self._seen: set[str] = set()
        self._counts: dict[tuple[str, str], int] = {}
        self._results = _results(record.entries)
        self._chosen = ChosenFlows(record.entries)

    def run(self) -> Trace:
        """Does what the record says, as far as this version asks for it. Raises WorkExhausted."""
        try:
            for entry in self.record.entries:
                self._fire_until(entry.at)
                self.now = entry.at
                if self.trace.ended is None:
                    self._act(entry)
        except engine.WorkExhausted:
            raise
        except engine.EngineError as failure:
            self.trace.failed = failure.message
        except FormInvalid as invalid:
            self.trace.failed = "；".join(text for texts in invalid.errors.values() for text in texts)
        self.trace.waiting = list(self.asked.values())
        return self.trace

    # -------------------------------------------------------------------------------------------------------------- acts

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
                self._deliver(str(entry.data.get("name", "")))
            case "deadline-extended" | "deadline-suspended" | "deadline-resumed":
                self._move_deadline(entry)

    def _start(self, entry: HistoryEntry) -> None:
        starts = [each.id for each in self.bundle.definition.triggered_starts]
        start_id = entry.element_id if entry.element_id in starts else None
        form = self.bundle.definition.start_form_key if entry.element_id is None else None
        values = {**entry.data.get("submitted", {}), **self._derived(form, entry.data.get("submitted", {}))}
        self._advance(self._key("start", ""), c.StartProcessInstance({**values, **self.record.around}, start_id))

    def _complete(self, entry: HistoryEntry) -> None:
        element_id = entry.element_id or ""
        open_ = [task for task in self.tasks.values() if task.element_id == element_id]
        # Of several at once, that of the body which did it then.
        mine = [task for task in open_ if entry.actor_body_id in self.asked[task.task_id].bodies]
        if not open_:
            self.trace.skipped.append(element_id)
            return
        task = (mine or open_)[0]
        values = entry.data.get("submitted", {})
        today = self.now.astimezone(ZoneInfo(self.bundle.jurisdiction.timezone)).date().isoformat()
        told = {f"{element_id}_by": self.record.names.get(entry.actor_id or 0, ""), f"{element_id}_on": today}
        key = self._key("complete", element_id)
        self.trace.done[key] = Done(task.name, self.now, self._due(task.task_id))
        self._advance(key, c.CompleteUserTask(task.task_id, {**values, **self._derived(task.form_key, values), **told}))

    def _derived(self, form_key: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
        """What follows from the values. Raises FormInvalid where this version would not take them; registers have moved on since and bar nothing."""
        found = form_checks.derive_from_values(self.bundle, form_key, values, self.now)
        try:
            path = self.running.territory_path
            return {**found, **form_checks.derive(self.session, self.bundle, form_key, values, path, self.now)}
        except (RuleViolated, FormInvalid):
            return found

    def _fire_recorded(self, element_id: str) -> None:
        """A timer that runs here as it ran then, fires as it fired then."""
        found = [timer for timer in self.timers.values() if timer.element_id == element_id]
        if found and self._as_then(element_id):
            self._fire(found[0])

    def _fire_until(self, until: datetime) -> None:
        """Timers that this version sets otherwise than the one of then fire by their own time."""
        while self.trace.ended is None:
            due = [
                (at, timer.timer_id)
                for timer in self.timers.values()
                if not self._as_then(timer.element_id) and (at := self._timer_due(timer)) is not None and at <= until
            ]
            if not due:
                return
            at, timer_id = min(due)
            self.now = max(self.now, at)
            self._fire(self.timers[timer_id])

    def _fire(self, timer: c.TimerSet) -> None:
        del self.timers[timer.timer_id]
        self._advance(self._key("fire", timer.element_id), c.FireTimer(timer.timer_id))

    def _as_then(self, element_id: str) -> bool:
        """Whether the timer of that element is set as in the version of then, by a deadline of the same length."""
        return bool(_clockwork(self.bundle, element_id) == _clockwork(self.record.bundle, element_id))

    def _deliver(self, name: str) -> None:
        found = [each for each in self.subscriptions.values() if each.name == name]
        if not found:
            return
        key = self._key("event", name)
        if found[0].kind == "signal":
            self._advance(key, c.DeliverSignal(name))
        else:
            self._advance(key, c.DeliverMessage(name, found[0].subscription_id))

    def _trigger(self, entry: HistoryEntry) -> None:
        waiting = (each for each in self.subscriptions.values() if each.kind == c.TRIGGER)
        found = next((each for each in waiting if each.element_id == entry.element_id), None)
        if found is not None:
            key = self._key("event", entry.element_id or "")
            self._advance(key, c.DeliverMessage("", found.subscription_id, entry.data.get("values", {})))

    def _move_deadline(self, entry: HistoryEntry) -> None:
        for task_id, task in self.tasks.items():
            ledger = self.ledgers.get(task_id)
            if ledger is None or task.element_id != entry.element_id:
                continue
            try:
                if entry.kind == "deadline-extended":
                    ledger = ledger.extend(int(entry.data["amount"]), str(entry.data["unit"]), self.now, "", "")
                elif entry.kind == "deadline-suspended":
                    ledger = ledger.suspend(self.now, "", "")
                else:
                    ledger = ledger.resume(self.now)
            except LedgerRefused:
                continue
            self.ledgers[task_id] = ledger
            if entry.kind == "deadline-suspended":
                self.stopped.stop(self._step(task_id), self.timers, self._rests, self.now)
            elif entry.kind == "deadline-resumed":
                self._go_on(task_id)

    def _rests(self, task_id: str) -> bool:
        return task_id in self.ledgers and self.ledgers[task_id].suspended

    def _step(self, task_id: str) -> engine.StepTimers:
        return engine.timers_of_step(self.bundle.definition, self.state or b"", task_id)

    def _go_on(self, task_id: str) -> None:
        """The timers of the task's step go on with what they had left."""
        gone_on = self.stopped.go_on(self._step(task_id), self.timers, self.now)
        due = {timer_id: timer.due_at for timer_id, timer in gone_on.items()}
        self.timers |= gone_on
        self.state = engine.put_off(self.bundle.definition, self.state or b"", due)

    # ------------------------------------------------------------------------------------------------------------ engine

    def _advance(self, key: Key, command: c.Command) -> None:
        opened = self.trace.opened.setdefault(key, [])
        waiting: deque[c.Command] = deque([command])
        for _round in range(MOST_HANDLERS):
            if not waiting:
                break
            definition = self.bundle.definition
            outcome = self._chosen.advance(definition, self.state, waiting.popleft(), self.now, self.running.environment)
            self.state, self.variables = outcome.state, outcome.variables
            for effect in outcome.effects:
                if isinstance(effect, c.ExternalTaskWanted):
                    waiting.append(self._answer(effect))
                else:
                    self._absorb(effect)
        # What opened and was taken away within one act was never seen by anybody.
        opened += [asked for task_id, asked in self.asked.items() if task_id not in self._seen]
        self._seen = set(self.asked)

    def _answer(self, effect: c.ExternalTaskWanted) -> c.Command:
        """What the automatic step found then; one that did not run then answers as it does on paper."""
        recorded = self._results.get(effect.element_id)
        if recorded:
            kind, data = recorded.popleft()
            if kind == "bpmn-error-thrown":
                return c.ThrowBpmnError(effect.task_id, str(data.get("code", "")), str(data.get("message", "")))
            return c.CompleteExternalTask(effect.task_id, data.get("result", {}))
        paper = ANSWERS.get(effect.topic)
        return c.CompleteExternalTask(effect.task_id, dict(paper(effect.variables)) if paper else {})

    def _absorb(self, effect: c.Effect) -> None:
        match effect:
            case c.UserTaskOpened():
                bodies = self._bodies(effect)
                self.tasks[effect.task_id] = effect
                self.asked[effect.task_id] = Asked(effect.element_id, effect.name, bodies)
                self._set_due(effect, bodies)
                if self.stopped.left:  # the next in a sequence
                    self._go_on(effect.task_id)
            case c.UserTaskClosed():
                self.tasks.pop(effect.task_id, None)
                self.asked.pop(effect.task_id, None)
            case c.TimerSet():
                self.timers[effect.timer_id] = effect
            case c.TimerCancelled():
                self.timers.pop(effect.timer_id, None)
            case c.SubscriptionOpened():
                self.subscriptions[effect.subscription_id] = effect
            case c.SubscriptionClosed():
                self.subscriptions.pop(effect.subscription_id, None)
            case c.ProcessInstanceEnded():
                self.trace.ended = effect.end_element_id or effect.how

    def _bodies(self, effect: c.UserTaskOpened) -> tuple[str, ...]:
        key = (self.running.territory_path, effect.candidate_groups)
        if key not in self.cache:
            directory = Directory(self.session, [Step(self.running, opened={effect.task_id: effect})])
            self.cache[key] = tuple(directory.bodies(self.running, effect.candidate_groups)[0])
        return self.cache[key]

    # --------------------------------------------------------------------------------------------------------- deadlines

    def _set_due(self, effect: c.UserTaskOpened, bodies: Sequence[str]) -> None:
        if not effect.due:
            return
        try:
            due = due_dates.read(self.bundle.jurisdiction, effect.due, self.now)
        except (due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
            return
        if due.ledger is not None:
            self.ledgers[effect.task_id] = due.ledger
        elif due.at is not None:
            self.fixed[effect.task_id] = due.at

    def _due(self, task_id: str) -> datetime | None:
        ledger = self.ledgers.get(task_id)
        if ledger is None:
            return self.fixed.get(task_id)
        if ledger.suspended:
            return None
        asked = self.asked.get(task_id)
        role = due_dates.role_with_own_hours(self.bundle.jurisdiction, asked.bodies if asked else ())
        return ledger.due_at(self.running.calendar_of(role))

    def _timer_due(self, timer: c.TimerSet) -> datetime | None:
        """None while its task's deadline is suspended."""
        if timer.timer_id in self.stopped.left:
            return None
        ledger = self.ledgers.get(timer.attached_to or "")
        if ledger is not None and ledger.name == timer.deadline:
            return self._due(timer.attached_to or "")
        return timer.due_at

    def _key(self, kind: str, what: str) -> Key:
        count = self._counts[kind, what] = self._counts.get((kind, what), 0) + 1
        return kind, what, count


def _results(entries: Sequence[HistoryEntry]) -> dict[str, deque[tuple[str, Mapping[str, Any]]]]:
    """Service task → what its runs answered, in order."""
    found: dict[str, deque[tuple[str, Mapping[str, Any]]]] = {}
    for entry in entries:
        if entry.kind in ("external-task-completed", "bpmn-error-thrown"):
            found.setdefault(entry.element_id or "", deque()).append((entry.kind, entry.data))
    return found


def _clockwork(bundle: Bundle, element_id: str) -> Any:
    element = bundle.definition.elements.get(element_id)
    if element is None or element.event is None or element.event.timer is None:
        return None
    form, text = element.event.timer
    host = bundle.definition.elements.get(element.attached_to or "")
    name = timers.ledger_name(text)
    follows = host is not None and name is not None and name == timers.ledger_name(host.due or "")
    # A deadline by name and the same limit in words run alike, unless one of them moves with its task's deadline.
    return element.attached_to, follows, due_dates.length_of(bundle.jurisdiction, text) or (form, text)
