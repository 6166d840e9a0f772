"""What a draft changes, in an official's words: who does it, how long, with which form, on what ground, where
it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import forms
from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.domain.territory import PLACES
from orchestrator.engine import Definition, Element
from orchestrator.engine.model import Event
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import due_dates

_REFERENCES = {"${initiator_body}": "发起机构", "${lead_department}": "牵头部门"}
_NAMES = {
    "userTask": "人工任务",
    "serviceTask": "自动任务",
    "callActivity": "调用流程",
    "startEvent": "开始",
    "endEvent": "结束",
    "boundaryEvent": "时限或错误",
    "intermediateCatchEvent": "等待",
    "exclusiveGateway": "条件网关",
    "parallelGateway": "并行网关",
    "inclusiveGateway": "包容网关",
}


@dataclass(frozen=True, slots=True)
class Difference:
    kind: str
    """`added`, `removed` or `changed`."""
    element_id: str
    told: str
    type: str = ""
    """BPMN type of the element that was added or removed; empty where it is no element or only changed."""

    @property
    def adds_task(self) -> bool:
        """Whether it is a step for people that was not there before."""
        return self.kind == "added" and self.type == "userTask"


def compare(before: Bundle, after: Bundle) -> list[Difference]:
    """What differs between two versions of a procedure in anything that is honoured; positions and colours do
    not count."""
    return [
        *_steps(before.definition, after.definition, after.jurisdiction),
        *_flows(before.definition, after.definition),
        *_process(before.definition, after.definition, after.jurisdiction),
        *_forms(before, after),
        *_tables(before.definition, after.definition),
        *_deadlines(before, after),
    ]


def _steps(before: Definition, after: Definition, profile: Jurisdiction) -> Iterator[Difference]:
    old, new = before.elements, after.elements
    for element_id in new.keys() - old.keys():
        element = new[element_id]
        facts = "，".join(
            f"{label}：{value}"
            for label, value in _facts(element, profile).items()
            if value and label != FACTS["name"]
        )
        told = f"新增{_called(element)}{f'（{facts}）' if facts else ''}"
        yield Difference("added", element_id, told, element.type)
    for element_id in old.keys() - new.keys():
        yield Difference("removed", element_id, f"删去{_called(old[element_id])}", old[element_id].type)
    for element_id in sorted(old.keys() & new.keys()):
        then, now = _facts(old[element_id], profile), _facts(new[element_id], profile)
        for label in then:
            if then[label] != now[label]:
                told = (
                    f"{_called(old[element_id])}的{label}由「{then[label] or '无'}」"
                    f"改为「{now[label] or '无'}」"
                )
                yield Difference("changed", element_id, told)


def _flows(before: Definition, after: Definition) -> Iterator[Difference]:
    old, new = before.flows, after.flows
    names = defaultdict(lambda: "（没有连上）", {**_element_names(before), **_element_names(after)})
    for flow_id in sorted(new.keys() - old.keys()):
        flow = new[flow_id]
        yield Difference(
            "added", flow_id, f"新增流转：{names[flow.source]} → {names[flow.target]}{_when(flow.condition)}"
        )
    for flow_id in sorted(old.keys() - new.keys()):
        flow = old[flow_id]
        yield Difference(
            "removed",
            flow_id,
            f"删去流转：{names[flow.source]} → {names[flow.target]}{_when(flow.condition)}",
        )
    for flow_id in sorted(old.keys() & new.keys()):
        then, now = old[flow_id], new[flow_id]
        way = f"{names[then.source]} → {names[then.target]}"
        if (then.source, then.target) != (now.source, now.target):
            yield Difference(
                "changed", flow_id, f"流转由「{way}」改为「{names[now.source]} → {names[now.target]}」"
            )
        if (then.condition or "") != (now.condition or ""):
            told = f"流转「{way}」的条件由「{then.condition or '无'}」改为「{now.condition or '无'}」"
            yield Difference("changed", flow_id, told)


def _process(before: Definition, after: Definition, profile: Jurisdiction) -> Iterator[Difference]:
    if before.starter_groups != after.starter_groups:
        then, now = (_body(",".join(each.starter_groups), profile) for each in (before, after))
        yield Difference("changed", after.key, f"可以发起的机构由「{then}」改为「{now}」")
    for label, then, now in (
        ("名称", before.name, after.name),
        ("事项标题", before.title_template or "", after.title_template or ""),
        ("编号前缀", before.business_key_prefix or "", after.business_key_prefix or ""),
        ("可以就哪些事项发起", "、".join(before.about), "、".join(after.about)),
    ):
        if then != now:
            yield Difference("changed", after.key, f"流程的{label}由「{then or '无'}」改为「{now or '无'}」")


def _forms(before: Bundle, after: Bundle) -> Iterator[Difference]:
    """What is asked anew, no longer, or otherwise; at the first step that shows the form."""
    steps = {
        element.form_key: element.id for element in after.definition.elements.values() if element.form_key
    }
    for key in sorted(steps.keys() & before.forms.keys() & after.forms.keys()):
        old, new = ({field.key: field for field in each.forms[key].inputs()} for each in (before, after))
        title = after.forms[key].title or key
        for name in [*old.keys() - new.keys(), *new.keys() - old.keys()]:
            field = old.get(name) or new[name]
            kind, told = ("removed", "不再填") if name in old else ("added", "新增")
            yield Difference(kind, steps[key], f"表单「{title}」{told}「{field.label or name}」")
        for name in sorted(old.keys() & new.keys()):
            then, now = _asked(old[name]), _asked(new[name])
            for label in then:
                if then[label] != now[label]:
                    told = f"由「{then[label] or '无'}」改为「{now[label] or '无'}」"
                    yield Difference(
                        "changed",
                        steps[key],
                        f"表单「{title}」的「{old[name].label or name}」：{label}{told}",
                    )


def _asked(field: forms.Field) -> Mapping[str, str]:
    return {
        "名称": field.label,
        "种类": field.type,
        "必填": "是" if field.required else "否",
        "选项": "、".join(option.label for option in field.options) or field.options_source or "",
        "说明": field.description,
        "依据": field.citation,
        "隐藏条件": field.hidden_when.text if field.hidden_when else "",
        "限制": "、".join(
            f"{label} {value:g}"
            for label, value in (
                ("最少字数", field.min_length),
                ("最多字数", field.max_length),
                ("最小值", field.minimum),
                ("最大值", field.maximum),
            )
            if value is not None
        ),
    }


def _tables(before: Definition, after: Definition) -> Iterator[Difference]:
    old, new = before.tables, after.tables
    for element_id in sorted(old.keys() & new.keys()):
        then, now = old[element_id], new[element_id]
        if then.id == now.id and then != now:
            rows = (len(then.rules), len(now.rules))
            told = f"由 {rows[0]} 行改为 {rows[1]} 行" if rows[0] != rows[1] else "的内容有改动"
            yield Difference("changed", element_id, f"决策表「{now.id}」{told}")


def _deadlines(before: Bundle, after: Bundle) -> Iterator[Difference]:
    old, new = before.jurisdiction.deadlines, after.jurisdiction.deadlines
    for name in sorted(old.keys() & new.keys()):
        then, now = (
            f"{each.amount} {UNITS[each.unit].removeprefix('个')}" for each in (old[name], new[name])
        )
        if then != now:
            yield Difference("changed", after.definition.key, f"时限「{new[name].label}」由 {then}改为 {now}")


FACTS: Mapping[str, str] = {
    "name": "名称",
    "type": "类型",
    "candidate_groups": "办理机构",
    "candidate_users": "候选人员",
    "assignee": "指定办理人",
    "due": "时限",
    "follow_up": "跟进时间",
    "priority": "优先级",
    "form_key": "表单",
    "topic": "自动处理",
    "inputs": "输入",
    "outputs": "输出",
    "script": "赋值",
    "result_variable": "结果变量",
    "decision": "决策表",
    "decision_result": "结果取法",
    "called": "调用的流程",
    "called_apart": "变量与本流程分开",
    "call_inputs": "传入",
    "call_outputs": "传回",
    "event": "等待或触发",
    "attached_to": "附在哪个步骤上",
    "interrupting": "触发后原步骤",
    "default_flow": "默认流转",
    "multi": "多人办理",
    "countersign": "会签",
    "ad_hoc": "自选步骤",
    "transaction": "事务",
    "for_compensation": "补偿步骤",
    "handler": "由谁补偿",
    "event_subprocess": "事件子流程",
    "citations": "依据",
    "documentation": "说明",
    "properties": "其他设置",
    "lane": "泳道",
}
"""Attribute of an element → what an official calls it."""
IRRELEVANT = frozenset({"id", "process", "outgoing", "instant"})
"""Attributes that say nothing of their own: flows are compared one by one."""
_EVENTS = {
    "timer": "到期",
    "message": "消息",
    "signal": "信号",
    "error": "错误",
    "escalation": "升级",
    "link": "链接",
    "terminate": "终止",
    "conditional": "条件",
    "compensate": "补偿",
    "cancel": "取消",
}
_COUNTERSIGN = {
    "way": "方式",
    "vote": "表决项",
    "agree": "同意",
    "refuse": "不同意",
    "percent": "比例",
    "votes": "表决记入",
    "result": "结果记入",
}
_AD_HOC = {"sequential": "逐个办", "condition": "完成条件", "cancels": "完成时其余中止"}
_MULTI = {
    "sequential": "逐个办",
    "cardinality": "份数",
    "collection": "对象",
    "item": "每一项",
    "condition": "完成条件",
    "loop_condition": "循环条件",
    "loop_maximum": "最多次数",
    "test_before": "先判断",
    "is_loop": "循环",
    "output_collection": "汇总到",
    "output_item": "每项结果",
}

PARTS: Mapping[str, Mapping[str, str]] = {"multi": _MULTI, "countersign": _COUNTERSIGN, "ad_hoc": _AD_HOC}
"""Attribute whose value has attributes of its own → what an official calls each."""
EVENT_PARTS = (
    *("correlation", "topic", "payload", "code_variable", "message_variable", "message", "activity"),
    *("condition", "variable", "variable_events"),
)
"""Attributes of an event beside its kind, reference and timer, in the order in which they are said."""


def _facts(element: Element, profile: Jurisdiction) -> Mapping[str, str]:
    """Label → value in words, of everything about an element that is honoured."""
    return {label: _said(name, getattr(element, name), element, profile) for name, label in FACTS.items()}


def _said(name: str, value: Any, element: Element, profile: Jurisdiction) -> str:
    if name == "type":
        return _NAMES.get(element.type, element.type)
    if name == "candidate_groups":
        return _body(value or "", profile)
    if name == "due":
        return _deadline(value or "", profile)
    if name == "citations":
        return "、".join(in_words(each) for each in value)
    if name == "event":
        return _event(element, profile)
    if name in PARTS:
        return _parts(value, PARTS[name])
    if name == "interrupting":
        return "" if element.type != "boundaryEvent" else "中止" if value else "继续"
    if isinstance(value, Mapping):
        return "、".join(f"{key}={each}" for key, each in sorted(value.items()))
    if isinstance(value, tuple):
        return "、".join("=".join(str(part) for part in each[:2]) for each in value)
    return "是" if value is True else str(value or "")


def _event(element: Element, profile: Jurisdiction) -> str:
    said = "；".join(_one_event(event, profile) for event in element.events)
    if len(element.events) < 2 or element.type in ("endEvent", "intermediateThrowEvent"):
        return said
    return f"{'全部发生' if element.event and element.event.parallel else '任一发生'}：{said}"


def _one_event(event: Event, profile: Jurisdiction) -> str:
    timer = _deadline(event.timer[1], profile) if event.timer else ""
    said = [_EVENTS.get(event.kind, event.kind), event.reference or "", timer]
    for name in EVENT_PARTS:
        value = getattr(event, name)
        if isinstance(value, tuple):
            said += [
                each if isinstance(each, str) else "=".join(str(part) for part in each[:2]) for each in value
            ]
        elif value is not None:
            said.append(str(value))
    return " ".join(filter(None, said))


def _parts(value: Any, labels: Mapping[str, str]) -> str:
    """What is set of a value with attributes of its own."""
    given = [(label, getattr(value, name)) for name, label in labels.items()] if value else []
    return "，".join(
        label if part is True else f"{label} {part}" for label, part in given if part not in (None, False, "")
    )


def _called(element: Element) -> str:
    return f"{_NAMES.get(element.type, '步骤')}「{element.name or '未命名'}」"


def _body(groups: str, profile: Jurisdiction) -> str:
    return (
        "、".join(_one_body(each.strip(), profile) for each in groups.split(","))
        if "{" not in groups
        else _one_body(groups, profile)
    )


def _one_body(group: str, profile: Jurisdiction) -> str:
    if "{" not in group:
        return "、".join(_named(each, profile) for each in profile.spelled_out([group]))
    return _named(group, profile)


def _named(group: str, profile: Jurisdiction) -> str:
    role, at, place = group.partition("@")
    known = profile.roles.get(role)
    name = known.name if known else profile.function_name(role)
    where = {**PLACES, **profile.levels.names}.get(place, "")
    return f"{where}{name}" if name and at else _REFERENCES.get(group, group)


def _deadline(text: str, profile: Jurisdiction) -> str:
    return due_dates.label_of(profile, text)


def _element_names(definition: Definition) -> dict[str, str]:
    return {
        element_id: element.name or _NAMES.get(element.type, "未命名")
        for element_id, element in definition.elements.items()
    }


def _when(condition: str | None) -> str:
    return f"（当 {condition}）" if condition else ""
