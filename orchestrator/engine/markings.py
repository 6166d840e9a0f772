"""Where the tokens of one scope can stand together: every marking a diagram can come to rest in, whatever its
conditions say.

An instance may be moved only into a marking that the new version could have reached by itself; then whatever
happens next could also have happened there, and no join waits for a branch that never began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, combinations

from orchestrator.engine import specs
from orchestrator.engine.definition import Definition
from orchestrator.engine.model import Flow
from orchestrator.engine.specs import DiagramNode, ProcessSpec
from orchestrator.engine.specs.compensation import UNDOES

Place = tuple[str, str]
"""(spec, what tells tokens there apart: the flow a token arrived by at a join, the event gateway whose race a
catch event runs in, or nothing)."""
Bones = tuple[object, ...]
"""What of a spec decides how tokens move."""
Marking = tuple[Place, ...]
"""Sorted; twice the same place stands for two or more tokens there."""

LARGEST = 4_000
"""Markings of one scope before it is given up: a dozen parallel branches, each with several steps."""


def reachable(definition: Definition, scope: str) -> frozenset[Marking] | None:
    """Every marking in which the scope can come to rest; None when there are more than LARGEST."""
    known = definition.markings
    if scope not in known:
        known[scope] = _Explorer(definition, scope).explore()
    return known[scope]


def normal(places: Iterable[Place]) -> Marking:
    """The marking of these places."""
    counted = Counter(places)
    return tuple(
        sorted(
            place
            for place, count in counted.items()
            for _each in range(min(count, 2))
        ),
    )


def place_of(
    spec: ProcessSpec,
    name: str,
    internal: Mapping[str, object],
) -> Place | None:
    """Where a live token of a stored state stands; None for one that only accompanies another, such as a
    compensation's handler."""
    node = spec.task_specs[name]
    flow = str(internal.get("flow", ""))
    if (
        isinstance(node, specs.BoundaryEvent)
        or node.told_as is None
        or UNDOES in internal
        or name == spec.compensated_by
    ):
        return None
    if isinstance(node, specs.Join):
        return name, flow
    if "race" in internal:
        source = next(
            (
                value.name
                for value in spec.task_specs.values()
                for taken, _to in _flows(value)
                if taken.id == flow
            ),
            "",
        )
        return name, source
    return name, ""


def skeleton(spec: ProcessSpec) -> dict[str, Bones]:
    """What decides how tokens move, conditions apart: two scopes with the same skeleton have the same
    markings."""
    return {node.name: _bones(node) for node in spec.task_specs.values()}


def _bones(node: object) -> Bones:
    element = None
    if isinstance(node, DiagramNode):
        element = node.element
    return (
        type(node).__name__,
        [(flow.id, target) for flow, target in _flows(node)],
        getattr(node, "incoming", None),
        getattr(node, "boundaries", None),
        getattr(node, "triggers", None),
        element.interrupting if element is not None else None,
        element.default_flow if element is not None else None,
        sorted(element.event_kinds) if element is not None else None,
    )


def _flows(node: object) -> list[tuple[Flow, str]]:
    flows: list[tuple[Flow, str]] = getattr(node, "flows", [])
    return flows


_INSTANCES = (
    specs.ParallelMultiInstanceTask,
    specs.SequentialMultiInstanceTask,
    specs.StandardLoopTask,
)
_RESTING = (
    specs.UserTask,
    specs.ServiceTask,
    specs.SubWorkflowTask,
    specs.CallActivity,
    *_INSTANCES,
)


def rests(node: object) -> bool:
    """Whether tokens stay at this spec until something happens."""
    if isinstance(node, specs.CatchingEvent) and not isinstance(
        node,
        specs.StartEvent,
    ):
        return (
            node.element is not None
            and node.element.event is not None
            and node.element.event.kind != "link"
        )
    return isinstance(node, _RESTING) or _undoes(node, "compensate", "cancel")


def _undoes(node: object, *kinds: str) -> bool:
    """Whether tokens wait here until other activities are undone."""
    return (
        isinstance(node, (specs.EndEvent, specs.IntermediateThrowEvent))
        and node.element is not None
        and not node.element.event_kinds.isdisjoint(kinds)
    )


