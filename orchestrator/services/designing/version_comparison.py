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
from orchestrator.sentences import say
from orchestrator.services.bundles import Bundle
from orchestrator.services.execution import due_dates

_REFERENCES = {"${initiator_body}": say("发起机构"), "${lead_department}": say("牵头部门")}
_NAMES = {
    "userTask": say("人工任务"),
    "serviceTask": say("自动任务"),
    "callActivity": say("调用流程"),
    "startEvent": say("开始"),
    "endEvent": say("结束"),
    "boundaryEvent": say("时限或错误"),
    "intermediateCatchEvent": say("等待"),
    "exclusiveGateway": say("条件网关"),
    "parallelGateway": say("并行网关"),
    "inclusiveGateway": say("包容网关"),
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
        told = say("新增{called}{part}", called=_called(element), part=f"（{facts}）" if facts else "")
        yield Difference("added", element_id, told, element.type)
    for element_id in old.keys() - new.keys():
        yield Difference(
            "removed", element_id, say("删去{called}", called=_called(old[element_id])), old[element_id].type
        )
    for element_id in sorted(old.keys() & new.keys()):
        then, now = _facts(old[element_id], profile), _facts(new[element_id], profile)
        for label in then:
            if then[label] != now[label]:
                told = say(
                    "{called}的{label}由「{then}」改为「{now}」",
                    called=_called(old[element_id]),
                    label=label,
                    then=then[label] or say("无"),
                    now=now[label] or say("无"),
                )
                yield Difference("changed", element_id, told)


def _flows(before: Definition, after: Definition) -> Iterator[Difference]:
    old, new = before.flows, after.flows
    names = defaultdict(lambda: say("（没有连上）"), {**_element_names(before), **_element_names(after)})
    for flow_id in sorted(new.keys() - old.keys()):
        flow = new[flow_id]
        yield Difference(
            "added",
            flow_id,
            say(
                "新增流转：{source} → {target}{when}",
                source=names[flow.source],
                target=names[flow.target],
                when=_when(flow.condition),
            ),
        )
    for flow_id in sorted(old.keys() - new.keys()):
        flow = old[flow_id]
        yield Difference(
            "removed",
            flow_id,
            say(
                "删去流转：{source} → {target}{when}",
                source=names[flow.source],
                target=names[flow.target],
                when=_when(flow.condition),
            ),
        )
    for flow_id in sorted(old.keys() & new.keys()):
        then, now = old[flow_id], new[flow_id]
        way = f"{names[then.source]} → {names[then.target]}"
        if (then.source, then.target) != (now.source, now.target):
            yield Difference(
                "changed",
                flow_id,
                say(
                    "流转由「{way}」改为「{source} → {target}」",
                    way=way,
                    source=names[now.source],
                    target=names[now.target],
                ),
            )
        if (then.condition or "") != (now.condition or ""):
            told = say(
                "流转「{way}」的条件由「{condition}」改为「{after}」",
                way=way,
                condition=then.condition or say("无"),
                after=now.condition or say("无"),
            )
            yield Difference("changed", flow_id, told)


def _process(before: Definition, after: Definition, profile: Jurisdiction) -> Iterator[Difference]:
    if before.starter_groups != after.starter_groups:
        then, now = (_body(",".join(each.starter_groups), profile) for each in (before, after))
        yield Difference(
            "changed", after.key, say("可以发起的机构由「{then}」改为「{now}」", then=then, now=now)
        )
    for label, then, now in (
        (say("名称"), before.name, after.name),
        (say("事项标题"), before.title_template or "", after.title_template or ""),
        (say("编号前缀"), before.business_key_prefix or "", after.business_key_prefix or ""),
        (say("可以就哪些事项发起"), "、".join(before.about), "、".join(after.about)),
    ):
        if then != now:
            yield Difference(
                "changed",
                after.key,
                say(
                    "流程的{label}由「{then}」改为「{now}」",
                    label=label,
                    then=then or say("无"),
                    now=now or say("无"),
                ),
            )


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
            kind, told = ("removed", say("不再填")) if name in old else ("added", say("新增"))
            yield Difference(
                kind,
                steps[key],
                say("表单「{title}」{told}「{label}」", title=title, told=told, label=field.label or name),
            )
        for name in sorted(old.keys() & new.keys()):
            then, now = _asked(old[name]), _asked(new[name])
            for label in then:
                if then[label] != now[label]:
                    told = say(
                        "由「{then}」改为「{now}」",
                        then=then[label] or say("无"),
                        now=now[label] or say("无"),
                    )
                    yield Difference(
                        "changed",
                        steps[key],
                        say(
                            "表单「{title}」的「{label}」：{part}{told}",
                            title=title,
                            label=old[name].label or name,
                            part=label,
                            told=told,
                        ),
                    )


def _asked(field: forms.Field) -> Mapping[str, str]:
    return {
        "名称": field.label,
        "种类": field.type,
        "必填": say("是") if field.required else say("否"),
        "选项": "、".join(option.label for option in field.options) or field.options_source or "",
        "说明": field.description,
        "依据": field.citation,
        "隐藏条件": field.hidden_when.text if field.hidden_when else "",
        "限制": "、".join(
            f"{label} {value:g}"
            for label, value in (
                (say("最少字数"), field.min_length),
                (say("最多字数"), field.max_length),
                (say("最小值"), field.minimum),
                (say("最大值"), field.maximum),
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
            told = (
                say("由 {rows} 行改为 {after} 行", rows=rows[0], after=rows[1])
                if rows[0] != rows[1]
                else say("的内容有改动")
            )
            yield Difference("changed", element_id, say("决策表「{id}」{told}", id=now.id, told=told))


def _deadlines(before: Bundle, after: Bundle) -> Iterator[Difference]:
    old, new = before.jurisdiction.deadlines, after.jurisdiction.deadlines
    for name in sorted(old.keys() & new.keys()):
        then, now = (
            f"{each.amount} {UNITS[each.unit].removeprefix('个')}" for each in (old[name], new[name])
        )
        if then != now:
            yield Difference(
                "changed",
                after.definition.key,
                say("时限「{label}」由 {then}改为 {now}", label=new[name].label, then=then, now=now),
            )


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
IRRELEVANT = frozenset({"id", "process", "outgoing", "instant"})
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
    "percent": say("比例"),
    "votes": say("表决记入"),
    "result": say("结果记入"),
}
_AD_HOC = {"sequential": say("逐个办"), "condition": say("完成条件"), "cancels": say("完成时其余中止")}
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
        return "" if element.type != "boundaryEvent" else say("中止") if value else say("继续")
    if isinstance(value, Mapping):
        return "、".join(f"{key}={each}" for key, each in sorted(value.items()))
    if isinstance(value, tuple):
        return "、".join("=".join(str(part) for part in each[:2]) for each in value)
    return say("是") if value is True else str(value or "")


def _event(element: Element, profile: Jurisdiction) -> str:
    said = "；".join(_one_event(event, profile) for event in element.events)
    if len(element.events) < 2 or element.type in ("endEvent", "intermediateThrowEvent"):
        return said
    return f"{(say('全部发生') if element.event and element.event.parallel else say('任一发生'))}：{said}"


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
    return f"{_NAMES.get(element.type, '步骤')}「{element.name or say('未命名')}」"


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
    return say("（当 {condition}）", condition=condition) if condition else ""
