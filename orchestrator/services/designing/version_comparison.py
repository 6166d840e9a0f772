"""What a draft changes, in an official's words: who does it, how long, with which form, on what ground, where
it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import forms
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Definition, Element
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing.element_facts import (
    FACTS,
    body_names,
    called,
    element_names,
    facts,
)
from orchestrator.services.designing.profile_comparison import compare_profiles

PROFILE_PART = "profile"
"""Type of a difference that lies in the profile, not in the procedure."""


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
        *_profile(before, after),
    ]


def _steps(
    before: Definition,
    after: Definition,
    profile: Jurisdiction,
) -> Iterator[Difference]:
    old = before.elements
    new = after.elements
    for element_id in new.keys() - old.keys():
        element = new[element_id]
        yield Difference(
            "added",
            element_id,
            _added(element, profile),
            element.type,
        )
    for element_id in old.keys() - new.keys():
        yield Difference(
            "removed",
            element_id,
            say("删去{called}", called=called(old[element_id])),
            old[element_id].type,
        )
    for element_id in sorted(old.keys() & new.keys()):
        then = facts(old[element_id], profile)
        now = facts(new[element_id], profile)
        for label in then:
            if then[label] != now[label]:
                told = say(
                    "{called}的{label}由「{then}」改为「{now}」",
                    called=called(old[element_id]),
                    label=label,
                    then=then[label] or say("无"),
                    now=now[label] or say("无"),
                )
                yield Difference("changed", element_id, told)


def _added(element: Element, profile: Jurisdiction) -> str:
    said = [
        say("{label}：{value}", label=label, value=value)
        for label, value in facts(element, profile).items()
        if value and label != FACTS["name"]
    ]
    if not said:
        return say("新增{called}", called=called(element))
    return say(
        "新增{called}（{facts}）",
        called=called(element),
        facts=joined("，", said),
    )


def _flows(before: Definition, after: Definition) -> Iterator[Difference]:
    old = before.flows
    new = after.flows
    names = defaultdict(
        lambda: say("（没有连上）"),
        {**element_names(before), **element_names(after)},
    )
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
        then = old[flow_id]
        now = new[flow_id]
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


def _process(
    before: Definition,
    after: Definition,
    profile: Jurisdiction,
) -> Iterator[Difference]:
    if before.starter_groups != after.starter_groups:
        then, now = (
            body_names(",".join(each.starter_groups), profile)
            for each in (before, after)
        )
        yield Difference(
            "changed",
            after.key,
            say("可以发起的机构由「{then}」改为「{now}」", then=then, now=now),
        )
    for label, then, now in (
        (say("名称"), before.name, after.name),
        (
            say("事项标题"),
            before.title_template or "",
            after.title_template or "",
        ),
        (
            say("编号前缀"),
            before.business_key_prefix or "",
            after.business_key_prefix or "",
        ),
        (
            say("可以就哪些事项发起"),
            "、".join(before.about),
            "、".join(after.about),
        ),
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
        element.form_key: element.id
        for element in after.definition.elements.values()
        if element.form_key
    }
    for key in sorted(steps.keys() & before.forms.keys() & after.forms.keys()):
        old, new = (
            {field.key: field for field in each.forms[key].inputs()}
            for each in (before, after)
        )
        title = after.forms[key].title or key
        for name in [*old.keys() - new.keys(), *new.keys() - old.keys()]:
            field = old.get(name) or new[name]
            if name in old:
                kind = "removed"
                told = say("不再填")
            else:
                kind = "added"
                told = say("新增")
            yield Difference(
                kind,
                steps[key],
                say(
                    "表单「{title}」{told}「{label}」",
                    title=title,
                    told=told,
                    label=field.label or name,
                ),
            )
        for name in sorted(old.keys() & new.keys()):
            then = _asked(old[name])
            now = _asked(new[name])
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
        say("名称"): field.label,
        say("种类"): field.type,
        say("必填"): say("是") if field.required else say("否"),
        say("选项"): "、".join(option.label for option in field.options)
        or field.options_source
        or "",
        say("说明"): field.description,
        say("依据"): field.citation,
        say("隐藏条件"): field.hidden_when.text if field.hidden_when else "",
        say("限制"): "、".join(
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
    old = before.tables
    new = after.tables
    for element_id in sorted(old.keys() & new.keys()):
        then = old[element_id]
        now = new[element_id]
        if then.id == now.id and then != now:
            rows = (len(then.rules), len(now.rules))
            if rows[0] != rows[1]:
                told = say(
                    "由 {rows} 行改为 {after} 行",
                    rows=rows[0],
                    after=rows[1],
                )
            else:
                told = say("的内容有改动")
            yield Difference(
                "changed",
                element_id,
                say("决策表「{id}」{told}", id=now.id, told=told),
            )


def _profile(before: Bundle, after: Bundle) -> Iterator[Difference]:
    for each in compare_profiles(before.jurisdiction, after.jurisdiction):
        yield Difference(
            each.kind,
            after.definition.key,
            each.told,
            PROFILE_PART,
        )


def _when(condition: str | None) -> str:
    if condition:
        return say("（当 {condition}）", condition=condition)
    return ""
