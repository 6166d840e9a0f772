"""The ways through one scope of a diagram: what a token comes from, what it comes to, and what runs beside
it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
        results = list(self._sources.get(element.id, ()))
        if element.type == "boundaryEvent":
            results += self._before_boundary(element)
        if _is_link(element, "intermediateCatchEvent"):
            results += self._link_throws(element)
        return results

    @cached_property
    def sides(self) -> list[list[frozenset[str]]]:
        """For each place where branches begin that run side by side: what each branch may come to."""
        return [
            [self._reached(start) for start in starts]
            for _at, starts in self.branches()
        ]

    @cached_property
    def _sources(self) -> Mapping[str, list[str]]:
        sources: dict[str, list[str]] = {}
        for flow in self.scope.flows:
            sources.setdefault(flow.target, []).append(flow.source)
        return sources

    @cached_property
    def _targets(self) -> Mapping[str, list[str]]:
        targets: dict[str, list[str]] = {}
        for flow in self.scope.flows:
            targets.setdefault(flow.source, []).append(flow.target)
        return targets

    @cached_property
    def _boundaries(self) -> Mapping[str, list[Element]]:
        """Activity → the events at its border."""
        boundaries: dict[str, list[Element]] = {}
        for element in self.scope.elements.values():
            if element.attached_to:
                boundaries.setdefault(element.attached_to, []).append(element)
        return boundaries

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
            element
            for element in self.scope.elements.values()
            if element.type == "intermediateThrowEvent"
        ]
        return [
            throw.id
            for throw in throws
            if throw.event and throw.event.reference == catch.event.reference
        ]

    def unjoined(
        self, starts: Sequence[str], joins: Collection[str]
    ) -> list[frozenset[str]]:
        """What each branch may come to before it waits for another one, at an element of these types to which
        several of them lead."""
        whole = [self._reached(start) for start in starts]
        waits = frozenset(
            node
            for node in frozenset().union(*whole)
            if self.scope.elements[node].type in joins
            and len(self._sources.get(node, ())) > 1
            and sum(node in reached for reached in whole) > 1
        )
        return [self._reached(start, waits) for start in starts]

    def branches(self) -> Iterator[tuple[str, list[str]]]:
        """(where they begin, their first nodes) of branches that run side by side."""
        for element in self.scope.elements.values():
            targets = self._targets.get(element.id, [])
            if len(targets) > 1 and element.type not in _CHOOSES:
                yield element.id, targets
            if (
                element.type == "boundaryEvent"
                and not element.interrupting
                and element.attached_to
            ):
                yield (
                    element.attached_to,
                    [element.id, element.attached_to],
                )

    def _reached(
        self, start: str, short_of: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        results = {start} - short_of
        pending = list(results)
        while pending:
            for value in self._next(pending.pop()):
                if value not in results and value not in short_of:
                    results.add(value)
                    pending.append(value)
        return frozenset(results & self.scope.elements.keys())

    def _next(self, node: str) -> list[str]:
        leaving = [
            element.id
            for element in self._boundaries.get(node, ())
            if element.interrupting
        ]
        return [*self._targets.get(node, ()), *leaving]


def _is_link(element: Element, type_: str) -> bool:
    return (
        element.type == type_
        and element.event is not None
        and element.event.kind == "link"
    )
