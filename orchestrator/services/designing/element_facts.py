"""What an official calls each attribute of an element, and its value in words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.territory import PLACES
from orchestrator.engine import (
    Element,
    countersign,
)
from orchestrator.engine.element_kinds import kind_of
from orchestrator.engine.model import ALL_VARIABLES, Event
from orchestrator.sentences import joined, say
from orchestrator.services.execution import due_dates

_REFERENCES = {
    "${initiator_body}": say("发起机构"),
    "${lead_department}": say("牵头部门"),
}
FACTS: Mapping[str, str] = {
    "name": say("名称"),
    "type": say("类型"),
    "candidate_groups": say("办理机构"),
    "candidate_users": say("候选人员"),
    "assignee": say("指定办理人"),
    "due": say("时限"),
    "follow_up": say("跟进时间"),
    "priority": say("优先级"),
    "form_key": say("表单"),
    "topic": say("自动处理"),
    "inputs": say("输入"),
    "outputs": say("输出"),
    "script": say("赋值"),
    "result_variable": say("结果变量"),
    "decision": say("决策表"),
    "decision_result": say("结果取法"),
    "called": say("调用的流程"),
    "called_apart": say("变量与本流程分开"),
    "call_inputs": say("传入"),
    "call_outputs": say("传回"),
    "event": say("等待或触发"),
    "attached_to": say("附在哪个步骤上"),
    "interrupting": say("触发后原步骤"),
    "default_flow": say("默认流转"),
    "multi": say("多人办理"),
    "countersign": say("会签"),
    "ad_hoc": say("自选步骤"),
    "transaction": say("事务"),
    "for_compensation": say("补偿步骤"),
    "handler": say("由谁补偿"),
    "event_subprocess": say("事件子流程"),
    "citations": say("依据"),
    "documentation": say("说明"),
    "properties": say("其他设置"),
    "lane": say("泳道"),
}
"""Attribute of an element → what an official calls it."""
IRRELEVANT = frozenset({"id", "process", "outgoing", "instant", "beside"})
"""Attributes that say nothing of their own: flows are compared one by one."""
_EVENTS = {
    "timer": say("到期"),
    "message": say("消息"),
    "signal": say("信号"),
    "error": say("错误"),
    "escalation": say("升级"),
    "link": say("链接"),
    "terminate": say("终止"),
    "conditional": say("条件"),
    "compensate": say("补偿"),
    "cancel": say("取消"),
}
_COUNTERSIGN = {
    "way": say("方式"),
    "vote": say("表决项"),
    "agree": say("同意"),
    "refuse": say("不同意"),
    "share": say("比例"),
    "votes": say("表决记入"),
    "result": say("结果记入"),
}
_AD_HOC = {
    "sequential": say("逐个办"),
    "condition": say("完成条件"),
    "cancels": say("完成时其余中止"),
}
_MULTI = {
    "sequential": say("逐个办"),
    "cardinality": say("份数"),
    "collection": say("对象"),
    "item": say("每一项"),
    "condition": say("完成条件"),
    "loop_condition": say("循环条件"),
    "loop_maximum": say("最多次数"),
    "test_before": say("先判断"),
    "is_loop": say("循环"),
    "output_collection": say("汇总到"),
    "output_item": say("每项结果"),
    "keeps_variables": say("只留结果"),
}

PARTS: Mapping[str, Mapping[str, str]] = {
    "multi": _MULTI,
    "countersign": _COUNTERSIGN,
    "ad_hoc": _AD_HOC,
}
"""Attribute whose value has attributes of its own → what an official calls each."""
EVENT_PARTS: Mapping[str, str] = {
    "correlation": say("关联"),
    "topic": say("自动处理"),
    "payload": say("带上"),
    "code_variable": say("代码存入"),
    "message_variable": say("说明存入"),
    "message": say("说明"),
    "activity": say("补偿"),
    "condition": say("条件"),
    "variable": say("只看变量"),
    "variable_events": say("只看变化"),
    "inside": say("只在本事项之内"),
}
"""Attribute of an event beside its kind, reference and timer → what an official calls it, in the order in
which they are said."""
_TIMERS = {"timeDate": say("到日期"), "timeCycle": say("每隔")}


def facts(
    element: Element,
    profile: Jurisdiction,
    variables: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Label → value in words, of everything about an element that is honoured; `variables` gives the names of
    what a call hands over."""
    said = {
        label: _said(name, getattr(element, name), element, profile)
        for name, label in FACTS.items()
    }
    for name in ("call_inputs", "call_outputs"):
        handed = [
            _handed(mapping, variables or {})
            for mapping in getattr(element, name)
        ]
        said[FACTS[name]] = joined("、", handed)
    return said


