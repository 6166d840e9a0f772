"""What an official calls each kind of element, as the list of steps beside the drawing does."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.engine.model import Element
from orchestrator.sentences import say

KINDS: Mapping[str, str] = {
    "task": say("任务"),
    "userTask": say("人工任务"),
    "manualTask": say("线下任务"),
    "serviceTask": say("自动任务"),
    "sendTask": say("发送任务"),
    "receiveTask": say("接收任务"),
    "scriptTask": say("赋值任务"),
    "businessRuleTask": say("决策任务"),
    "subProcess": say("子流程"),
    "callActivity": say("调用流程"),
    "startEvent": say("开始"),
    "endEvent": say("结束"),
    "intermediateCatchEvent": say("等待"),
    "intermediateThrowEvent": say("中间事件"),
    "exclusiveGateway": say("条件网关"),
    "parallelGateway": say("并行网关"),
    "inclusiveGateway": say("包容网关"),
    "eventBasedGateway": say("事件网关"),
}
_AT_A_BORDER: Mapping[str, str] = {
    "timer": say("时限"),
    "error": say("出错处理"),
    "message": say("边界消息"),
    "signal": say("边界信号"),
    "escalation": say("边界升级"),
    "compensate": say("边界补偿"),
    "cancel": say("边界取消"),
    "conditional": say("边界条件"),
}
"""Kind of the event at a step's border → what it is."""
_SENT: Mapping[str, str] = {
    "message": say("发出消息"),
    "signal": say("发出信号"),
}


def kind_of(element: Element) -> str:
    """What the element is, in a word of the designer's pages."""
    event = element.event.kind if element.event else ""
    if element.type == "boundaryEvent":
        return _AT_A_BORDER.get(event) or say("边界事件")
    if element.type == "intermediateThrowEvent" and event in _SENT:
        return _SENT[event]
    return KINDS.get(element.type) or say("步骤")