class _Explorer:
    def __init__(self, definition: Definition, scope: str) -> None:
        self.spec = definition.specs[scope]
        self.specs = self.spec.task_specs
        self.triggers = [
            node
            for node in self.specs.values()
            if isinstance(node, specs.Trigger)
        ]

    def explore(self) -> frozenset[Marking] | None:
        start = self.spec.start
        results: set[Marking] = set()
        self.tried: set[Marking] = set()
        pending: list[Marking] = [
            normal([(diagram_node.name, "")]) for diagram_node in start.starts
        ]
        while pending:
            marking = pending.pop()
            if marking in self.tried:
                continue
            self.tried.add(marking)
            if len(self.tried) > 10 * LARGEST or len(results) > LARGEST:
                return None
            onwards, may_rest = self._run_on(marking)
            if may_rest:
                results.add(marking)
                onwards = chain(onwards, self._next(marking))
            pending.extend(onwards)
        return frozenset(results)

    def _run_on(self, marking: Marking) -> tuple[Iterator[Marking], bool]:
        """The markings after the next thing that needs nobody, and whether the tokens may rest as they
        are."""
        for place in marking:
            node = self.specs[place[0]]
            if len(marking) > 1 and _undoes(node, "cancel"):
                return iter([(place,)]), False
            if not rests(node) and (
                not isinstance(node, specs.Join) or not place[1]
            ):
                return self._leave(marking, place, node), False
        for node in self._joins(marking):
            arrived = {flow for name, flow in marking if name == node.name}
            if not self._awaited(
                node,
                arrived,
                [name for name, _tag in marking],
            ):
                # An event that still waits at a step's border, or has fired already, may keep an inclusive
                # join waiting, or not.
                beside = [
                    name
                    for value, _tag in marking
                    for name in self._borders(value)
                ]
                beside += [trigger.name for trigger in self.triggers]
                return self._fired(marking, node, arrived), self._awaited(
                    node,
                    arrived,
                    beside,
                )
        return iter(()), True

    def _joins(self, marking: Marking) -> list[specs.Join]:
        """Joins where tokens wait, parallel ones first: an inclusive one looks at tokens that have come to
        rest."""
        waiting = {
            name
            for name, flow in marking
            if flow and isinstance(self.specs[name], specs.Join)
        }
        return sorted(
            (self.specs[name] for name in waiting),
            key=lambda node: isinstance(node, specs.InclusiveGateway),
        )

    def _awaited(
        self,
        node: specs.Join,
        arrived: set[str],
        names: Iterable[str],
    ) -> bool:
        """Whether the join still waits, as far as tokens at `names` are concerned."""
        empty = set(node.incoming) - arrived
        if isinstance(node, specs.ParallelGateway) or not empty:
            return bool(empty)
        for name in names:
            if name != node.name:
                reach = self.spec.reachable_flows(name, node.name)
            else:
                reach = frozenset()
            if reach & empty and not reach & arrived:
                return True
        return False

    def _fired(
        self,
        marking: Marking,
        node: specs.Join,
        arrived: set[str],
    ) -> Iterator[Marking]:
        rests = [marking]
        for flow in arrived:
            rests = [
                less
                for rest in rests
                for less in _without(rest, (node.name, flow))
            ]
        return (
            normal([*rest, *places])
            for rest in rests
            for places in self._ways(node)
            if rest or places
        )

    def _leave(
        self,
        marking: Marking,
        place: Place,
        node: object,
    ) -> Iterator[Marking]:
        element = None
        if isinstance(node, DiagramNode):
            element = node.element
        if element is not None:
            kinds = element.event_kinds
        else:
            kinds = frozenset()
        if isinstance(node, specs.EndEvent) and "terminate" in kinds:
            return
        if isinstance(node, specs.EndEvent) and "error" in kinds:
            yield from (
                (((trigger.subprocess, "")),) for trigger in self.triggers
            )
        for rest in _without(marking, place):
            for places in self._ways(node):
                if rest or places:
                    yield normal([*rest, *places])

    def _next(self, marking: Marking) -> Iterator[Marking]:
        """What may happen at rest: a step is done, an event at its border fires, an event subprocess
        begins."""
        for place in dict.fromkeys(marking):
            node = self.specs[place[0]]
            if isinstance(node, specs.Join):
                continue
            for rest in _without(marking, place):
                beside = [
                    pair
                    for pair in rest
                    if not place[1] or pair[1] != place[1]
                ]
                for places in self._ways(node):
                    if beside or places:
                        yield normal([*beside, *places])
            yield from self._interrupted(marking, place, node.name)
        for trigger in self.triggers:
            begun: Place = (trigger.subprocess, "")
            yield (
                (begun,)
                if trigger.element is None or trigger.element.interrupting
                else normal([*marking, begun])
            )

    def _interrupted(
        self,
        marking: Marking,
        place: Place,
        activity: str,
    ) -> Iterator[Marking]:
        for name in self._borders(activity):
            boundary = self.specs[name]
            for places in self._ways(boundary):
                for rest in (
                    _without(marking, place)
                    if boundary.element.interrupting
                    else [marking]
                ):
                    if rest or places:
                        yield normal([*rest, *places])

    def _borders(self, name: str) -> list[str]:
        """The events at the border of that step."""
        attach = self.specs.get(f"{name}.BoundaryEventSplit")
        if isinstance(attach, specs.BoundaryEventSplit):
            return attach.boundaries
        return []

    def _ways(self, node: object) -> Iterator[list[Place]]:
        """Where tokens may stand after the node is left."""
        if isinstance(node, specs.BoundaryEventSplit):
            yield [(node.main, "")]
            return
        flows = _flows(node)
        if isinstance(node, specs.ExclusiveGateway):
            yield from (
                ([self._entry(*flow)] for flow in flows) if flows else [[]]
            )
            return
        if isinstance(node, specs.InclusiveGateway):
            default = None
            if node.element:
                default = node.element.default_flow
            others = [flow for flow in flows if flow[0].id != default]
            chosen = chain.from_iterable(
                combinations(others, count)
                for count in range(1, len(others) + 1)
            )
            yield from (
                [self._entry(*pair) for pair in some] for some in chosen
            )
            if default or not flows:
                yield [
                    self._entry(*flow)
                    for flow in flows
                    if flow[0].id == default
                ]
            return
        if isinstance(node, specs.EventBasedGateway):
            race = node.name
        else:
            race = ""
        yield [self._entry(flow, target, race) for flow, target in flows]

    def _entry(self, flow: Flow, target: str, race: str = "") -> Place:
        node = self.specs[target]
        if isinstance(node, specs.Join) and len(node.incoming) > 1:
            return target, flow.id
        if rests(node) and isinstance(node, specs.CatchingEvent):
            return (target, race)
        return (target, "")


def _without(marking: Marking, place: Place) -> list[Marking]:
    """The marking with one token less there; where two or more stand, one or still more may be left."""
    rest = list(marking)
    rest.remove(place)
    if place in rest:
        return [tuple(rest), marking]
    return [tuple(rest)]
