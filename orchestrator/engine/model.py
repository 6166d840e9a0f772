"""What a diagram says, as frozen values: elements, flows, and the camunda: attributes we honour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from orchestrator.engine.countersign import Countersign

SUBPROCESSES = {"subProcess", "transaction", "adHocSubProcess"}
"""Tags of subprocesses; each is an Element of type `subProcess`."""
ACTIVITIES = {
    *(
        "task",
        "userTask",
        "manualTask",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "scriptTask",
        "businessRuleTask",
    ),
    *(*SUBPROCESSES, "callActivity"),
}
GATEWAYS = {
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
}
EVENTS = {
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "intermediateThrowEvent",
    "boundaryEvent",
}
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS
OWNERS = FLOW_NODES | {
    "process",
    "sequenceFlow",
    "message",
    "signal",
    "error",
    "escalation",
    "participant",
    "lane",
}
OWNERS |= {"messageFlow", "transaction", "adHocSubProcess", "complexGateway"}
"""BPMN elements that a designer finds in the editor: whatever stands inside one is told of there."""
EVENT_KINDS = (
    "timer",
    "message",
    "signal",
    "error",
    "escalation",
    "terminate",
    "link",
    "compensate",
    "cancel",
    "conditional",
)
MULTIPLE = "multiple"
"""Kind of an event with several event definitions."""


ALL_VARIABLES = "*"
"""Target of a camunda:in or camunda:out that maps everything."""


@dataclass(frozen=True, slots=True)
class Event:
    """The event definition of an event element."""

    kind: str
    """One of EVENT_KINDS, or MULTIPLE."""
    reference: str | None = None
    """Name of the message, signal or link; code of the error or escalation (None catches any)."""
    timer: tuple[str, str] | None = None
    """(`timeDuration` | `timeDate` | `timeCycle`, text)."""
    correlation: str | None = None
    """Expression of the correlation key."""
    topic: str | None = None
    payload: tuple[tuple[str, str, bool], ...] = ()
    """camunda:in of a thrown signal or message: (target, source, source is an expression)."""
    code_variable: str | None = None
    """Variables that a caught error or escalation sets."""
    message_variable: str | None = None
    message: str | None = None
    """camunda:errorMessage of a thrown error, a template; the message variable of who catches it gets it."""
    condition: str | None = None
    """Expression of a conditional event."""
    variable: str | None = None
    """camunda:variableName: the only variable whose change such an event looks at."""
    variable_events: tuple[str, ...] = ()
    """camunda:variableEvents: `create`, `update`, `delete`; empty for all."""
    activity: str | None = None
    """Of a thrown compensation: id of the activity to compensate, None for all of the scope."""
    parts: tuple[Event, ...] = ()
    """Of MULTIPLE: its triggers, or what it throws."""
    parallel: bool = False
    """Whether all triggers of MULTIPLE must come; otherwise one is enough."""
    inside: bool = False
    """Whether a thrown signal stays in its own instance."""


@dataclass(frozen=True, slots=True)
class MultiInstance:
    sequential: bool = False
    cardinality: str | None = None
    collection: str | None = None
    """Expression giving the list of items."""
    item: str | None = None
    """Name under which one item is seen."""
    condition: str | None = None
    """Completion condition."""
    loop_condition: str | None = None
    """Standard loop: goes on while it is true."""
    loop_maximum: int | None = None
    test_before: bool = False
    is_loop: bool = False
    output_collection: str | None = None
    output_item: str | None = None
    keeps_variables: bool = False
    """Whether each instance keeps what it sets, so that only the results leave it."""


@dataclass(frozen=True, slots=True)
class AdHoc:
    """How an ad-hoc subprocess runs."""

    sequential: bool = False
    """One activity at a time."""
    condition: str | None = None
    """Asked after each activity; None: it ends when nothing more is chosen."""
    cancels: bool = True
    """Whether what still runs is taken away when the condition is true."""


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node of the diagram."""

    id: str
    name: str
    type: str
    """BPMN tag; `subProcess` for a transaction too."""
    process: str
    """Id of the process or subprocess it stands in."""
    lane: str | None = None
    documentation: str = ""
    """What the designer wrote for the official, without the citation line."""
    citations: tuple[str, ...] = ()
    """`13`, `13.1` (article and paragraph) or `default`."""
    form_key: str | None = None
    topic: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    assignee: str | None = None
    candidate_users: str | None = None
    candidate_groups: str | None = None
    due: str | None = None
    follow_up: str | None = None
    priority: str | None = None
    script: str | None = None
    result_variable: str | None = None
    decision: str | None = None
    decision_result: str | None = None
    """camunda:mapDecisionResult, one of dmn_engine.FORMS: what the result variable holds."""
    called: str | None = None
    call_inputs: tuple[tuple[str, str, bool], ...] = ()
    """(target, source, source is an expression)."""
    call_outputs: tuple[tuple[str, str, bool], ...] = ()
    called_apart: bool = False
    """A camunda:in of the business key: the called process gets and gives what other mappings say alone."""
    inputs: tuple[tuple[str, str], ...] = ()
    """camunda:inputParameter: (name, template or expression)."""
    outputs: tuple[tuple[str, str], ...] = ()
    event: Event | None = None
    attached_to: str | None = None
    interrupting: bool = True
    default_flow: str | None = None
    multi: MultiInstance | None = None
    countersign: Countersign | None = None
    """How a multi-instance's answers are counted, where people decide together."""
    event_subprocess: bool = False
    transaction: bool = False
    ad_hoc: AdHoc | None = None
    for_compensation: bool = False
    """A compensation handler: nothing leads to it, a compensation event has it run."""
    handler: str | None = None
    """Of a compensation event at a border: id of the handler that an association connects it with."""
    instant: bool = False
    """A gateway drawn as instantiating: unsupported."""
    outgoing: tuple[str, ...] = ()
    beside: tuple[str, str, int] | None = None
    """Of one without a name: ("at", "after" or "before", name of that step, which of its kind there), by
    which a designer finds it."""

    @property
    def events(self) -> tuple[Event, ...]:
        """What its event definitions say: none, one or several."""
        if self.event is None:
            return ()
        return self.event.parts or (self.event,)

    @property
    def event_kinds(self) -> frozenset[str]:
        """The kinds of its event definitions."""
        return frozenset(event.kind for event in self.events)


