"""The pure engine as a stage: matters in memory, forms checked, registers left out. A whole city plays in seconds."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import forms
from forms import Option
from orchestrator import engine
from orchestrator.domain import cases
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.deadlines import Ledger
from orchestrator.domain.territory import BodyRef, body_id, codes_by_level, parse_body_ref
from orchestrator.engine import commands as c
from orchestrator.errors import Forbidden, FormInvalid, RuleViolated, TooMuchWork
from orchestrator.services import deployments, form_checks, instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import due_dates
from orchestrator.services.execution.loop import MAX_HANDLERS, too_many_handlers
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.jurisdictions.holidays import announced_days
from orchestrator.services.running import Actor
from orchestrator.services.scenarios import samples, wording
from orchestrator.services.scenarios.people import Directory, KnownPerson
from orchestrator.services.scenarios.stage import NOW, Clock, Offered

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _nothing(variables: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


ANSWERS: Mapping[str, Answer] = {
    "case.register": cases.opened,
    "case.escalate": cases.moved,
    "case.assign-down": cases.moved,
    "case.return": cases.given_back,
    "case.rework": cases.reworked,
    "case.urge": cases.urged,
    "task.urge": cases.urged,
    "case.bulletin": cases.in_bulletin,
}
"""What handlers answer that diagrams read. The office plays the same scenarios with the handlers themselves and must come out alike."""

_CHANGING = ("state", "variables", "tasks", "opened", "timers", "ledgers", "ended")


@dataclass
class _Matter:
    process: str
    path: str
    bundle: Bundle
    about: str | None
    state: bytes | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    tasks: dict[str, Offered] = field(default_factory=dict)
    opened: dict[str, c.UserTaskOpened] = field(default_factory=dict)
    timers: dict[str, Clock] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    """Engine task id → the ledger of its named deadline."""
    follows: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Timer → (task it is attached to, name of its deadline): it moves with that ledger."""
    failing: dict[str, str] = field(default_factory=dict)
    """Service task → business error that its next run reports."""
    ended: str | None = None


def _changing(matter: _Matter) -> dict[str, Any]:
    return {name: getattr(matter, name) for name in _CHANGING}


