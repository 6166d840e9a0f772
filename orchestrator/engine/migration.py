"""Moving a running instance to another version of its process, as a pure function: why it cannot, or its new
state and what changes outside.

A token moves to the element of the same id. It may do so where that is still the same kind of element in the
same place, and where the tokens together stand as the new version itself could have them stand
(engine.markings). What waits at a step's border follows the new diagram: events that are gone are closed, new
ones begin to wait, the others go on as they were set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from orchestrator.engine import commands as c
from orchestrator.engine import errors, markings, specs, state, timers, variables
from orchestrator.engine.advance import title
from orchestrator.engine.context import CommandContext
from orchestrator.engine.definition import Definition
from orchestrator.engine.model import Element, MultiInstance
from orchestrator.engine.obstacles import Obstacle, not_undoable
from orchestrator.engine.specs import AdHocSpec, ProcessSpec
from orchestrator.engine.specs.compensation import COMPLETED, LEFT, UNDOES
from orchestrator.engine.specs.event_definitions.subscriptions import NAME, Subscription
from orchestrator.engine.specs.event_definitions.timers import CYCLE, Timer
from orchestrator.engine.specs.node import GROUP, HOST
from orchestrator.engine.token import Record, RunningScope, TaskSpecLike, Token, Waits
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
    given = state.decode(old, content)
    scopes = _scopes(old, new, given)
    found = [obstacle for scope in scopes for obstacle in scope.obstacles(old, new)]
    if found:
        return Migration(_distinct(found))
    before = state.load(old, content, CommandContext(now, environment))
    told = {task.id: _told(before, task) for task in _user_tasks(before)}
    inputs = {task.id: _element(task).inputs for task in _user_tasks(before)}
    moved = _Moved(state.restore(new, _kept(given, scopes), CommandContext(now, environment)), since)
    for scope in scopes:
        for task_id in scope.closed:
            moved.close(before, task_id)
    try:
        for scope in scopes:
            moved.follow(scope)
        tasks = tuple(
            (told[task.id], moved.described(task, inputs[task.id])) for task in _user_tasks(moved.instance)
        )
    except errors.EngineError as failure:
        name = _named(new, failure.element_id or "")
        why = say("新版的「{name}」无法起算：{message}", name=name, message=failure.message)
        return Migration((Obstacle(failure.element_id or "", name, why),))
    return Migration(
        state=state.dump(moved.instance),
        title=title(new, moved.instance),
        tasks=tasks,
        armed=tuple(moved.armed),
        effects=tuple(moved.effects),
    )


@dataclass(frozen=True)
class _Scope:
    """A running process or subprocess with its tokens, in both versions."""

    host: str | None
    """Id of the token it runs for; None for the instance itself."""
    old: ProcessSpec
    new: ProcessSpec | None
    """None where its host cannot be moved."""
    rows: list[list[Any]]
    undoable: list[Record]
    """What was completed here and can be undone."""
    outer: _Scope | None

    @property
    def closed(self) -> list[str]:
        """Ids of the tokens that accompany a step or scope and are not in the new version."""
        return [row[0] for row in self.rows if self._accompanies(row[1]) and not self._still_waits(row[1])]

    def obstacles(self, before: Definition, definition: Definition) -> Iterator[Obstacle]:
        if self.new is None:
            return
        stand = [
            (name, internal)
            for _id, name, _state, internal, *_parent in self.rows
            if not self._accompanies(name)
        ]
        found = [
            each
            for name, internal in stand
            if (each := self._obstacle(definition, name, internal)) is not None
        ]
        yield from found
        yield from self._not_undoable(before, definition)
        if (
            not found
            and not isinstance(self.new, AdHocSpec)
            and markings.skeleton(self.old) != markings.skeleton(self.new)
        ):
            yield from self._impossible_together(definition)

    def _not_undoable(self, before: Definition, definition: Definition) -> Iterator[Obstacle]:
        yield from not_undoable(before, definition, self.new, self.undoable)
        for _id, _name, _state, internal, *_parent in self.rows:
            yield from not_undoable(before, definition, self.new, internal.get(COMPLETED, []))
            for up, each in internal.get(LEFT, []):
                home: _Scope | None = self
                for _step in range(up):
                    home = home.outer if home is not None else None
                if home is not None and UNDOES not in internal:
                    yield from not_undoable(before, definition, home.new, [each])

    def _accompanies(self, name: str) -> bool:
        return isinstance(self.old.task_specs[name], specs.BoundaryEvent)

    def _still_waits(self, name: str) -> bool:
        assert self.new is not None
        then, now = self.old.task_specs[name], self.new.task_specs.get(name)
        same_place = now is not None and then.element.attached_to == now.element.attached_to
        return same_place and type(then) is type(now) and _kind(then.element) == _kind(now.element)

    def _obstacle(self, definition: Definition, name: str, internal: Mapping[str, Any]) -> Obstacle | None:
        assert self.new is not None
        then, now = self.old.task_specs[name], self.new.task_specs.get(name)
        element: Element = then.element
        called = element.name or element.id
        if now is None:
            elsewhere = definition.elements.get(element.id)
            if elsewhere is None:
                return Obstacle(element.id, called, say("新版没有「{called}」", called=called), gone=True)
            if (elsewhere.multi is None) != (element.multi is None):
                return Obstacle(element.id, called, say("「{called}」的多人办理方式变了", called=called))
            return Obstacle(element.id, called, say("「{called}」在新版的另一个子流程里", called=called))
        if _way(element.multi) != _way(now.element.multi):
            return Obstacle(element.id, called, say("「{called}」的多人办理方式变了", called=called))
        if type(then) is not type(now) or element.type != now.element.type:
            return Obstacle(element.id, called, say("「{called}」在新版变成了另一种元素", called=called))
        if isinstance(then, specs.CatchingEvent) and _kind(element) != _kind(now.element):
            return Obstacle(element.id, called, say("「{called}」在新版等待的是另一种事情", called=called))
        if internal.get(specs.CALLED, definition.key) not in definition.specs:
            return Obstacle(
                element.id, called, say("「{called}」正在调用的流程，新版不能调用", called=called)
            )
        if element.called != now.element.called:
            return Obstacle(element.id, called, say("「{called}」在新版调用另一个流程", called=called))
        if (
            isinstance(then, specs.Join)
            and len(then.incoming) > 1
            and internal.get("flow") not in now.incoming
        ):
            return Obstacle(
                element.id, called, say("正停在汇合处「{called}」，新版汇合的入线变了", called=called)
            )
        return None

    def _impossible_together(self, definition: Definition) -> Iterator[Obstacle]:
        """The tokens stand as they never could in the new version: some branch would be missing, or one too
        many."""
        assert self.new is not None
        places = [
            markings.place_of(self.new, name, internal)
            for _id, name, _state, internal, *_parent in self.rows
            if not self._accompanies(name)
        ]
        marking = markings.normal(place for place in places if place is not None)
        reached = markings.reachable(definition, self.new.name)
        if not marking or (reached is not None and marking in reached):
            return
        element = self.new.task_specs[marking[0][0]].element
        called = "」「".join(dict.fromkeys(_called(self.new, name) for name, _tag in marking))
        if reached is None:
            yield Obstacle(element.id, called, say("新版同时进行的分支太多，无法判断能不能移过去"))
            return
        stand = Counter(marking)
        more = [list((Counter(each) - stand).elements()) for each in reached if not stand - Counter(each)]
        if more:
            missing = "」「".join(
                dict.fromkeys(_called(self.new, name) for name, _tag in min(more, key=lambda m: (len(m), m)))
            )
            yield Obstacle(
                element.id,
                called,
                say(
                    "新版在「{called}」的同时还要办「{missing}」，移过去就没有人办它，汇合处会一直等下去",
                    called=called,
                    missing=missing,
                ),
            )
        else:
            yield Obstacle(element.id, called, say("在新版里不会同时停在「{called}」", called=called))


def _scopes(old: Definition, new: Definition, given: Mapping[str, Any]) -> list[_Scope]:
    """The scopes that run, outer before inner."""
    found = [
        _Scope(None, old.specs[old.key], new.specs.get(new.key), given["tokens"], given.get("undo", []), None)
    ]
    for host_id, rows, *kept in given["scopes"]:
        outer, name, internal = next(
            (scope, row[1], row[3]) for scope in found for row in scope.rows if row[0] == host_id
        )
        host = outer.new.task_specs.get(name) if outer.new is not None else None
        chosen = internal.get(specs.CALLED)
        spec = (
            new.specs.get(chosen or host.spec)
            if isinstance(host, (specs.SubWorkflowTask, specs.CallActivity))
            else None
        )
        undoable = [*(kept[0] if kept else []), *_left_inside(outer, host_id)]
        found.append(
            _Scope(host_id, old.specs[chosen or outer.old.task_specs[name].spec], spec, rows, undoable, outer)
        )
    return found


def _kept(given: Mapping[str, Any], scopes: list[_Scope]) -> dict[str, Any]:
    """The state without the tokens that have no place in the new version."""
    gone = {task_id for scope in scopes for task_id in scope.closed}
    left = [[row for row in scope.rows if row[0] not in gone] for scope in scopes]
    kept = {host_id: undoable for host_id, _rows, *undoable in given["scopes"]}
    inner = [[s.host, rows, *kept[s.host]] for s, rows in zip(scopes[1:], left[1:], strict=True)]
    return {**given, "tokens": left[0], "scopes": inner}


def _left_inside(outer: _Scope, host_id: str) -> list[Record]:
    """What a subprocess that was opened again has still to undo: its token keeps it."""
    internal = next(row[3] for row in outer.rows if row[0] == host_id)
    return [each for _up, each in internal.get(LEFT, [])] if UNDOES in internal else []


class _Moved:
    """The instance among the new version's elements, and what has changed for the world outside."""

    def __init__(self, instance: ProcessInstance, since: Mapping[str, datetime]) -> None:
        self.instance, self.since = instance, since
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

    def follow(self, scope: _Scope) -> None:
        """Waits as the new version waits: what it has in addition begins, what reads differently begins
        anew."""
        workflow = self.instance if scope.host is None else self.instance.subprocesses[scope.host]
        spec = scope.new
        assert spec is not None
        for task in [each for each in workflow.tasks.values() if each.is_live()]:
            then = scope.old.task_specs.get(task.task_spec.name)
            if isinstance(task.task_spec, specs.CatchingEvent):
                self._wait_anew(task, then)
            split = spec.task_specs.get(f"{task.task_spec.name}.BoundaryEventSplit")
            if isinstance(split, specs.BoundaryEventSplit):
                self._attach(task, [name for name in split.boundaries if not _knew(scope, name)])
        for name in spec.start.triggers:
            if not _knew(scope, name):
                self._begin(self._new(workflow, spec.task_specs[name]), None)

    def described(self, task: Token, inputs: tuple[tuple[str, str], ...]) -> c.UserTaskOpened:
        """The user task as the new version tells it, its inputs taken anew where they read differently than
        `inputs`."""
        if _element(task).inputs != inputs:
            variables.take_inputs(task)
        return specs.opened(task, _element(task))

    def _attach(self, host: Token, names: list[str]) -> None:
        for name in names:
            boundary = self._new(host.workflow, host.workflow.spec.task_specs[name])
            boundary.internal_data[HOST] = host.id
            boundary.internal_data[GROUP] = host.internal_data.setdefault(GROUP, f"@{host.id}")
            self._begin(boundary, self.since.get(host.id))

    def _new(self, workflow: RunningScope, spec: TaskSpecLike) -> Token:
        """A token that waits there beside the others."""
        token = workflow.task_tree._add_child(spec, TaskState.WAITING)
        self.instance.event_manager.add_task(token)
        return token

    def _begin(self, task: Token, opened: datetime | None) -> None:
        """An event that only the new version has begins to wait."""
        for part, event in _event_definition(task.task_spec).begin(task):
            if not isinstance(event, Timer):
                self._arm(part, event)
                continue
            named = timers.ledger_name(variables.fill(part, event.expression) or "") is not None
            since = opened if named and opened is not None else self.instance.context.now
            self._set(part, event, since, known=False)

    def _wait_anew(self, task: Token, then: TaskSpecLike | None) -> None:
        """What was waited for already goes on as it was set, unless the new version says it otherwise."""
        if not isinstance(then, specs.CatchingEvent):
            return
        events = _event_definition(task.task_spec)
        before = dict(zip(map(id, events.triggers), then.event_definition.triggers, strict=False))
        for part, event in list(events.waits(task)):
            was = before.get(id(event))
            if isinstance(event, Timer) and isinstance(was, Timer):
                if (event.form, event.expression) != (was.form, was.expression):
                    part.internal_data.pop(CYCLE, None)
                    self._set(part, event, self.since.get(part.id, self.instance.context.now), known=True)
            elif isinstance(event, Subscription) and _reads_otherwise(event, was):
                self.effects.append(c.SubscriptionClosed(c.EngineTaskId(part.id), _element(task).id))
                part.internal_data.pop(NAME, None)
                self._arm(part, event)

    def _set(self, task: Waits, event: Timer, since: datetime, known: bool) -> None:
        timer = event.set(task, since)
        self.instance.context.effects.clear()
        self.armed.append(Armed(timer, since, known))

    def _arm(self, task: Waits, event: specs.EventDefinition) -> None:
        event.arm(task)
        self.effects += self.instance.context.effects
        self.instance.context.effects.clear()