@dataclass(frozen=True, slots=True)
class Scope:
    """A process or an embedded subprocess: its nodes and flows."""

    id: str
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]


def enabled(scope: Scope) -> list[Element]:
    """The activities of an ad-hoc subprocess that may be chosen: those that no flow leads to."""
    entered = {flow.target for flow in scope.flows}
    inside = (
        element
        for element in scope.elements.values()
        if element.type in ACTIVITIES and element.id not in entered
    )
    return [
        element
        for element in inside
        if not element.event_subprocess and not element.for_compensation
    ]


def met_before(scope: Scope) -> Mapping[str, set[str]]:
    """Element → itself and what lies on every way to it."""
    leading: dict[str, set[str]] = {each: set() for each in scope.elements}
    for flow in scope.flows:
        if flow.source in leading and flow.target in leading:
            leading[flow.target].add(flow.source)
    for element in scope.elements.values():
        if element.attached_to in leading:
            leading[element.id].add(element.attached_to)
    everything = set(leading)
    always = {
        each: everything if before else {each}
        for each, before in leading.items()
    }
    ordered = _from_the_beginnings(leading)
    changed = True
    while changed:
        changed = False
        for each in ordered:
            before = leading[each]
            if not before:
                continue
            found = set.intersection(*(always[one] for one in before))
            if found | {each} != always[each]:
                always[each] = found | {each}
                changed = True
    return always


def _from_the_beginnings(leading: Mapping[str, set[str]]) -> list[str]:
    """The elements, each after one that leads to it where a beginning leads there at all: what is before an
    element is known by then, however it is drawn."""
    following: dict[str, list[str]] = {each: [] for each in leading}
    for each, before in leading.items():
        for one in sorted(before):
            following[one].append(each)
    ordered: dict[str, None] = {}
    pending = [each for each, before in leading.items() if not before]
    for each in pending:
        if each not in ordered:
            ordered[each] = None
            pending += following[each]
    return [*ordered, *(each for each in leading if each not in ordered)]


@dataclass(frozen=True)
class Process:
    id: str
    name: str
    executable: bool
    properties: Mapping[str, str]
    starter_groups: tuple[str, ...]
    documentation: str
    scopes: Mapping[str, Scope]
    """The process itself under its own id, and every embedded subprocess."""
    resource: str
    declares_data: bool = False
    """Whether it says which variables it takes and gives back when it is called."""

    @cached_property
    def elements(self) -> dict[str, Element]:
        """All flow nodes, those of subprocesses included."""
        return {
            id_: element
            for scope in self.scopes.values()
            for id_, element in scope.elements.items()
        }

    @cached_property
    def levels(self) -> dict[str, int]:
        """Scope → how many subprocesses of the process it is inside, itself included."""
        result = {self.id: 0}
        pending = [self.id]
        while pending:
            scope = self.scopes[pending.pop()]
            for id_ in scope.elements:
                if id_ in self.scopes and id_ not in result:
                    result[id_] = result[scope.id] + 1
                    pending.append(id_)
        return result

    @cached_property
    def calls(self) -> tuple[tuple[str, int], ...]:
        """The processes that it calls by name, and how many levels below its own each of them runs."""
        return tuple(
            (element.called, self.levels.get(element.process, 0) + 1)
            for element in self.elements.values()
            if element.type == "callActivity" and element.called
        )

    @cached_property
    def in_order(self) -> tuple[Element, ...]:
        """All flow nodes as they are drawn, but each after those that an instance always meets first: a step
        that was drawn last stands where it is done. What stands in a subprocess comes after the
        subprocess."""
        return tuple(self._in_order(self.scopes[self.id]))

    def _in_order(self, scope: Scope) -> Iterator[Element]:
        always = met_before(scope)
        met = set[str]()
        for drawn in scope.elements:
            before = sorted(always[drawn], key=lambda each: len(always[each]))
            for element_id in before:
                if element_id in met:
                    continue
                met.add(element_id)
                yield scope.elements[element_id]
                if element_id in self.scopes:
                    yield from self._in_order(self.scopes[element_id])
