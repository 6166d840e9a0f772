"""Flows that other tools read otherwise than they look: the one of an exclusive gateway that has no
condition, where none is marked as the default, and those of a parallel gateway that have one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from orchestrator.bpmn_import.names import (
    ACTIVITI,
    DIALECTS,
    FLOWABLE,
    OPERATON,
)
from orchestrator.bpmn_import.report import Report
from orchestrator.engine.xml import CAMUNDA, tag
from orchestrator.sentences import say

_PARALLEL = "parallelGateway"
_UNASKED = {
    _PARALLEL: say("并行网关的出线不看条件"),
    "eventBasedGateway": say("事件网关的出线不看条件，由先发生的事件决定"),
}
"""Gateway → why no condition of its flows is asked for."""
_WHEREVER = (DIALECTS[CAMUNDA], DIALECTS[OPERATON])
"""They take it as the default wherever it stands."""
_LAST = (DIALECTS[FLOWABLE], DIALECTS[ACTIVITI])
"""They take the flows in turn, and one without a condition at once: as the last it is the default."""


def convert(root: Any, dialect: str, report: Report) -> None:
    """Marks it as what it is in its own tool."""
    if dialect not in (*_WHEREVER, *_LAST):
        return
    leaving = defaultdict(list)
    for flow in root.iter(tag("sequenceFlow")):
        leaving[flow.get("sourceRef")].append(flow)
    for gateway in root.iter(tag("exclusiveGateway")):
        flows = leaving[gateway.get("id")]
        free = [flow for flow in flows if not _has_condition(flow)]
        if gateway.get("default") or len(flows) < 2 or len(free) != 1:
            continue
        if dialect in _LAST and free[0] is not flows[-1]:
            continue
        gateway.set("default", free[0].get("id"))
        sentence = say(
            "没有条件的出线“{flow}”在原系统里就是默认出线，已标为默认",
            flow=free[0].get("name") or free[0].get("id"),
        )
        report.mapped(gateway, "default", sentence)


def unconditioned(root: Any, report: Report) -> None:
    """Takes off conditions and defaults of the flows out of parallel and event gateways: every tool passes
    them over, as the standard says (BPMN 2.0, 10.6.4 and 10.6.6)."""
    gateways = {
        node.get("id"): (node, why)
        for kind, why in _UNASKED.items()
        for node in root.iter(tag(kind))
    }
    for gateway in root.iter(tag(_PARALLEL)):
        if gateway.attrib.pop("default", None) is not None:
            sentence = say("并行网关每条出线都走，默认出线不起作用，已去掉")
            report.mapped(gateway, "default", sentence)
    for flow in root.iter(tag("sequenceFlow")):
        if flow.get("sourceRef") not in gateways or not _has_condition(flow):
            continue
        condition = flow.find(tag("conditionExpression"))
        text = "".join(condition.itertext()).strip()
        flow.remove(condition)
        gateway, why = gateways[flow.get("sourceRef")]
        sentence = say(
            "{why}，已去掉“{text}”；要按条件走，请改用包容网关",
            why=why,
            text=text[:60],
        )
        report.mapped(gateway, "condition", sentence)


def _has_condition(flow: Any) -> bool:
    result = flow.find(tag("conditionExpression"))
    return result is not None and bool("".join(result.itertext()).strip())
