"""The ways through one scope of a diagram: what a token comes from, what it comes to, and what runs beside
it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from orchestrator.engine import Element
from orchestrator.engine.model import Scope

_CHOOSES = ("exclusiveGateway", "eventBasedGateway")
"""Only one of their flows is taken."""


class Paths:
    """The ways through a scope, worked out once for all questions about it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def preceding(self, element: Element) -> list[str]:
        """Ids of the nodes that a token may have left last when it comes to the element."""
        found = list(self._sources.get(element.id, ()))
        if element.type == "boundaryEvent":
            found += self._before_boundary(element)
        if _is_link(element, "intermediateCatchEvent"):
            found += self._link_throws(element)
        return found

    @cached_property
    def sides(self) -> list[list[frozenset[str]]]:
        """For each place where branches begin that run side by side: what each branch may come to."""
        return [
            [self._reached(start) for start in starts]
            for starts in self._branches()
        ]

    @cached_property
    def _sources(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for flow in self.scope.flows:
            found.setdefault(flow.target, []).append(flow.source)
        return found

    @cached_property
    def _targets(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for flow in self.scope.flows:
            found.setdefault(flow.source, []).append(flow.target)
        return found

    @cached_property
    def _boundaries(self) -> Mapping[str, list[Element]]:
        """Activity → the events at its border."""
        found: dict[str, list[Element]] = {}
        for element in self.scope.elements.values():
            if element.attached_to:
                found.setdefault(element.attached_to, []).append(element)
        return found

    def _before_boundary(self, boundary: Element) -> list[str]:
        host = self.scope.elements.get(boundary.attached_to or "")
        if host is None:
            return []
        # An interrupted task of one person has saved nothing.
        unsaved = (
            boundary.interrupting
            and host.type == "userTask"
            and not host.multi
        )
        return self.preceding(host) + ([] if unsaved else [host.id])

    def _link_throws(self, catch: Element) -> list[str]:
        assert catch.event is not None
        throws = [
            each
            for each in self.scope.elements.values()
            if each.type == "intermediateThrowEvent"
        ]
        return [
            each.id
            for each in throws
            if each.event and each.event.reference == catch.event.reference
        ]

    def _branches(self) -> Iterator[list[str]]:
        """The first nodes of branches that run side by side."""
        for element in self.scope.elements.values():
            targets = self._targets.get(element.id, [])
            if len(targets) > 1 and element.type not in _CHOOSES:
                yield targets
            if (
                element.type == "boundaryEvent"
                and not element.interrupting
                and element.attached_to
            ):
                yield [element.id, element.attached_to]

    def _reached(self, start: str) -> frozenset[str]:
        found = {start}
        pending = [start]
        while pending:
            for each in self._next(pending.pop()):
                if each not in found:
                    found.add(each)
                    pending.append(each)
        return frozenset(found & self.scope.elements.keys())

    def _next(self, node: str) -> list[str]:
        leaving = [
            each.id
            for each in self._boundaries.get(node, ())
            if each.interrupting
        ]
        return [*self._targets.get(node, ()), *leaving]


def _is_link(element: Element, type_: str) -> bool:
    return (
        element.type == type_
        and element.event is not None
        and element.event.kind == "link"
    )
