"""A process or embedded subprocess: its nodes one after another, then its flows, then what starts its event
subprocesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from SpiffWorkflow.bpmn.parser.ProcessParser import (
    ProcessParser as LibraryProcessParser,
)
from SpiffWorkflow.bpmn.parser.util import full_tag

from orchestrator.engine import specs
from orchestrator.engine.element_parts import MISSING_VARIABLES, STOP
from orchestrator.engine.model import Element, Process, Scope, enabled
from orchestrator.engine.parser.events import event_definition
from orchestrator.engine.parser.tasks import DiagramTaskParser


def _undoes(element: Element) -> bool:
    """Whether the event is for compensation: nobody waits for it, what it stands at is undone by it."""
    return element.event is not None and element.event.kind == "compensate"


class ProcessParser(LibraryProcessParser):
    """The library follows the flows recursively, to some 490 tasks in a row, and keys subprocesses by their
    id alone."""

    spec: specs.ProcessSpec

    @cached_property
    def _process(self) -> Any:
        tag = full_tag("process")
        if self.node.tag == tag:
            return self.node
        return next(self.node.iterancestors(tag))

    @property
    def bpmn_id(self) -> str:
        """The process's id, `process/subprocess` for an embedded one: subprocesses of different processes may
        have the same id."""
        own = self.node.get("id") or ""
        process = self._process.get("id") or ""
        if self.node is self._process:
            return own
        return f"{process}/{own}"

    @property
    def process_id(self) -> str:
        """Of the process that this is, or stands in."""
        return str(self._process.get("id") or "")

    @cached_property
    def scope(self) -> Scope:
        """What the diagram says of it."""
        result: Scope = self.parser.processes[
            self._process.get("id") or ""
        ].scopes[self.node.get("id") or ""]
        return result

    @cached_property
    def _owner(self) -> Element | None:
        """The element of an embedded subprocess."""
        process: Process = self.parser.processes[self._process.get("id") or ""]
        if self.node is not self._process:
            return process.elements.get(self.node.get("id") or "")
        return None

    @property
    def elements(self) -> Mapping[str, Element]:
        return self.scope.elements

    def create_spec(self) -> specs.ProcessSpec:
        """Whether a process may be started is a deployment's question: the library refuses a called one that
        is not executable by itself."""
        ad_hoc = None
        if self._owner is not None:
            ad_hoc = self._owner.ad_hoc
        named = {
            "name": self.bpmn_id,
            "description": self.get_name(),
            "filename": self.filename,
        }
        if ad_hoc is not None:
            spec = specs.AdHocSpec(ad_hoc, **named)
        else:
            spec = specs.ProcessSpec(**named)
        properties = self.parser.processes[self.process_id].properties
        spec.stops_at_missing = properties.get(MISSING_VARIABLES) == STOP
        return spec

    def get_outgoing_sequence_flows(self, source_ref: str) -> Sequence[Any]:
        """None, so that the library's task parsers do not recurse; DiagramTaskParser.connect connects."""
        return ()

    def get_boundary_events(self, attached_to_ref: str) -> list[Any]:
        """Those of this scope that wait; the library also finds those of a subprocess inside it."""
        events = super().get_boundary_events(attached_to_ref)
        drawn = (self.elements.get(event.get("id")) for event in events)
        return [
            event
            for event, element in zip(events, drawn, strict=True)
            if element is not None and not _undoes(element)
        ]

    def link_target(self, element: Element) -> str | None:
        """Name of the spec that a link event jumps to; None for what is no thrown link."""
        if (
            element.event is None
            or element.event.kind != "link"
            or element.type != "intermediateThrowEvent"
        ):
            return None
        targets = (
            e
            for e in self.elements.values()
            if e.type == "intermediateCatchEvent" and e.event == element.event
        )
        return str(self.entry(next(targets).id).name)

    def entry(self, element_id: str) -> Any:
        """The spec that a flow to this element leads to: the split in front of it where events stand at its
        border."""
        task_specs = self.spec.task_specs
        return (
            task_specs.get(f"{element_id}.BoundaryEventSplit")
            or task_specs[element_id]
        )

    def add_tasks(self) -> None:
        # Drawn data objects tell the reader something; the library makes variables of them.
        self.spec.data_objects.clear()
        self.parsers: list[DiagramTaskParser] = []
        nodes = {node.get("id"): node for node in self.node if node.get("id")}
        for element in self.elements.values():
            if not element.event_subprocess and not (
                element.attached_to and _undoes(element)
            ):
                self.parse_node(nodes[element.id])
        for parser in self.parsers:
            parser.connect()
        for element in self.elements.values():
            if element.event_subprocess:
                self._add_trigger(element, nodes[element.id])
            elif element.attached_to and element.handler and _undoes(element):
                self.spec.task_specs[
                    element.attached_to
                ].compensated_by = element.handler
        if self._owner is not None and self._owner.ad_hoc is not None:
            self._add_choice(self._owner)
        self._count_flows()

    def _add_choice(self, owner: Element) -> None:
        """What no flow leads to may be chosen; the library starts it all at once."""
        choice = specs.AdHocChoice(self.spec, specs.CHOICE)
        choice.element = owner
        choice.bpmn_id = owner.id
        choice.enabled = {
            element.id: self.entry(element.id).name
            for element in enabled(self.scope)
        }
        self.spec.start.connect(choice)

    def _add_trigger(self, element: Element, node: Any) -> None:
        subprocess = self.parse_node(node)
        inner = self.parser.processes[self._process.get("id") or ""].scopes[
            element.id
        ]
        start = next(
            element
            for element in inner.elements.values()
            if element.type == "startEvent"
        )
        if _undoes(start):
            self.spec.compensated_by = subprocess.name
            subprocess.connect(self.spec.end)
            return
        trigger = specs.Trigger(
            self.spec,
            f"{element.id}#trigger",
            event_definition(start),
            start.interrupting,
        )
        trigger.element = start
        trigger.bpmn_id = start.id
        self.spec.start.connect(trigger)
        trigger.connect(subprocess)
        subprocess.connect(self.spec.end)

    def _count_flows(self) -> None:
        incoming: dict[str, list[str]] = {}
        for flow in self.scope.flows:
            incoming.setdefault(flow.target, []).append(flow.id)
        for node in self.spec.task_specs.values():
            if isinstance(node, specs.Join):
                node.incoming = tuple(incoming.get(node.name, ()))
