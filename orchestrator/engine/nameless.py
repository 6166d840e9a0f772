"""What a designer calls an element: its name, or what it is and beside which step it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from orchestrator.engine.element_kinds import kind_of
from orchestrator.engine.model import Element, Flow
from orchestrator.sentences import say

_Place = tuple[str, str]
"""(at, after or before, name of the step there)."""


def called(element: Element) -> str:
    """The element's name in quotation marks; of one without a name its kind and place, else its id."""
    if element.name or element.beside is None:
        return say("“{name}”", name=element.name or element.id)
    where, name, _number = element.beside
    return say(
        "{place}未命名的{kind}",
        place=_place(where, say("“{name}”", name=name)),
        kind=_numbered_kind(element),
    )


def label(element: Element) -> str:
    """What stands in quotation marks: the name, or kind and place without marks of their own."""
    if element.name or element.beside is None:
        return element.name or element.id
    where, name, _number = element.beside
    return say(
        "{place}未命名的{kind}",
        place=_place(where, name),
        kind=_numbered_kind(element),
    )


def after_its_kind(element: Element) -> str:
    """What follows where a sentence has just said the element's kind: its name in quotation marks, or its
    place in brackets."""
    if element.name or element.beside is None:
        return called(element)
    where, name, number = element.beside
    place = _place(where, say("“{name}”", name=name))
    if number > 1:
        return say(
            "（{place}第 {number} 个，未命名）", place=place, number=number
        )
    return say("（{place}，未命名）", place=place)


def _place(where: str, name: str) -> str:
    if where == "at":
        return say("{name}边上", name=name)
    if where == "after":
        return say("{name}之后", name=name)
    return say("{name}之前", name=name)


def _numbered_kind(element: Element) -> str:
    kind = kind_of(element)
    number = element.beside[2] if element.beside else 1
    if number > 1:
        return say("第 {number} 个{kind}", number=number, kind=kind)
    return kind


def placed(
    elements: Mapping[str, Element], flows: Sequence[Flow]
) -> dict[str, Element]:
    """The elements of a scope, those without a name with the nearest step that has one, and which of its kind
    it is there."""
    if all(element.name for element in elements.values()):
        return dict(elements)
    forward: dict[str, list[str]] = {}
    backward: dict[str, list[str]] = {}
    for flow in flows:
        forward.setdefault(flow.source, []).append(flow.target)
        backward.setdefault(flow.target, []).append(flow.source)
    at_borders: dict[str, _Place] = {}
    for element in elements.values():
        host = elements.get(element.attached_to or "")
        if host is None:
            continue
        forward.setdefault(host.id, []).append(element.id)
        if host.name:
            at_borders[element.id] = ("at", host.name)
    places = _spread("after", elements, forward)
    before = _spread("before", elements, backward)
    for key, place in before.items():
        places.setdefault(key, place)
    places.update(at_borders)
    result = dict(elements)
    counted: dict[tuple[_Place, str], int] = {}
    for key, place in places.items():
        element = elements[key]
        group = (place, kind_of(element))
        number = counted.get(group, 0) + 1
        counted[group] = number
        if not element.name:
            result[key] = replace(element, beside=(*place, number))
    return result


def _spread(
    where: str,
    elements: Mapping[str, Element],
    ways: Mapping[str, Iterable[str]],
) -> dict[str, _Place]:
    """Element without a name → the nearest step that leads to it and has one: one walk from all that have
    one."""
    result: dict[str, _Place] = {}
    names = {
        key: element.name for key, element in elements.items() if element.name
    }
    pending = list(names)
    for node in pending:
        for near in ways.get(node, ()):
            if near in names or near not in elements:
                continue
            name = names[node]
            names[near] = name
            result[near] = (where, name)
            pending.append(near)
    return result
