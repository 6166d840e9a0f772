"""One deployed process, ready to run: built from the deployment's diagrams and tables, immutable, shared by all threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.specs import WorkflowSpec

from orchestrator.engine import catching, gateways, nodes, xml
from orchestrator.engine.decisions import DecisionTable, read_tables
from orchestrator.engine.model import Element, Flow, Process, Scope
from orchestrator.engine.reading import read_processes

Tables = Mapping[str, DecisionTable]


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """SpiffWorkflow's container of task specs, without the hidden `Start`, `End` and join it adds (they collide with elements of that name)."""

    def __init__(self, name: str) -> None:
        WorkflowSpec.__init__(self, name=name, addstart=False)
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []


@dataclass(frozen=True)
class Definition:
    """A process definition as the engine runs it."""

    process: Process
    processes: Mapping[str, Process]
    """This process and every process it calls, by id."""
    specs: Mapping[str, ScopeSpec]
    """The process itself and called processes by their id, embedded subprocesses as `process/subprocess`."""
    _reach: dict[tuple[str, str, str], frozenset[str]] = field(default_factory=dict, repr=False)
    markings: dict[str, frozenset[tuple[tuple[str, str], ...]] | None] = field(default_factory=dict, repr=False)
    """Scope → what engine.markings found out about it."""

    @property
    def key(self) -> str:
        return self.process.id

    @property
    def name(self) -> str:
        return self.process.name

    @property
    def title_template(self) -> str | None:
        return self.process.properties.get("title")

    @property
    def business_key_prefix(self) -> str | None:
        return self.process.properties.get("businessKeyPrefix")

    @property
    def starter_groups(self) -> tuple[str, ...]:
        """camunda:candidateStarterGroups, e.g. `department@county`."""
        return self.process.starter_groups

    @property
    def about(self) -> tuple[str, ...]:
        """Extension property `about`: keys of the processes whose running instances this one may be started about; empty for most."""
        return tuple(key.strip() for key in self.process.properties.get("about", "").split(",") if key.strip())

    @cached_property
    def start_form_key(self) -> str | None:
        starts = [e for e in self.process.scopes[self.key].elements.values() if e.type == "startEvent"]
        return starts[0].form_key if starts else None

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """Every flow node of this process and of those it calls, by id; of two with one id, that of the outer process."""
        found: dict[str, Element] = {}
        for process in self.processes.values():
            for element_id, element in process.elements.items():
                found.setdefault(element_id, element)
        return found

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """Every sequence flow of this process and of those it calls, by id."""
        return {
            flow.id: flow for process in self.processes.values() for scope in process.scopes.values() for flow in scope.flows
        }

    @cached_property
    def tables(self) -> Mapping[str, DecisionTable]:
        """Element id of each business rule task → the table that it decides by."""
        found = (node for spec in self.specs.values() for node in spec.task_specs.values())
        return {node.element.id: node.table for node in found if isinstance(node, nodes.DecisionNode) and node.element}

    @cached_property
    def called(self) -> tuple[str, ...]:
        return tuple(key for key in self.processes if key != self.key)

    def reachable_flows(self, scope: str, start: str, without: str) -> frozenset[str]:
        """Sequence flows that a token at the spec `start` may still travel without visiting `without`."""
        key = (scope, start, without)
        known = self._reach.get(key)
        if known is None:
            known = self._reach[key] = _reach(self.specs[scope], start, without)
        return known


def load_definition(resources: Mapping[str, bytes], process_key: str) -> Definition:
    """The definition of `process_key` out of a deployment's resources (name → bytes).

    The resources must have passed `check`; raises KeyError when the process, one it calls or a decision table is not among them.
    """
    processes, tables = _read(resources)
    wanted: dict[str, Process] = {}
    pending = [process_key]
    while pending:
        key = pending.pop()
        if key in wanted:
            continue
        wanted[key] = processes[key]
        pending += [element.called for element in processes[key].elements.values() if element.called]
    specs = [_build(scope, process, tables) for process in wanted.values() for scope in process.scopes.values()]
    return Definition(wanted[process_key], wanted, {spec.name: spec for spec in specs})


def _read(resources: Mapping[str, bytes]) -> tuple[dict[str, Process], Tables]:
    processes: dict[str, Process] = {}
    tables: dict[str, DecisionTable] = {}
    for name, content in resources.items():
        if name.endswith(".bpmn"):
            processes.update(_processes(name, content))
        elif name.endswith(".dmn"):
            tables.update(_tables(content))
    return processes, tables


@lru_cache(maxsize=128)
def _processes(name: str, content: bytes) -> Mapping[str, Process]:
    """The processes of a file, by id. While a designer types, all files but his are read as they were."""
    root, _findings = xml.parse(content)
    return {process.id: process for process in read_processes(root, name)} if root is not None else {}


@lru_cache(maxsize=64)
def _tables(content: bytes) -> Tables:
    root, _findings = xml.parse(content)
    return read_tables(root) if root is not None else {}


def _key(process: Process, scope_id: str) -> str:
    """Subprocesses of different processes may have the same id."""
    return process.id if scope_id == process.id else f"{process.id}/{scope_id}"


