"""What would come next if an open task were submitted: which steps, for whom and until when, for each answer
on which the diagram's flows depend. The engine plays it on an instance in memory; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from forms.definition import Field, scope, shown_inputs
from orchestrator import engine
from orchestrator.engine import EngineError, Outcome, expressions
from orchestrator.engine import commands as c
from orchestrator.errors import GridflowError
from orchestrator.handlers.context import CannotCarryOut
from orchestrator.handlers.declared import DECLARED
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_checks, form_options
from orchestrator.services.execution import due_dates, locked_instance, loop
from orchestrator.services.execution.answers import (
    ANSWERS,
    MOVES,
    READ_CLOCK,
    answer_of,
)
from orchestrator.services.execution.candidates import MissingCandidate
from orchestrator.services.execution.changes import Changes
from orchestrator.services.execution.instance import Actor, Instance
from orchestrator.services.execution.memory import MemoryInstance
from orchestrator.services.execution.openings import OpenedTask
from orchestrator.services.execution.persistence.candidate_bodies import (
    resolve_groups,
)
from orchestrator.services.registers import list_changes
from orchestrator.services.registers.registered_lists import RegisteredLists
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import (
    Person,
    named_at_work,
    names_at_work,
    takes_part,
)
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask

MOST_ANSWERS = 12
"""Combinations of answers that are played."""
SHOWN_PEOPLE = 3


@dataclass(frozen=True, slots=True)
class NextStep:
    """A user task that would open."""

    name: str
    bodies: Sequence[str]
    people: Sequence[str]
    """Names of some who would get it."""
    count: int
    """How many would get it."""
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    answers: Mapping[str, Any]
    """Form field → answer; empty where nothing depends on an answer."""
    labels: Sequence[str]
    """The answers in words."""
    steps: Sequence[NextStep] = ()
    end: str = ""
    """Name of the end that the instance would come to."""
    ends: bool = False
    automatic: Sequence[str] = ()
    """Names of the automatic steps whose result decides how it goes on."""
    objections: Sequence[str] = ()
    """Why it could not be carried out."""

    @property
    def waits(self) -> bool:
        """Whether others still have to act before anything follows."""
        return not (
            self.steps or self.ends or self.automatic or self.objections
        )


def forecasts(
    session: Session,
    task: UserTask,
    by: int,
    now: datetime,
) -> list[Forecast]:
    """What would follow from each answer; the session is only read. Empty for a task that is not open."""
    instance = session.get_one(ProcessInstance, task.instance_id)
    if (
        task.state != "open"
        or instance.state != "active"
        or instance.engine_state is None
    ):
        return []
    bundle = bundles.bundle_of(session, task.definition_id)
    play = _Play(
        session,
        bundle,
        instance,
        task,
        Actor(by),
        now,
    )
    form = bundle.forms.get(task.form_key or "")
    with engine.request_work():
        return [
            play.of(form, answers) for answers in _combinations(bundle, form)
        ]


def _combinations(
    bundle: Bundle, form: forms.Form | None
) -> list[dict[str, str]]:
    """Every combination of answers to the choices that flows read; one without answers where none do."""
    read = _read_by_flows(bundle)
    combinations: list[dict[str, str]] = [{}]
    for item in form.inputs() if form else ():
        if (
            item.type not in ("radio", "select")
            or item.multiple
            or item.key not in read
            or not item.options
        ):
            continue
        combinations = [
            more
            for answers in combinations
            for more in _with(form, answers, item)
        ]
        if len(combinations) > MOST_ANSWERS:
            return combinations[:MOST_ANSWERS]
    return combinations


def _with(
    form: forms.Form | None, answers: dict[str, str], item: Field
) -> Iterator[dict[str, str]]:
    """The answers so far with each answer to this field; without one where they hide it."""
    shown = (
        shown_inputs(form.fields, scope(form.fields, answers)) if form else ()
    )
    if item.key not in {field.key for field in shown}:
        yield answers
        return
    for option in item.options:
        yield {**answers, item.key: option.value}


def _read_by_flows(bundle: Bundle) -> set[str]:
    results: set[str] = set()
    for process in bundle.definition.processes.values():
        for inside in process.scopes.values():
            written = [flow.condition for flow in inside.flows]
            written += [
                element.multi.condition
                for element in inside.elements.values()
                if element.multi
            ]
            for text in filter(None, written):
                results |= _names(text)
    return results


def _names(text: str) -> frozenset[str]:
    try:
        return expressions.names_read(text)
    except expressions.ExpressionRefused:
        return frozenset()


@dataclass(frozen=True, slots=True)
class _Play:
    session: Session
    bundle: Bundle
    row: ProcessInstance
    task: UserTask
    actor: Actor
    now: datetime

    def of(
        self, form: forms.Form | None, answers: Mapping[str, str]
    ) -> Forecast:
        labels = _labels(form, answers)
        instance = MemoryInstance(
            bundle=self.bundle,
            actor=self.actor,
            now=self.now,
            id=self.row.id,
            tenant_id=self.row.tenant_id,
            title=self.row.title,
            territory_path=self.row.territory_path,
            engine_state=self.row.engine_state,
            variables=self.row.variables,
            directory=_Directory(self.session),
            calendars=lambda counted_for: locked_instance.calendar(
                self.session, self.bundle, counted_for
            ),
        )
        waiting: list[str] = []
        objections: list[str] = []
        try:
            values = {**answers, **self._derived(answers), **self._signed()}
            command = c.CompleteUserTask(
                c.EngineTaskId(self.task.id.rpartition(".")[2]), values
            )
            changes = instance.carry_out(
                command, _Answering(self.session, waiting, objections).serve
            )
        except (
            EngineError,
            GridflowError,
            due_dates.DeadlineUnknown,
        ) as failure:
            return Forecast(
                answers,
                labels,
                objections=[getattr(failure, "message", "") or str(failure)],
            )
        ended = changes.ended
        end = None
        if ended:
            end = self.bundle.definition.elements.get(
                ended.end_element_id or ""
            )
        return Forecast(
            answers,
            labels,
            self._steps(instance.tasks.values()),
            end.name if end is not None else "",
            ended is not None,
            waiting,
            objections,
        )

    def _signed(self) -> dict[str, str]:
        """By whom and on which day, as a submission sets it."""
        today = (
            self.now.astimezone(form_options.zone(self.bundle))
            .date()
            .isoformat()
        )
        by = self.actor.name
        return {
            f"{self.task.element_id}_by": by,
            f"{self.task.element_id}_on": today,
        }

    def _derived(self, answers: Mapping[str, str]) -> dict[str, Any]:
        """What follows from the answers; nothing where it needs what is not filled in yet."""
        try:
            return form_checks.derive(
                self.session,
                self.bundle,
                self.task.form_key,
                answers,
                form_checks.FormOccasion(
                    self.row.territory_path, self.now, self.row.variables
                ),
            )
        except (GridflowError, KeyError, TypeError, ValueError):
            return {}

    def _steps(self, opened: Iterable[OpenedTask]) -> list[NextStep]:
        tasks = list(opened)
        bodies = sorted({body for task in tasks for body in task.bodies})
        if bodies:
            staff = names_at_work(self.session, bodies)
        else:
            staff = {}
        steps: dict[tuple[str, Any], NextStep] = {}
        for task in tasks:
            people = [
                name
                for body in task.bodies
                for name in staff.get(body, ("", ()))[1]
            ]
            if task.assignee_id is not None or task.users:
                people = self._named(task)
            names = [staff[body][0] for body in task.bodies if body in staff]
            known = steps.get((task.effect.element_id, task.due_at))
            if known is not None:
                names = [*known.bodies, *names]
                people = [*known.people, *people]
            people = list(dict.fromkeys(people))
            steps[task.effect.element_id, task.due_at] = NextStep(
                task.effect.name,
                list(dict.fromkeys(names)),
                people,
                len(people),
                task.due_at,
            )
        return list(steps.values())

    def _named(self, task: OpenedTask) -> list[str]:
        users = [name.removeprefix("user:") for name in task.users]
        wanted = sa.or_(
            Person.username.in_(users), Person.id == task.assignee_id
        )
        query = sa.select(Person.display_name).where(
            Person.tenant_id == self.row.tenant_id, wanted
        )
        return list(self.session.scalars(query.order_by(Person.display_name)))


@dataclass(frozen=True, slots=True)
class _Answering:
    """Service tasks without their handlers: what they would answer, where that is known beforehand."""

    session: Session
    waiting: list[str]
    objections: list[str]

    def serve(
        self, changes: Changes[MemoryInstance], effect: c.ExternalTaskWanted
    ) -> Outcome | None:
        instance = changes.instance
        if effect.topic in list_changes.TOPICS:
            change = list_changes.Change(
                instance.bundle,
                effect.variables,
                instance.territory_path,
                instance.now,
                instance.id,
            )
            objection = list_changes.objection(
                RegisteredLists(self.session, instance.tenant_id), change
            )
            if objection is not None:
                return self._refused(instance, effect, objection.sentence)
        elif effect.topic not in (
            *ANSWERS,
            *MOVES,
            READ_CLOCK,
        ) and _gives_something(effect.topic):
            self.waiting.append(effect.name)
            return None
        return instance.advance(
            loop.answer(
                instance,
                effect,
                answer_of(effect, instance),
            )
        )

    def _refused(
        self,
        instance: MemoryInstance,
        effect: c.ExternalTaskWanted,
        sentence: str,
    ) -> Outcome | None:
        self.objections.append(sentence)
        if instance.bundle.definition.catches(
            effect.element_id, CannotCarryOut.CODE
        ):
            return instance.advance(
                loop.business_error(
                    instance, effect, CannotCarryOut.CODE, sentence
                )
            )
        return None


def _gives_something(topic: str) -> bool:
    return topic not in DECLARED or bool(DECLARED[topic].gives)


@dataclass(frozen=True, slots=True)
class _Directory:
    """Bodies and people as the database has them, read where a step asks for them."""

    session: Session

    def bodies(
        self, instance: Instance, groups: Iterable[str]
    ) -> tuple[list[str], list[MissingCandidate]]:
        return resolve_groups(self.session, instance, list(groups))

    def users(self, instance: Instance, usernames: Iterable[str]) -> list[str]:
        return [f"user:{name}" for name in usernames]

    def person_id(
        self, instance: Instance, username: str | None
    ) -> int | None:
        if not username:
            return None
        query = sa.select(Person.id).where(
            Person.tenant_id == instance.tenant_id,
            Person.username == username,
            Person.active,
            takes_part(Person.id),
        )
        return self.session.scalar(query)

    def named(
        self,
        instance: Instance,
        text: str,
        bodies: Sequence[str],
    ) -> int | None:
        return named_at_work(self.session, text, bodies)

    def any_at_work(
        self,
        instance: Instance,
        usernames: Iterable[str],
        bodies: Iterable[str],
    ) -> bool:
        """What nobody could take is told by the names that are missing."""
        return True

    def names(self, bodies: Iterable[str]) -> list[str]:
        wanted = list(bodies)
        rows = self.session.execute(
            sa.select(Body.id, Body.name).where(Body.id.in_(wanted))
        )
        known = {row.id: row.name for row in rows}
        return [known.get(body, body) for body in wanted]


def _labels(form: forms.Form | None, answers: Mapping[str, str]) -> list[str]:
    if form is None:
        return []
    options = {
        item.key: {option.value: option.label for option in item.options}
        for item in form.inputs()
    }
    return [options[key][value] for key, value in answers.items()]