def _knew(scope: _Scope, name: str) -> bool:
    """Whether the old version waited there for the same kind of event: then it waits still, or the event has
    come."""
    then = scope.old.task_specs.get(name)
    return isinstance(then, specs.BoundaryEvent) and scope._still_waits(name)


def _told(instance: ProcessInstance, task: Token) -> c.UserTaskOpened | None:
    try:
        return specs.opened(task, _element(task))
    except errors.EngineError:
        return None


def _user_tasks(instance: ProcessInstance) -> list[Token]:
    return [task for task in instance.live_tokens() if isinstance(task.task_spec, specs.UserTask)]


def _element(task: Token) -> Element:
    """Of a token that stands in a diagram."""
    assert task.task_spec.element is not None
    return task.task_spec.element


def _event_definition(spec: TaskSpecLike) -> specs.EventDefinition:
    assert isinstance(spec, specs.CatchingEvent)
    return spec.event_definition


def _kind(element: Element) -> tuple[bool, list[str]]:
    """What the element waits for: whether all must come, and the kinds of its triggers."""
    return element.event is not None and element.event.parallel, [each.kind for each in element.events]


def _reads_otherwise(now: Subscription, then: specs.EventDefinition | None) -> bool:
    if not isinstance(then, Subscription):
        return False
    return (now.event.reference, now.event.correlation) != (then.event.reference, then.event.correlation)


def _way(multi: MultiInstance | None) -> tuple[Any, ...] | None:
    """What a round that runs already depends on; how many there are and when they are enough may change under
    it."""
    if multi is None:
        return None
    return multi.sequential, multi.is_loop, multi.item, multi.output_collection, multi.output_item


def _called(spec: ProcessSpec, name: str) -> str:
    element = spec.task_specs[name].element
    return str(element.name or element.id)


def _named(definition: Definition, element_id: str) -> str:
    element = definition.elements.get(element_id)
    return element.name or element.id if element is not None else element_id


def _distinct(found: list[Obstacle]) -> tuple[Obstacle, ...]:
    return tuple({(each.element_id, each.why): each for each in found}.values())
