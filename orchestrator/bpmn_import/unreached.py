"""Elements that nothing leads to, in diagrams of engines that run the rest and never come to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from orchestrator.bpmn_checks.structure import unreached
from orchestrator.bpmn_import.names import (
    CAMUNDA_LIKE,
    DIALECTS,
    SPIFF,
    ZEEBE,
)
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.model import Scope
from orchestrator.engine.reading import read_processes
from orchestrator.sentences import say

_DIALECTS = [DIALECTS[space] for space in (*CAMUNDA_LIKE, ZEEBE, SPIFF)]
_ENDS = ("sourceRef", "targetRef", "attachedToRef", "bpmnElement")
_NAMING = ("incoming", "outgoing", "flowNodeRef")


def convert(root: Any, dialect: str, report: Report) -> None:
    """Takes them off with their flows and borders, and tells each by its name."""
    if dialect not in _DIALECTS:
        return
    nodes = {
        node.get("id"): node
        for node in root.iter()
        if isinstance(node.tag, str) and node.get("id")
    }
    loose = set(_loose(root))
    taken = False
    for process in read_processes(root, ""):
        for scope in process.scopes.values():
            owner = process.elements.get(scope.id)
            is_ad_hoc = owner is not None and owner.ad_hoc is not None
            if not any(
                e.type == "startEvent" for e in scope.elements.values()
            ):
                continue
            spared = _behind_strays(scope)
            for lost in unreached(scope, is_ad_hoc):
                if lost in spared:
                    continue
                _take_off(nodes[lost], report)
                taken = True
    if taken:
        _clear(root, loose)


def _behind_strays(scope: Scope) -> set[str]:
    """Events at the border of an element that is not there, and what they lead to: the name may be
    mistyped."""
    spared = {
        element.id
        for element in scope.elements.values()
        if element.type == "boundaryEvent"
        and element.attached_to not in scope.elements
    }
    pending = list(spared)
    while pending:
        at = pending.pop()
        led = {flow.target for flow in scope.flows if flow.source == at}
        led |= {
            element.id
            for element in scope.elements.values()
            if element.attached_to == at
        }
        pending += led - spared
        spared |= led
    return spared


def _take_off(node: Any, report: Report) -> None:
    if node.getparent() is None:
        return
    sentence = say(
        "“{named}”没有任何连线通到，原系统从不办理，已去掉；如果漏画了连线，请补画后重新导入",
        named=node.get("name") or node.get("id"),
    )
    report.mapped(node.getparent(), "unreachable", sentence)
    node.getparent().remove(node)


def _clear(root: Any, loose: set[Any]) -> None:
    """Removes what referred to elements that are gone, until nothing does; what was loose before is for the
    checks."""
    while gone := [node for node in _loose(root) if node not in loose]:
        for node in gone:
            if node.getparent() is not None:
                node.getparent().remove(node)


def _loose(root: Any) -> list[Any]:
    ids = {node.get("id") for node in root.iter() if isinstance(node.tag, str)}
    return [
        node
        for node in root.iter()
        if isinstance(node.tag, str)
        and any(name not in ids for name in _references(node))
    ]


def _references(node: Any) -> Iterable[str]:
    kind = node.tag.rpartition("}")[2]
    if kind in _NAMING and node.text:
        return [node.text.strip()]
    if kind in ("sequenceFlow", "association", "boundaryEvent") or (
        kind in ("BPMNShape", "BPMNEdge")
    ):
        return [node.get(name) for name in _ENDS if node.get(name)]
    return []
