"""Two people's changes of one file, put together: element by element in a diagram, a form or a table as a
whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lxml import etree

from orchestrator.engine.xml import BPMN, BPMNDI, tag

_CONTAINERS = frozenset(
    tag(name)
    for name in (
        "definitions",
        "process",
        "subProcess",
        "transaction",
        "adHocSubProcess",
        "collaboration",
        "laneSet",
        "childLaneSet",
        "lane",
    )
) | {f"{{{BPMNDI}}}BPMNDiagram", f"{{{BPMNDI}}}BPMNPlane"}
_ENDS = (tag("incoming"), tag("outgoing"))
_MEMBER = tag("flowNodeRef")
_FIRST = (tag("documentation"), tag("extensionElements"))
_REFERENCES = ("sourceRef", "targetRef", "attachedToRef")


class Unreadable(Exception):
    """One of the texts is no file of its kind."""


@dataclass(frozen=True, slots=True)
class Merged:
    text: str
    overlapping: tuple[str, ...]
    """Names of what both changed; there the text has what `mine` says."""


def merge(name: str, base: str, theirs: str, mine: str) -> Merged:
    """`mine` and `theirs`, both begun from `base`, as one text. Of what both changed, mine counts, and what
    one changed and the other deleted stays. Raises Unreadable."""
    if name.endswith(".bpmn"):
        return _Diagrams(base, theirs, mine).merged()
    if _same(name, theirs, base) or _same(name, theirs, mine):
        return Merged(mine, ())
    if _same(name, mine, base):
        return Merged(theirs, ())
    return Merged(mine, (name,))


def _same(name: str, one: str, other: str) -> bool:
    if one == other:
        return True
    if not name.endswith(".form"):
        return False
    try:
        return bool(json.loads(one) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def _read(text: str) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        remove_blank_text=True,
        load_dtd=False,
    )
    try:
        return etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise Unreadable from broken


def _canonical(node: Any) -> tuple[Any, ...]:
    """What the node says, whatever the order of its attributes; for its flows and members their own rules
    stand."""
    children = [
        _canonical(child)
        for child in node
        if isinstance(child.tag, str)
        and child.tag not in (*_ENDS, _MEMBER)
        and not _is_part(child)
    ]
    attributes = tuple(sorted(node.attrib.items()))
    return node.tag, attributes, (node.text or "").strip(), *children


def _is_part(node: Any) -> bool:
    parent = node.getparent()
    return (
        parent is not None
        and parent.tag in _CONTAINERS
        and bool(node.get("id"))
    )


def _parts(root: Any) -> dict[str, Any]:
    """Everything that is merged as a whole, by its id, the outer before the inner."""
    return {
        node.get("id"): node
        for node in root.iter(etree.Element)
        if node is root or _is_part(node)
    }


def _members(lane: Any) -> list[str]:
    return [(value.text or "").strip() for value in lane.findall(_MEMBER)]


class _Diagrams:
    def __init__(self, base: str, theirs: str, mine: str) -> None:
        self.base = _parts(_read(base))
        self.result = _read(theirs)
        self.theirs = _parts(_read(theirs))
        self.mine = _parts(_read(mine))
        self.parts = _parts(self.result)
        self.overlapping: list[str] = []

    def merged(self) -> Merged:
        for part in (*self.mine, *(self.base.keys() - self.mine.keys())):
            self._settle(part)
        self._lanes()
        self._drop_dangling()
        self._ends()
        etree.indent(self.result)
        text = etree.tostring(
            self.result, encoding="UTF-8", xml_declaration=True
        )
        return Merged(text.decode() + "\n", tuple(self.overlapping))

    def _settle(self, part: str) -> None:
        base, theirs, mine = (
            self._said(entry, part)
            for entry in (self.base, self.theirs, self.mine)
        )
        if mine in (base, theirs):
            return
        if theirs != base:
            self._both(part, theirs is None, mine is None)
            return
        if mine is not None:
            self._put(part)
        elif self._holds_new(part):
            self.overlapping.append(self._name(part))
        else:
            self._remove(part)

    def _holds_new(self, part: str) -> bool:
        """Whether they put something into it that the base does not have."""
        node = self.parts.get(part)
        if node is None:
            return False
        return any(
            value.get("id") not in self.base
            for value in node.iterdescendants(etree.Element)
            if _is_part(value)
        )

    def _both(self, part: str, gone: bool, deleted: bool) -> None:
        """Mine and theirs differ from the base, each in its way; one of them may have deleted it."""
        node = self.mine.get(part, self.theirs.get(part))
        if node is not None and node.tag.startswith(f"{{{BPMNDI}}}"):
            if deleted:
                self._remove(part)
            elif not gone:
                self._put(part)
            return
        self.overlapping.append(self._name(part))
        if not deleted:
            self._put(part)

    def _name(self, part: str) -> str:
        for parts in (self.theirs, self.mine, self.base):
            if part in parts:
                node = parts[part]
                return str(node.get("name") or part)
        return part

    @staticmethod
    def _said(parts: Mapping[str, Any], part: str) -> Any:
        node = parts.get(part)
        if node is None:
            return None
        parent = node.getparent()
        if parent is None:
            return _canonical(node)
        return parent.get("id") or parent.tag, _canonical(node)

    def _remove(self, part: str) -> None:
        node = self.parts.pop(part, None)
        if node is not None and node.getparent() is not None:
            node.getparent().remove(node)

    def _put(self, part: str) -> None:
        """Makes the result's part say what mine says; what is inside it keeps its own state."""
        mine = self.mine[part]
        node = self.parts.get(part)
        if node is None:
            node = etree.Element(mine.tag, nsmap=mine.nsmap)
        kept = [
            child
            for child in node
            if _is_part(child) or child.tag in (*_ENDS, _MEMBER)
        ]
        said = [
            deepcopy(element)
            for element in mine
            if not _is_part(element) and element.tag not in (*_ENDS, _MEMBER)
        ]
        first = [element for element in said if element.tag in _FIRST]
        last = [element for element in said if element.tag not in _FIRST]
        self._replace(part, node, mine, [*first, *kept, *last])

    def _replace(
        self,
        part: str,
        node: Any,
        mine: Any,
        children: list[Any],
    ) -> None:
        node.tag = mine.tag
        node.attrib.clear()
        node.attrib.update(mine.attrib)
        node.text = mine.text
        node[:] = children
        parent = mine.getparent()
        if parent is None:
            return
        home = self._home(parent)
        if home is not None and node.getparent() is not home:
            home.insert(self._place(home, mine), node)
        self.parts[part] = node

    def _home(self, parent: Any) -> Any:
        part = parent.get("id")
        if part in self.mine and part not in self.parts:
            # They deleted what something new stands in.
            self.overlapping.append(self._name(part))
            self._put(part)
        if part in self.parts:
            return self.parts[part]
        return self.result.find(f".//{parent.tag}")

    def _place(self, home: Any, mine: Any) -> int:
        """Behind what stands before it in mine."""
        for before in mine.itersiblings(preceding=True):
            there = self.parts.get(before.get("id"))
            if there is not None and there.getparent() is home:
                return int(home.index(there)) + 1
        return len(home)

    def _lanes(self) -> None:
        lanes = {
            part: node
            for part, node in self.parts.items()
            if node.tag == tag("lane")
        }
        came: dict[str, str] = {}
        left: set[tuple[str, str]] = set()
        for part in lanes:
            before = set(self._said_members(self.base, part))
            now = self._said_members(self.mine, part)
            came |= {value: part for value in now if value not in before}
            left |= {(part, value) for value in before if value not in now}
        for part, lane in lanes.items():
            members = [
                member
                for member in _members(lane)
                if came.get(member, part) == part
                and (part, member) not in left
            ]
            members += [
                value
                for value, home in came.items()
                if home == part and value not in members
            ]
            self._write_members(lane, members)

    @staticmethod
    def _said_members(parts: Mapping[str, Any], part: str) -> list[str]:
        if part in parts:
            return _members(parts[part])
        return []

    def _write_members(self, lane: Any, members: list[str]) -> None:
        for value in lane.findall(_MEMBER):
            lane.remove(value)
        place = sum(1 for child in lane if child.tag in _FIRST)
        for index, member in enumerate(members):
            if member in self.parts:
                made = etree.Element(_MEMBER)
                made.text = member
                lane.insert(place + index, made)

    def _drop_dangling(self) -> None:
        """Without its end a flow, without its element a shape is nothing."""
        gone = True
        while gone:
            known = {
                node.get("id") for node in self.result.iter(etree.Element)
            }
            gone = False
            for part in list(self.parts):
                node = self.parts[part]
                if self._dangles(node, known):
                    self._remove(part)
                    gone = True
        for node in self.parts.values():
            if node.get("default") and node.get("default") not in self.parts:
                del node.attrib["default"]

    def _dangles(self, node: Any, known: set[str | None]) -> bool:
        drawn = node.get("bpmnElement")
        if drawn and ":" not in drawn and drawn not in known:
            return True
        if not node.tag.startswith(f"{{{BPMN}}}"):
            return False
        ends = [
            node.get(reference)
            for reference in _REFERENCES
            if node.get(reference)
        ]
        if all(end in known for end in ends):
            return False
        self.overlapping.append(self._name(node.get("id")))
        return True

    def _ends(self) -> None:
        """Each step names the flows that lead to it and from it."""
        flows = list(self.result.iter(tag("sequenceFlow")))
        for name, reference in (
            ("incoming", "targetRef"),
            ("outgoing", "sourceRef"),
        ):
            ends: dict[str, list[str]] = {}
            for flow in flows:
                ends.setdefault(flow.get(reference), []).append(flow.get("id"))
            for node in self._steps():
                self._tell_ends(node, name, ends.get(node.get("id"), []))

    def _steps(self) -> Iterator[Any]:
        names = {
            tag(value)
            for value in ("task", "callActivity", "subProcess", "transaction")
        }
        for node in self.parts.values():
            ending = node.tag.endswith(("Task", "Event", "Gateway", "Process"))
            if ending or node.tag in names:
                yield node

    @staticmethod
    def _tell_ends(node: Any, name: str, flows: list[str]) -> None:
        if node.tag == tag("process"):
            return
        there = node.findall(tag(name))
        for value in there:
            if (value.text or "").strip() not in flows:
                node.remove(value)
        ends = {
            (value.text or "").strip() for value in node.findall(tag(name))
        }
        before = {*_FIRST, tag("incoming"), tag(name)}
        place = sum(1 for child in node if child.tag in before)
        for flow in flows:
            if flow not in ends:
                made = etree.Element(tag(name))
                made.text = flow
                node.insert(place, made)
                place += 1