def _build(scope: Scope, process: Process, tables: Tables) -> ScopeSpec:
    spec = ScopeSpec(_key(process, scope.id))
    boundaries: dict[str, list[str]] = {}
    for element in scope.elements.values():
        if element.type == "boundaryEvent" and element.attached_to:
            boundaries.setdefault(element.attached_to, []).append(element.id)
    incoming: dict[str, list[str]] = {}
    for flow in scope.flows:
        incoming.setdefault(flow.target, []).append(flow.id)
    links = {
        e.event.reference: e.id
        for e in scope.elements.values()
        if e.type == "intermediateCatchEvent" and e.event and e.event.kind == "link"
    }
    flows = {flow.id: flow for flow in scope.flows}
    for element in scope.elements.values():
        node = _node(spec, element, incoming.get(element.id, []), tables, process)
        if element.id in boundaries:
            catching.AttachNode(spec, f"{element.id}#attach", element.id, boundaries[element.id])
        _connect(node, element, flows, boundaries, links)
    triggers = _event_subprocesses(spec, scope, process)
    starts = [e.id for e in scope.elements.values() if e.type == "startEvent"]
    spec.start = nodes.StartNode(spec, starts[0] if starts else "", triggers)
    return spec


def _connect(
    node: nodes.Node,
    element: Element,
    flows: Mapping[str, Flow],
    boundaries: Mapping[str, list[str]],
    links: Mapping[str | None, str],
) -> None:
    def entry(target: str) -> str:
        return f"{target}#attach" if target in boundaries else target

    outgoing = [flows[flow_id] for flow_id in element.outgoing]
    if element.event is not None and element.event.kind == "link" and element.type == "intermediateThrowEvent":
        target = links[element.event.reference]
        outgoing = [Flow(f"{element.id}#link", element.id, target)]
    conditional = any(flow.condition for flow in outgoing)
    if conditional and element.type not in ("exclusiveGateway", "inclusiveGateway"):
        # Conditions on a task's own flows mean an inclusive choice after it.
        choice = gateways.InclusiveNode(node._wf_spec, f"{element.id}#choice", element, [])
        choice.told_as = "sequenceFlow"
        choice.flows = [(flow, entry(flow.target)) for flow in outgoing]
        node.flows = [(Flow(f"{element.id}#out", element.id, f"{element.id}#choice"), f"{element.id}#choice")]
        return
    node.flows = [(flow, entry(flow.target)) for flow in outgoing]


def _event_subprocesses(spec: ScopeSpec, scope: Scope, process: Process) -> list[str]:
    triggers = []
    for element in scope.elements.values():
        if not element.event_subprocess:
            continue
        inner = process.scopes[element.id]
        start = next(e for e in inner.elements.values() if e.type == "startEvent")
        triggers.append(catching.TriggerNode(spec, f"{element.id}#trigger", start, element.id).name)
    return triggers


def _node(spec: ScopeSpec, element: Element, incoming: list[str], tables: Tables, process: Process) -> nodes.Node:
    if element.multi is not None and element.type not in ("startEvent", "endEvent"):
        body = _activity(spec, f"{element.id}#body", element, tables, process)
        body.told_as = None
        return nodes.MultiNode(spec, element.id, element, element.multi, body.name)
    match element.type:
        case "exclusiveGateway":
            return gateways.ExclusiveNode(spec, element.id, element)
        case "parallelGateway":
            return gateways.ParallelNode(spec, element.id, element, incoming)
        case "inclusiveGateway":
            return gateways.InclusiveNode(spec, element.id, element, incoming)
        case "eventBasedGateway":
            return gateways.EventGatewayNode(spec, element.id, element)
        case "endEvent" if element.topic is None:
            return nodes.EndNode(spec, element.id, element)
        case "boundaryEvent":
            return catching.BoundaryNode(spec, element.id, element)
        case "intermediateCatchEvent" if element.event is not None and element.event.kind != "link":
            return catching.CatchNode(spec, element.id, element)
        case "intermediateThrowEvent" if element.event is not None and element.event.kind != "link" and element.topic is None:
            return nodes.ThrowNode(spec, element.id, element)
        case _:
            return _activity(spec, element.id, element, tables, process)


def _activity(spec: ScopeSpec, name: str, element: Element, tables: Tables, process: Process) -> nodes.Node:
    if element.topic is not None:
        return nodes.ExternalTaskNode(spec, name, element)
    match element.type:
        case "userTask":
            return nodes.UserTaskNode(spec, name, element)
        case "scriptTask":
            return nodes.ScriptNode(spec, name, element)
        case "subProcess":
            return nodes.ScopeNode(spec, name, element, _key(process, element.id))
        case "callActivity":
            return nodes.ScopeNode(spec, name, element, element.called or "")
        case "receiveTask":
            return catching.CatchNode(spec, name, element)
        case "sendTask":
            return nodes.ThrowNode(spec, name, element)
        case "businessRuleTask":
            return nodes.DecisionNode(spec, name, element, tables[element.decision or ""])
        case _:
            return nodes.Node(spec, name, element)


def _reach(spec: ScopeSpec, start: str, without: str) -> frozenset[str]:
    found: set[str] = set()
    pending, seen = [start], {start}
    while pending:
        node = spec.task_specs[pending.pop()]
        following = [target for _flow, target in node.flows]
        found.update(flow.id for flow, _target in node.flows)
        if isinstance(node, catching.AttachNode):
            following += [node.main, *node.boundaries]
        elif isinstance(node, nodes.StartNode):
            following += [node.first]
        elif isinstance(node, catching.TriggerNode):
            following += [node.subprocess]
        for name in following:
            if name != without and name not in seen:
                seen.add(name)
                pending.append(name)
    return frozenset(found)