class Paper:
    def __init__(self, folder: Folder, directory: Directory, bundles: dict[str, Bundle]) -> None:
        self.folder, self.directory, self._bundles = folder, directory, bundles
        self.now = NOW
        self._crossed: dict[str, set[str]] = {}
        self._matters: dict[str, _Matter] = {}
        profile = folder.profile
        self._days = announced_days()
        self._calendar = self._hours(None)
        self._environment = engine.Environment(timezone=profile.timezone, deadline=self._due)

    # -------------------------------------------------------------------------------------------------------- commands

    def start(self, process: str, by: KnownPerson, filled: Mapping[str, Any], about: str | None) -> str:
        bundle = self._bundle(process)
        if not self.may_start(process, by):
            raise Forbidden(f"{by.body.name}不能发起「{bundle.definition.name}」")
        subject = self._matters[about] if about else None
        if bundle.definition.about and (subject is None or subject.process not in bundle.definition.about):
            raise RuleViolated([f"「{bundle.definition.name}」要从所涉事项的页面上发起"])
        matter = _Matter(process, subject.path if subject else by.body.place.path, bundle, about)
        values = self._values(matter, bundle.definition.start_form_key, filled)
        actor = Actor(0, by.username, by.name, by.body.id)
        place = self.directory.places[matter.path.strip("/").split("/")[-1]]
        circumstances = instances.circumstances(actor, by.body.name, by.body.role, place.name, matter.path, self.now, bundle)
        if subject is not None:
            circumstances |= instances.about_variables(about or "", "", subject.variables)
        name = str(len(self._matters) + 1)
        self._matters[name] = matter
        self._advance(matter, c.StartProcessInstance({**values, **circumstances}))
        return name

    def may_start(self, process: str, by: KnownPerson) -> bool:
        """Whether the person's body is among those that the diagram lets begin."""
        groups, body = self._bundle(process).definition.starter_groups, by.body
        return instances.may_start_as(groups, body.role, body.family, body.place.level, body.place.code)

    def path_of(self, matter: str) -> str:
        """Path of the matter's territory."""
        return self._matters[matter].path

    def complete(self, task: Offered, by: KnownPerson, filled: Mapping[str, Any]) -> None:
        matter = self._matters[task.id.partition(".")[0]]
        engine_id = c.EngineTaskId(task.id.partition(".")[2])
        values = self._values(matter, matter.opened[engine_id].form_key, filled)
        today = self.now.astimezone(ZoneInfo(self.folder.profile.timezone)).date().isoformat()
        told = {f"{task.element_id}_by": by.name, f"{task.element_id}_on": today}
        self._advance(matter, c.CompleteUserTask(engine_id, {**values, **told}))

    def urge(self, matter: str, by: KnownPerson, note: str) -> None:
        """Changes nothing that a diagram reads."""

    def merge(self, matter: str, into: str, by: KnownPerson, reason: str) -> None:
        self.void(matter, by, reason)

    def void(self, matter: str, by: KnownPerson, reason: str) -> None:
        found = self._matters[matter]
        found.tasks.clear()
        found.timers.clear()

    def let_fail(self, matter: str, element_id: str, code: str) -> None:
        self._matters[matter].failing[element_id] = code

    def fire(self, until: datetime) -> None:
        self.now = until
        while due := [clock for clock in self.clocks() if clock.due_at <= until]:
            name, _dot, engine_id = due[0].id.partition(".")
            matter = self._matters[name]
            del matter.timers[engine_id]
            self._advance(matter, c.FireTimer(c.EngineTaskId(engine_id)))

    # ----------------------------------------------------------------------------------------------------------- looks

    @property
    def crossed(self) -> Mapping[str, set[str]]:
        return self._crossed

    def definition(self, process: str) -> engine.Definition:
        return self._bundle(process).definition

    def process_of(self, matter: str) -> str:
        return self._matters[matter].process

    def offered(self, matter: str) -> list[Offered]:
        return list(self._matters[matter].tasks.values())

    def clocks(self, matter: str | None = None) -> list[Clock]:
        found = [self._matters[matter]] if matter else self._matters.values()
        return sorted((clock for each in found for clock in each.timers.values()), key=lambda clock: (clock.due_at, clock.id))

    def ended_as(self, matter: str) -> str | None:
        return self._matters[matter].ended

    def variables(self, matter: str) -> Mapping[str, Any]:
        return self._matters[matter].variables

    def body_name(self, body_id: str) -> str:
        known = self.directory.bodies.get(body_id)
        return known.name if known else body_id

    def remembered(self) -> Any:
        return copy.deepcopy({name: _changing(matter) for name, matter in self._matters.items()}), copy.deepcopy(self._crossed)

    def restore(self, kept: Any) -> None:
        matters, self._crossed = kept
        self._matters = {name: replace(self._matters[name], **changed) for name, changed in matters.items()}

    def troubles(self) -> list[str]:
        return []

    # ---------------------------------------------------------------------------------------------------------- inside

    def _bundle(self, process: str) -> Bundle:
        if process not in self._bundles:
            self._bundles[process] = deployments.assemble(self.folder.resources, process)
        return self._bundles[process]

    def _due(self, name: str, start: datetime) -> datetime:
        return due_dates.new_ledger(self.folder.profile, name, start).due_at(self._calendar)

    def _hours(self, role: str | None) -> WorkCalendar:
        """The announced calendar with the office hours of that role."""
        profile, last = self.folder.profile, date(max(day.year for day in self._days), 12, 31)
        return WorkCalendar(self._days, profile.hours_of(role), profile.timezone, last, "announced")

    def _extend(self, matter: _Matter, variables: Mapping[str, Any]) -> bool:
        """The deadline of the task of that name in the matter this one is about, and the timers that follow it."""
        subject = self._matters.get(matter.about or "")
        wanted = variables.get("task")
        found = [key for key, task in subject.tasks.items() if subject.opened[key].name == wanted] if subject else []
        if subject is None or not found or found[0] not in subject.ledgers:
            return False
        key, rule = found[0], self.folder.profile.extension
        unit = rule.unit if rule else "working_days"
        longer = subject.ledgers[key].extend(int(variables["amount"]), unit, self.now, "", "")
        subject.ledgers[key] = longer
        due = longer.due_at(self._calendar)
        subject.tasks[key] = replace(subject.tasks[key], due_at=due)
        for timer, (task, name) in subject.follows.items():
            if task == key and name == longer.name and timer in subject.timers:
                subject.timers[timer] = replace(subject.timers[timer], due_at=due)
        return True

    def _values(self, matter: _Matter, form_key: str | None, filled: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the form gives them; a choice from a register that is not in the folder is believed."""
        form = matter.bundle.forms.get(form_key or "")
        if form is None:
            return {}
        known = self._options(matter)
        data = wording.fill(form, filled, known)
        options = {source: [*known.get(source, ()), *(Option(text, text) for text in _texts(data))] for source in form.sources}
        try:
            values = forms.validate(form, data, options)
        except forms.Invalid as invalid:
            raise FormInvalid(invalid.errors) from invalid
        samples.require(form, values)
        return {**values, **form_checks.derive_from_values(matter.bundle, form_key, values, self.now)}

    def _options(self, matter: _Matter) -> dict[str, list[Option]]:
        """The choices on which it depends who is asked next."""
        profile, by_level = self.folder.profile, codes_by_level(matter.path)
        departments = [
            Option(body.id, body.name)
            for level in ("county", "city")
            if level in by_level
            for role in profile.roles.values()
            if role.family == "department"
            and (body := self.directory.bodies.get(body_id(profile.key, role.key, by_level[level])))
        ]
        townships = [
            Option(body.id, body.name)
            for body in self.directory.bodies.values()
            if body.role == "government" and body.place.level == "township" and body.place.path.startswith(matter.path)
        ]
        subject = self._matters.get(matter.about or "")
        asked = [body for task in subject.tasks.values() for body in task.bodies] if subject else []
        bodies = [Option(body, self.body_name(body)) for body in dict.fromkeys(asked)]
        return {"departments": departments, "township_governments": townships, "bodies_of_about": bodies}

    def _advance(self, matter: _Matter, command: c.Command) -> None:
        waiting: deque[c.Command] = deque([command])
        for _round in range(MAX_HANDLERS + 1):
            if not waiting:
                return
            definition = matter.bundle.definition
            try:
                outcome = engine.advance(definition, matter.state, waiting.popleft(), self.now, self._environment)
            except engine.WorkExhausted as exhausted:
                raise TooMuchWork([exhausted.message]) from exhausted
            except engine.EngineError as failure:
                raise RuleViolated([failure.message]) from failure
            matter.state, matter.variables = outcome.state, outcome.variables
            for effect in outcome.effects:
                if isinstance(effect, c.ExternalTaskWanted):
                    if code := matter.failing.pop(effect.element_id, ""):
                        waiting.append(c.ThrowBpmnError(effect.task_id, code))
                        continue
                    answer = dict(ANSWERS.get(effect.topic, _nothing)(effect.variables))
                    if effect.topic == "deadline.extend":
                        answer = {"extended": self._extend(matter, effect.variables)}
                    waiting.append(c.CompleteExternalTask(effect.task_id, answer))
                else:
                    self._absorb(matter, effect)
        raise RuleViolated([too_many_handlers()])

    def _absorb(self, matter: _Matter, effect: c.Effect) -> None:
        name = next(key for key, each in self._matters.items() if each is matter)
        match effect:
            case c.UserTaskOpened():
                bodies = [
                    body.id
                    for group in effect.candidate_groups
                    for body in self.directory.serving(_reference(group), matter.path)
                ]
                matter.opened[effect.task_id] = effect
                due = self._task_due(matter, effect, bodies[0].split(":")[1] if bodies else None)
                matter.tasks[effect.task_id] = Offered(f"{name}.{effect.task_id}", effect.element_id, tuple(bodies), due)
            case c.UserTaskClosed():
                matter.tasks.pop(effect.task_id, None)
            case c.TimerSet():
                due_at, host = effect.due_at, matter.tasks.get(effect.attached_to or "")
                if effect.attached_to and effect.deadline:
                    matter.follows[effect.timer_id] = (effect.attached_to, effect.deadline)
                    ledger = matter.ledgers.get(effect.attached_to)
                    if host and host.due_at and ledger and ledger.name == effect.deadline:
                        due_at = host.due_at
                matter.timers[effect.timer_id] = Clock(f"{name}.{effect.timer_id}", effect.element_id, due_at)
            case c.TimerCancelled():
                matter.timers.pop(effect.timer_id, None)
            case c.ActivityCompleted():
                self._crossed.setdefault(matter.process, set()).update(effect.flow_ids)
            case c.ProcessInstanceEnded():
                matter.ended = effect.end_element_id or effect.how

    def _task_due(self, matter: _Matter, effect: c.UserTaskOpened, role: str | None) -> datetime | None:
        if effect.due is None:
            return None
        due = due_dates.read(self.folder.profile, effect.due, self.now)
        if due.ledger is None:
            return due.at
        matter.ledgers[effect.task_id] = due.ledger
        return due.ledger.due_at(self._hours(role))


def _reference(group: str) -> BodyRef:
    try:
        return parse_body_ref(group)
    except ValueError as invalid:
        raise RuleViolated([str(invalid)]) from invalid


def _texts(value: Any) -> set[str]:
    """Every text that was entered anywhere in the form."""
    if isinstance(value, str):
        return {value}
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return {text for each in inside for text in _texts(each)}
