"""Moving a running instance to another version of its process, as a pure function: why it cannot, or its new
state and what changes outside.

A token moves to the element of the same id. It may do so where that is still the same kind of element in the
same place, and where the tokens together stand as the new version itself could have them stand
(engine.markings). What waits at a step's border follows the new diagram: events that are gone are closed, new
ones begin to wait, the others go on as they were set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import (
    errors,
    expressions,
    specs,
    state,
    timers,
    variables,
)
from orchestrator.engine.advance import title
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.migrated_scopes import (
    MovedScope,
    distinct,
    element_of,
    event_definition_of,
    kept_state,
    name_in,
    reads_otherwise,
    scopes_of,
)
from orchestrator.engine.obstacles import Obstacle
from orchestrator.engine.specs.event_definitions.subscriptions import (
    NAME,
    Subscription,
)
from orchestrator.engine.specs.event_definitions.timers import CYCLE, Timer
from orchestrator.engine.specs.node import GROUP, HOST
from orchestrator.engine.token import RunningScope, TaskSpecLike, Token, Waits
from orchestrator.engine.workflow import ProcessInstance
from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class Armed:
    """A timer that begins to run, or runs anew under its old id."""

    timer: c.TimerSet
    since: datetime
    """From when it counts."""
    known: bool
    """Whether it ran before."""


@dataclass(frozen=True, slots=True)
class Migration:
    obstacles: tuple[Obstacle, ...] = ()
    """Empty: it can be moved."""
    state: bytes = b""
    title: str | None = None
    tasks: tuple[tuple[c.UserTaskOpened | None, c.UserTaskOpened], ...] = ()
    """Every open user task, as the old version tells it now (None where it no longer can) and as the new one
    does."""
    armed: tuple[Armed, ...] = ()
    effects: tuple[c.Effect, ...] = ()
    """Timers that stop, subscriptions that open and close."""
    stands_at: frozenset[tuple[str, str]] = frozenset()
    """(process or subprocess, element) of each token, as the new version calls them."""
    variables: frozenset[str] = frozenset()
    """Names of all variables that it has, wherever they are seen."""


def migrate(
    old: Definition,
    new: Definition,
    content: bytes,
    now: datetime,
    environment: c.Environment,
    since: Mapping[str, datetime],
) -> Migration:
    """What moving the instance from `old` to `new` means; nothing is run, no token moves on.

    `since` says when each open user task was opened and each timer set, by engine id. A timer whose text
    changed counts anew from then. One that only the new version has counts from the opening of its step when
    it is a statutory deadline, and from `now` otherwise: a reminder that nobody was promised is not owed for
    the past.
    """
    with expressions.by_clock(now, environment.timezone):
        return _migrated(
            old,
            new,
            content,
            CommandContext(now, environment),
            since,
        )


def _migrated(
    old: Definition,
    new: Definition,
    content: bytes,
    context: CommandContext,
    since: Mapping[str, datetime],
) -> Migration:
    given = state.decode(old, content)
    scopes = scopes_of(old, new, given)
    obstacles = [
        obstacle for scope in scopes for obstacle in scope.obstacles(old, new)
    ]
    if obstacles:
        return Migration(distinct(obstacles))
    before = state.load(old, content, replace(context, effects=[]))
    user_task_openeds = {
        task.id: _told(before, task) for task in _user_tasks(before)
    }
    inputs = {task.id: element_of(task).inputs for task in _user_tasks(before)}
    moved = _Moved(
        state.restore(
            new,
            kept_state(given, scopes),
            context,
        ),
        since,
    )
    for scope in scopes:
        for task_id in scope.closed:
            moved.close(before, task_id)
    try:
        for scope in scopes:
            moved.follow(scope)
        tasks = tuple(
            (
                user_task_openeds[task.id],
                moved.described(task, inputs[task.id]),
            )
            for task in _user_tasks(moved.instance)
        )
    except errors.EngineError as failure:
        name = name_in(new, failure.element_id or "")
        why = say(
            "新版的“{name}”无法起算：{message}",
            name=name,
            message=failure.message,
        )
        return Migration((Obstacle(failure.element_id or "", name, why),))
    return Migration(
        state=state.dump(moved.instance),
        title=title(new, moved.instance),
        tasks=tasks,
        armed=tuple(moved.armed),
        effects=tuple(moved.effects),
        stands_at=_places(moved.instance),
        variables=_names(moved.instance),
    )


class _Moved:
    """The instance among the new version's elements, and what has changed for the world outside."""

    def __init__(
        self,
        instance: ProcessInstance,
        since: Mapping[str, datetime],
    ) -> None:
        self.instance = instance
        self.since = since
        self.armed: list[Armed] = []
        self.effects: list[c.Effect] = []

    def close(self, before: ProcessInstance, task_id: str) -> None:
        """What this token waited for is waited for no more."""
        task = before.find(task_id)
        assert task is not None
        assert isinstance(task.task_spec, specs.CatchingEvent)
        task.task_spec.event_definition.cancelled(task)
        self.effects += before.context.effects
        before.context.effects.clear()

    def follow(self, scope: MovedScope) -> None:
        """Waits as the new version waits: what it has in addition begins, what reads differently begins
        anew."""
        if scope.host is None:
            workflow = self.instance
        else:
            workflow = self.instance.subprocesses[scope.host]
        spec = scope.new
        assert spec is not None
        for task in [
            task for task in workflow.tasks.values() if task.is_live()
        ]:
            then = scope.old.task_specs.get(task.task_spec.name)
            if isinstance(task.task_spec, specs.CatchingEvent):
                self._wait_anew(task, then)
            split = spec.task_specs.get(
                f"{task.task_spec.name}.BoundaryEventSplit",
            )
            if isinstance(split, specs.BoundaryEventSplit):
                self._attach(
                    task,
                    [
                        name
                        for name in split.boundaries
                        if not _knew(scope, name)
                    ],
                )
        for name in spec.start.triggers:
            if not _knew(scope, name):
                self._begin(self._new(workflow, spec.task_specs[name]), None)

    def described(
        self,
        task: Token,
        inputs: tuple[tuple[str, str], ...],
    ) -> c.UserTaskOpened:
        """The user task as the new version tells it, its inputs taken anew where they read differently than
        `inputs`."""
        if element_of(task).inputs != inputs:
            variables.take_inputs(task)
        return specs.opened(task, element_of(task))

    def _attach(self, host: Token, names: list[str]) -> None:
        for name in names:
            boundary = self._new(
                host.workflow,
                host.workflow.spec.task_specs[name],
            )
            boundary.internal_data[HOST] = host.id
            boundary.internal_data[GROUP] = host.internal_data.setdefault(
                GROUP,
                f"@{host.id}",
            )
            self._begin(boundary, self.since.get(host.id))

    def _new(self, workflow: RunningScope, spec: TaskSpecLike) -> Token:
        """A token that waits there beside the others."""
        token = workflow.task_tree._add_child(spec, TaskState.WAITING)
        self.instance.event_manager.add_task(token)
        return token

    def _begin(self, task: Token, opened: datetime | None) -> None:
        """An event that only the new version has begins to wait."""
        for part, event in event_definition_of(task.task_spec).begin(task):
            if not isinstance(event, Timer):
                self._arm(part, event)
                continue
            named = (
                timers.ledger_name(
                    variables.fill(part, event.expression) or "",
                )
                is not None
            )
            if named and opened is not None:
                since = opened
            else:
                since = self.instance.context.now
            self._set(part, event, since, known=False)

    def _wait_anew(self, task: Token, then: TaskSpecLike | None) -> None:
        """What was waited for already goes on as it was set, unless the new version says it otherwise."""
        if not isinstance(then, specs.CatchingEvent):
            return
        events = event_definition_of(task.task_spec)
        before = dict(
            zip(
                map(id, events.triggers),
                then.event_definition.triggers,
                strict=False,
            ),
        )
        for part, event in list(events.waits(task)):
            was = before.get(id(event))
            if isinstance(event, Timer) and isinstance(was, Timer):
                if (event.form, event.expression) != (
                    was.form,
                    was.expression,
                ):
                    part.internal_data.pop(CYCLE, None)
                    self._set(
                        part,
                        event,
                        self.since.get(part.id, self.instance.context.now),
                        known=True,
                    )
            elif isinstance(event, Subscription) and reads_otherwise(
                event,
                was,
            ):
                self.effects.append(
                    c.SubscriptionClosed(
                        c.EngineTaskId(part.id),
                        element_of(task).id,
                    ),
                )
                part.internal_data.pop(NAME, None)
                self._arm(part, event)

    def _set(
        self,
        task: Waits,
        event: Timer,
        since: datetime,
        known: bool,
    ) -> None:
        timer = event.set(task, since)
        self.instance.context.effects.clear()
        self.armed.append(Armed(timer, since, known))

    def _arm(self, task: Waits, event: specs.EventDefinition) -> None:
        event.arm(task)
        self.effects += self.instance.context.effects
        self.instance.context.effects.clear()


def _knew(scope: MovedScope, name: str) -> bool:
    """Whether the old version waited there for the same kind of event: then it waits still, or the event has
    come."""
    then = scope.old.task_specs.get(name)
    return isinstance(then, specs.BoundaryEvent) and scope._still_waits(name)


def _told(instance: ProcessInstance, task: Token) -> c.UserTaskOpened | None:
    try:
        return specs.opened(task, element_of(task))
    except errors.EngineError:
        return None


def _user_tasks(instance: ProcessInstance) -> list[Token]:
    return [
        task
        for task in instance.live_tokens()
        if isinstance(task.task_spec, specs.UserTask)
        and task.has_state(TaskState.READY)
    ]


def _places(instance: ProcessInstance) -> frozenset[tuple[str, str]]:
    elements = (task.task_spec.element for task in instance.live_tokens())
    return frozenset(
        (element.process, element.id)
        for element in elements
        if element is not None
    )


def _names(instance: ProcessInstance) -> frozenset[str]:
    names = set(instance.data)
    for task in instance.live_tokens():
        names.update(task.data)
    return frozenset(names)
