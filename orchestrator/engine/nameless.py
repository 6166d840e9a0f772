"""What a designer calls an element: its name, or what it is and beside which step it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from orchestrator.engine.element_kinds import kind_of
from orchestrator.engine.model import Element, Flow
from orchestrator.sentences import say


def called(element: Element) -> str:
    """The element's name in quotation marks; of one without a name its kind and place, else its id."""
    if element.name:
        return say("“{name}”", name=element.name)
    if element.beside is None:
        return say("“{name}”", name=element.id)
    where, name = element.beside
    kind = kind_of(element)
    if where == "at":
        return say("“{name}”边上未命名的{kind}", name=name, kind=kind)
    if where == "after":
        return say("“{name}”之后未命名的{kind}", name=name, kind=kind)
    return say("“{name}”之前未命名的{kind}", name=name, kind=kind)


def label(element: Element) -> str:
    """What stands in quotation marks where a sentence says the element's kind itself."""
    if element.name:
        return element.name
    if element.beside is None:
        return element.id
    where, name = element.beside
    if where == "at":
        return say("“{name}”边上未命名的一个", name=name)
    if where == "after":
        return say("“{name}”之后未命名的一个", name=name)
    return say("“{name}”之前未命名的一个", name=name)


def placed(
    elements: Mapping[str, Element], flows: Sequence[Flow]
) -> dict[str, Element]:
    """The elements of a scope, those without a name with the nearest step that has one."""
    if all(element.name for element in elements.values()):
        return dict(elements)
    sources: dict[str, list[str]] = {}
    targets: dict[str, list[str]] = {}
    for flow in flows:
        sources.setdefault(flow.target, []).append(flow.source)
        targets.setdefault(flow.source, []).append(flow.target)
    for element in elements.values():
        if element.attached_to:
            sources.setdefault(element.id, []).append(element.attached_to)
    return {
        key: element
        if element.name
        else replace(
            element, beside=_beside(element, elements, sources, targets)
        )
        for key, element in elements.items()
    }


def _beside(
    element: Element,
    elements: Mapping[str, Element],
    sources: Mapping[str, Iterable[str]],
    targets: Mapping[str, Iterable[str]],
) -> tuple[str, str] | None:
    host = elements.get(element.attached_to or "")
    if host is not None and host.name:
        return "at", host.name
    for where, ways in (("after", sources), ("before", targets)):
        name = _nearest(element.id, elements, ways)
        if name:
            return where, name
    return None


def _nearest(
    start: str,
    elements: Mapping[str, Element],
    ways: Mapping[str, Iterable[str]],
) -> str:
    """Name of the first step on the ways that has one; empty where none has."""
    seen = {start}
    pending = [start]
    for node in pending:
        for near in ways.get(node, ()):
            if near in seen or near not in elements:
                continue
            if elements[near].name:
                return elements[near].name
            seen.add(near)
            pending.append(near)
    return ""
