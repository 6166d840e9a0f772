"""The scopes of an instance as the new version has them, and what hinders their tokens from moving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.engine import markings, specs
from orchestrator.engine.definition import Definition
from orchestrator.engine.model import Element, MultiInstance
from orchestrator.engine.nameless import label
from orchestrator.engine.obstacles import Obstacle, not_undoable
from orchestrator.engine.specs import AdHocSpec, ProcessSpec
from orchestrator.engine.specs.compensation import COMPLETED, LEFT, UNDOES
from orchestrator.engine.specs.event_definitions.subscriptions import (
    Subscription,
)
from orchestrator.engine.token import Record, TaskSpecLike, Token
from orchestrator.sentences import say


@dataclass(frozen=True)
class MovedScope:
    """A running process or subprocess with its tokens, in both versions."""

    host: str | None
    """Id of the token it runs for; None for the instance itself."""
    old: ProcessSpec
    new: ProcessSpec | None
    """None where its host cannot be moved."""
    rows: list[list[Any]]
    undoable: list[Record]
    """What was completed here and can be undone."""
    outer: MovedScope | None

    @property
    def closed(self) -> list[str]:
        """Ids of the tokens that accompany a step or scope and are not in the new version."""
        return [
            row[0]
            for row in self.rows
            if self._accompanies(row[1]) and not self._still_waits(row[1])
        ]

    def obstacles(
        self,
        before: Definition,
        definition: Definition,
    ) -> Iterator[Obstacle]:
        if self.new is None:
            return
        stand = [
            (name, internal)
            for _id, name, _state, internal, *_parent in self.rows
            if not self._accompanies(name)
        ]
        results = [
            obstacle
            for name, internal in stand
            if (obstacle := self._obstacle(definition, name, internal))
            is not None
        ]
        yield from results
        yield from self._not_undoable(before, definition)
        if (
            not results
            and not isinstance(self.new, AdHocSpec)
            and markings.skeleton(self.old) != markings.skeleton(self.new)
        ):
            yield from self._impossible_together(definition)

    def _not_undoable(
        self,
        before: Definition,
        definition: Definition,
    ) -> Iterator[Obstacle]:
        yield from not_undoable(before, definition, self.new, self.undoable)
        for _id, _name, _state, internal, *_parent in self.rows:
            yield from not_undoable(
                before,
                definition,
                self.new,
                internal.get(COMPLETED, []),
            )
            for up, value in internal.get(LEFT, []):
                home: MovedScope | None = self
                for _step in range(up):
                    if home is not None:
                        home = home.outer
                    else:
                        home = None
                if home is not None and UNDOES not in internal:
                    yield from not_undoable(
                        before,
                        definition,
                        home.new,
                        [value],
                    )

    def _accompanies(self, name: str) -> bool:
        return isinstance(self.old.task_specs[name], specs.BoundaryEvent)

    def _still_waits(self, name: str) -> bool:
        assert self.new is not None
        then = self.old.task_specs[name]
        now = self.new.task_specs.get(name)
        same_place = (
            now is not None
            and then.element.attached_to == now.element.attached_to
        )
        return (
            same_place
            and type(then) is type(now)
            and _kind_of(then.element) == _kind_of(now.element)
        )

    def _obstacle(
        self,
        definition: Definition,
        name: str,
        internal: Mapping[str, Any],
    ) -> Obstacle | None:
        assert self.new is not None
        then = self.old.task_specs[name]
        now = self.new.task_specs.get(name)
        element: Element = then.element
        called = label(element)
        if now is None:
            elsewhere = definition.elements.get(element.id)
            if elsewhere is None:
                return Obstacle(
                    element.id,
                    called,
                    say("新版没有“{called}”", called=called),
                    gone=True,
                )
            if (elsewhere.multi is None) != (element.multi is None):
                return Obstacle(
                    element.id,
                    called,
                    say("“{called}”的多人办理方式变了", called=called),
                )
            return Obstacle(
                element.id,
                called,
                say("“{called}”在新版的另一个子流程里", called=called),
            )
        if _way_of(element.multi) != _way_of(now.element.multi):
            return Obstacle(
                element.id,
                called,
                say("“{called}”的多人办理方式变了", called=called),
            )
        if type(then) is not type(now) or element.type != now.element.type:
            return Obstacle(
                element.id,
                called,
                say("“{called}”在新版变成了另一种元素", called=called),
            )
        if isinstance(then, specs.CatchingEvent) and _kind_of(
            element,
        ) != _kind_of(now.element):
            return Obstacle(
                element.id,
                called,
                say("“{called}”在新版等待的是另一种事情", called=called),
            )
        if internal.get(specs.CALLED, definition.key) not in definition.specs:
            return Obstacle(
                element.id,
                called,
                say("“{called}”正在调用的流程，新版不能调用", called=called),
            )
        if element.called != now.element.called:
            return Obstacle(
                element.id,
                called,
                say("“{called}”在新版调用另一个流程", called=called),
            )
        if (
            isinstance(then, specs.Join)
            and len(then.incoming) > 1
            and internal.get("flow") not in now.incoming
        ):
            return Obstacle(
                element.id,
                called,
                say(
                    "正停在汇合处“{called}”，新版汇合的入线变了", called=called
                ),
            )
        return None

    def _impossible_together(
        self,
        definition: Definition,
    ) -> Iterator[Obstacle]:
        """The tokens stand as they never could in the new version: some branch would be missing, or one too
        many."""
        assert self.new is not None
        places = [
            markings.place_of(self.new, name, internal)
            for _id, name, _state, internal, *_parent in self.rows
            if not self._accompanies(name)
        ]
        marking = markings.normal(
            place for place in places if place is not None
        )
        reached = markings.reachable(definition, self.new.name)
        if not marking or (reached is not None and marking in reached):
            return
        element = self.new.task_specs[marking[0][0]].element
        called = "”“".join(
            dict.fromkeys(
                _called_in(self.new, name) for name, _tag in marking
            ),
        )
        if reached is None:
            yield Obstacle(
                element.id,
                called,
                say("新版同时进行的分支太多，无法判断能不能移过去"),
            )
            return
        stand = Counter(marking)
        more = [
            list((Counter(pair) - stand).elements())
            for pair in reached
            if not stand - Counter(pair)
        ]
        if more:
            missing = "”“".join(
                dict.fromkeys(
                    _called_in(self.new, name)
                    for name, _tag in min(more, key=lambda m: (len(m), m))
                ),
            )
            yield Obstacle(
                element.id,
                called,
                say(
                    "新版在“{called}”的同时还要办“{missing}”，移过去就没有人办它，汇合处会一直等下去",
                    called=called,
                    missing=missing,
                ),
            )
        else:
            yield Obstacle(
                element.id,
                called,
                say("在新版里不会同时停在“{called}”", called=called),
            )


def scopes_of(
    old: Definition,
    new: Definition,
    given: Mapping[str, Any],
) -> list[MovedScope]:
    """The scopes that run, outer before inner."""
    moved_scopes = [
        MovedScope(
            None,
            old.specs[old.key],
            new.specs.get(new.key),
            given["tokens"],
            given.get("undo", []),
            None,
        ),
    ]
    for host_id, rows, *kept in given["scopes"]:
        outer, name, internal = next(
            (scope, row[1], row[3])
            for scope in moved_scopes
            for row in scope.rows
            if row[0] == host_id
        )
        host = None
        if outer.new is not None:
            host = outer.new.task_specs.get(name)
        chosen = internal.get(specs.CALLED)
        spec = None
        if isinstance(host, (specs.SubWorkflowTask, specs.CallActivity)):
            spec = new.specs.get(chosen or host.spec)
        undoable = [*(kept[0] if kept else []), *_left_inside(outer, host_id)]
        moved_scopes.append(
            MovedScope(
                host_id,
                old.specs[chosen or outer.old.task_specs[name].spec],
                spec,
                rows,
                undoable,
                outer,
            ),
        )
    return moved_scopes


def kept_state(
    given: Mapping[str, Any],
    scopes: list[MovedScope],
) -> dict[str, Any]:
    """The state without the tokens that have no place in the new version."""
    gone = {task_id for scope in scopes for task_id in scope.closed}
    left = [
        [row for row in scope.rows if row[0] not in gone] for scope in scopes
    ]
    kept = {host_id: undoable for host_id, _rows, *undoable in given["scopes"]}
    inner = [
        [s.host, rows, *kept[s.host]]
        for s, rows in zip(scopes[1:], left[1:], strict=True)
    ]
    return {**given, "tokens": left[0], "scopes": inner}


def _left_inside(outer: MovedScope, host_id: str) -> list[Record]:
    """What a subprocess that was opened again has still to undo: its token keeps it."""
    internal = next(row[3] for row in outer.rows if row[0] == host_id)
    if UNDOES in internal:
        return [value for _up, value in internal.get(LEFT, [])]
    return []


def element_of(task: Token) -> Element:
    """The element on which a token of a diagram stands."""
    assert task.task_spec.element is not None
    return task.task_spec.element


def event_definition_of(spec: TaskSpecLike) -> specs.EventDefinition:
    assert isinstance(spec, specs.CatchingEvent)
    return spec.event_definition


def _kind_of(element: Element) -> tuple[bool, list[str]]:
    """What the element waits for: whether all must come, and the kinds of its triggers."""
    return element.event is not None and element.event.parallel, [
        event.kind for event in element.events
    ]


def reads_otherwise(
    now: Subscription,
    then: specs.EventDefinition | None,
) -> bool:
    if not isinstance(then, Subscription):
        return False
    return (now.event.reference, now.event.correlation) != (
        then.event.reference,
        then.event.correlation,
    )


def _way_of(multi: MultiInstance | None) -> tuple[Any, ...] | None:
    """What a round that runs already depends on; how many there are and when they are enough may change under
    it."""
    if multi is None:
        return None
    return (
        multi.sequential,
        multi.is_loop,
        multi.item,
        multi.output_collection,
        multi.output_item,
        multi.keeps_variables,
    )


def _called_in(spec: ProcessSpec, name: str) -> str:
    element = spec.task_specs[name].element
    return str(label(element))


def name_in(definition: Definition, element_id: str) -> str:
    element = definition.elements.get(element_id)
    if element is not None:
        return label(element)
    return element_id


def distinct(obstacles: list[Obstacle]) -> tuple[Obstacle, ...]:
    return tuple(
        {
            (obstacle.element_id, obstacle.why): obstacle
            for obstacle in obstacles
        }.values(),
    )
