"""What a rule looks at: one diagram's XML and its processes as the engine reads them."""

from __future__ import annotations

from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from orchestrator.engine.decisions import DecisionTable
from orchestrator.engine.model import (
    OWNERS,
    Element,
    Event,
    Flow,
    Process,
    Scope,
)
from orchestrator.engine.nameless import after_its_kind, called, label
from orchestrator.engine.xml import BPMN
from orchestrator.errors import Finding
from orchestrator.sentences import joined, say


@dataclass
class Diagram:
    """One file by itself."""

    resource: str
    root: Any
    processes: Sequence[Process]

    def scopes(self) -> Iterator[Scope]:
        for process in self.processes:
            yield from process.scopes.values()

    def is_ad_hoc(self, scope: Scope) -> bool:
        """Whether it is the inside of an ad-hoc subprocess."""
        owners = (
            process.elements.get(scope.id)
            for process in self.processes
            if scope.id in process.scopes
        )
        return any(
            owner is not None and owner.ad_hoc is not None for owner in owners
        )

    def elements(self) -> Iterator[Element]:
        for scope in self.scopes():
            yield from scope.elements.values()

    def events(self, *kinds: str) -> Iterator[tuple[Element, Event]]:
        """Every event definition of these kinds, with the element that it stands in."""
        for element in self.elements():
            yield from (
                (element, event)
                for event in element.events
                if event.kind in kinds
            )

    def owner(self, element: Element) -> Element | None:
        """The subprocess that the element stands in; None for one of a process."""
        return next(
            (
                p.elements[element.process]
                for p in self.processes
                if element.process in p.elements
            ),
            None,
        )

    def label(self, node: Any) -> str:
        """How a designer finds what the node of the file is: by its name, or its place, or else its id."""
        own_id = node.get("id") or ""
        if node.get("name"):
            return str(node.get("name"))
        for scope in self.scopes():
            if own_id in scope.elements:
                return label(scope.elements[own_id])
        return str(own_id)

    def bpmn_nodes(self, *names: str) -> Iterator[Any]:
        """XML nodes of these BPMN tags, in document order."""
        yield from self.root.iter(*(f"{{{BPMN}}}{name}" for name in names))

    def attribute(self, element_id: str, name: str) -> str | None:
        """An attribute of the XML that the engine does not read."""
        node = next(
            (
                element
                for element in self.root.iter()
                if isinstance(element.tag, str)
                and element.get("id") == element_id
            ),
            None,
        )
        return None if node is None else node.get(name)


@dataclass
class DeployedDiagram(Diagram):
    """A file with what stands beside it in the deployment."""

    tables: frozenset[str]
    """Ids of the deployment's decisions."""
    form_fields: Mapping[str, Collection[str]] | None
    unread_forms: frozenset[str]
    """Keys of forms that the deployment has, and that cannot be read."""
    known_processes: Mapping[str, Process]
    """Every process of the deployment, by id."""
    known_tables: Mapping[str, DecisionTable]
    """Every decision table of the deployment that can be run, by id."""


def owner_id(node: Any) -> str | None:
    """Id of the element of the diagram that the XML node belongs to; None for the file as a whole."""
    while node is not None:
        namespace, _brace, name = (
            node.tag if isinstance(node.tag, str) else ""
        ).rpartition("}")
        if namespace == f"{{{BPMN}" and name in OWNERS and node.get("id"):
            return str(node.get("id"))
        node = node.getparent()
    return None


named = called
"""How a designer finds the element: its name in quotation marks, or its kind and place."""


def quoted(element: Element) -> str:
    """The same in a sentence that says the kind itself."""
    return after_its_kind(element)


def flow_name(flow: Flow, elements: Mapping[str, Element]) -> str:
    """How a designer finds the flow: its name, or as the list of steps calls it, by the step that it leads
    to."""
    if flow.name:
        return flow.name
    target = elements.get(flow.target)
    if target is None:
        return flow.id
    return say("→ {name}", name=target.name or called(target))


def near(name: str, known: Iterable[str], otherwise: str) -> str:
    """The end of a sentence about a name that does not exist: which one was probably meant."""
    results = get_close_matches(name, known, n=3, cutoff=0.6)
    if not results:
        return otherwise
    names = joined("或", [say("“{name}”", name=value) for value in results])
    return say("，是不是{names}？请改成正确的名称", names=names)


def refuse(rule: str, element_id: str | None, message: str) -> Finding:
    return Finding(rule, element_id, message)


def note(rule: str, element_id: str | None, message: str) -> Finding:
    return Finding(rule, element_id, message, severity="note")