def _handed(
    mapping: tuple[str, str, bool], variables: Mapping[str, str]
) -> str:
    """What a call hands over, or what comes back from it, under which name."""
    target, source, is_expression = mapping
    if target == ALL_VARIABLES:
        return say("全部字段")
    # Two variables may have one name: what is told apart here is told apart there.
    name = _with_key(target, variables)
    if is_expression:
        return say("算式 {source} 作“{name}”", source=source, name=name)
    if source == target:
        return say("“{name}”", name=name)
    return say(
        "“{source}”作“{name}”", source=_with_key(source, variables), name=name
    )


def _with_key(key: str, names: Mapping[str, str]) -> str:
    name = names.get(key, key)
    if name == key:
        return key
    return say("{name}（{key}）", name=name, key=key)


def _interrupting(element: Element, value: Any) -> str:
    if element.type == "startEvent" and not value:
        return say("继续")
    if element.type != "boundaryEvent":
        return ""
    if value:
        return say("中止")
    return say("继续")


def _said(
    name: str,
    value: Any,
    element: Element,
    profile: Jurisdiction,
) -> str:
    if name == "type":
        return kind_of(element)
    if name == "candidate_groups":
        return body_names(value or "", profile)
    if name == "due":
        return _deadline(value or "", profile)
    if name == "citations":
        return joined("、", [in_words(citation) for citation in value])
    if name == "event":
        return _event(element, profile)
    if name in PARTS:
        return _parts(value, PARTS[name])
    if name == "interrupting":
        return _interrupting(element, value)
    if isinstance(value, Mapping):
        return "、".join(
            f"{key}={entry}" for key, entry in sorted(value.items())
        )
    if isinstance(value, tuple):
        return "、".join(_pair(entry) for entry in value)
    if value is True:
        return say("是")
    return str(value or "")


def _pair(value: Any) -> str:
    """A mapping of a variable: (target, source), or with whether the source is an expression."""
    if isinstance(value, str):
        return value
    said = "=".join(str(part) for part in value[:2])
    if value[2:] == (True,):
        return say("{said}（表达式）", said=said)
    return said


def _event(element: Element, profile: Jurisdiction) -> str:
    said = joined(
        "；",
        [_one_event(event, profile) for event in element.events],
    )
    if len(element.events) < 2 or element.type in (
        "endEvent",
        "intermediateThrowEvent",
    ):
        return said
    if element.event and element.event.parallel:
        return say("全部发生：{said}", said=said)
    return say("任一发生：{said}", said=said)


def _one_event(event: Event, profile: Jurisdiction) -> str:
    said = [_EVENTS.get(event.kind, event.kind), event.reference or ""]
    if event.timer:
        form, text = event.timer
        said += [_TIMERS.get(form, ""), _deadline(text, profile)]
    for name, label in EVENT_PARTS.items():
        value = getattr(event, name)
        if isinstance(value, tuple):
            value = "、".join(_pair(entry) for entry in value)
        if value is True:
            said.append(label)
        elif value:
            said += [label, str(value)]
    return joined(" ", filter(None, said))


def _parts(value: Any, labels: Mapping[str, str]) -> str:
    """What is set of a value with attributes of its own."""
    if not value:
        return ""
    said = [
        _part(label, getattr(value, name)) for name, label in labels.items()
    ]
    return joined("，", filter(None, said))


def _part(label: str, value: Any) -> str:
    if value in (None, False, ""):
        return ""
    if value is True:
        return label
    if isinstance(value, Fraction):
        value = countersign.in_words(value)
    return joined(" ", [label, str(value)])


def body_names(groups: str, profile: Jurisdiction) -> str:
    if "{" not in groups:
        return "、".join(
            _onebody_names(part.strip(), profile) for part in groups.split(",")
        )
    return _onebody_names(groups, profile)


def _onebody_names(group: str, profile: Jurisdiction) -> str:
    if "{" not in group:
        return joined(
            "、",
            [_named(value, profile) for value in profile.spelled_out([group])],
        )
    return _named(group, profile)


def _named(group: str, profile: Jurisdiction) -> str:
    role, at, place = group.partition("@")
    known = profile.roles.get(role)
    if known:
        name = known.name
    else:
        name = profile.function_name(role)
    where = {**PLACES, **profile.levels.names}.get(place, "")
    if name and at:
        return f"{where}{name}"
    return _REFERENCES.get(group, group)


def _deadline(text: str, profile: Jurisdiction) -> str:
    return due_dates.label_of(profile, text)
