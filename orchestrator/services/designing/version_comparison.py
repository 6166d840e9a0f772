"""What a draft changes, in an official's words: who does it, how long, with which form, on what ground, where
it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Definition, Element
from orchestrator.engine.model import Process
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing.condition_words import ConditionWords
from orchestrator.services.designing.element_facts import (
    FACTS,
    body_names,
    facts,
)
from orchestrator.services.designing.element_kinds import (
    called,
    element_names,
)
from orchestrator.services.designing.form_comparison import compare_form
from orchestrator.services.designing.profile_comparison import compare_profiles
from orchestrator.services.designing.table_comparison import compare_table

PROCESS_IRRELEVANT = frozenset({"id", "scopes", "resource", "declares_data"})
"""What names a process and its file, its drawing, which is compared element by element, and what the checks
alone ask."""
_IN_DRAWING = frozenset({FACTS["attached_to"], FACTS["default_flow"]})
_REFERRING = _IN_DRAWING | {
    FACTS["form_key"],
    FACTS["decision"],
    FACTS["called"],
}
"""Attributes whose value is the id of something that has a name."""
FLOW_IRRELEVANT = frozenset({"id"})
_PROPERTIES = {
    "title": say("事项标题"),
    "businessKeyPrefix": say("编号前缀"),
    "about": say("可以就哪些事项发起"),
    "about-optional": say("可以不就别的事项发起"),
    "placeLevel": say("事项所在的层级"),
}
"""Property of a process → what an official calls it; others are called as they are written."""
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
        *_steps(before, after),
        *_called(before.definition, after.definition),
        *_flows(before, after),
        *_process(before.definition, after.definition, after.jurisdiction),
        *_forms(before, after),
        *_tables(before.definition, after.definition),
        *_profile(before, after),
    ]


def _steps(before: Bundle, after: Bundle) -> Iterator[Difference]:
    old = before.definition.elements
    new = after.definition.elements
    profile = after.jurisdiction
    names_before = _names(before)
    names_after = _names(after)
    comes_with = _only_in(after.definition, before.definition)
    goes_with = _only_in(before.definition, after.definition)
    known_before = ConditionWords(before).labels
    known_after = ConditionWords(after).labels
    appeared = new.keys() - old.keys() - comes_with
    for element_id in filter(appeared.__contains__, new):
        element = new[element_id]
        yield Difference(
            "added",
            element_id,
            _added(element, profile, names_after, known_after),
            element.type,
        )
    gone = old.keys() - new.keys() - goes_with
    for element_id in filter(gone.__contains__, old):
        yield Difference(
            "removed",
            element_id,
            say("删去{called}", called=called(old[element_id])),
            old[element_id].type,
        )
    for element_id in sorted(old.keys() & new.keys()):
        then = facts(old[element_id], profile, known_before)
        now = facts(new[element_id], profile, known_after)
        for label in then:
            if then[label] != now[label]:
                sentence = say(
                    "{called}的{label}由“{then}”改为“{now}”",
                    called=called(old[element_id]),
                    label=label,
                    then=_said(label, then[label], names_before) or say("无"),
                    now=_said(label, now[label], names_after) or say("无"),
                )
                yield Difference("changed", element_id, sentence)


def _only_in(one: Definition, other: Definition) -> set[str]:
    """Ids of what stands in processes that `one` calls and `other` does not: they come and go with the
    call."""
    return {
        element_id
        for key, process in one.processes.items()
        if key not in other.processes and key != one.key
        for element_id in process.elements
    }


def _called(before: Definition, after: Definition) -> Iterator[Difference]:
    """The processes that are called anew or no longer, each in one line."""
    for kind, one, other in (
        ("added", after, before),
        ("removed", before, after),
    ):
        for key in sorted(one.processes.keys() - other.processes.keys()):
            if key == one.key:
                continue
            process = one.processes[key]
            steps = [
                element
                for element in process.elements.values()
                if element.type.endswith("Task")
            ]
            name = process.name or key
            count = len(steps)
            told = say(
                "不再调用流程“{name}”，其中有 {count} 步",
                name=name,
                count=count,
            )
            if kind == "added":
                told = say(
                    "调用的流程“{name}”随之加入，有 {count} 步",
                    name=name,
                    count=count,
                )
            people = any(step.type == "userTask" for step in steps)
            callers = (
                element.id
                for element in one.elements.values()
                if element.called == key
            )
            yield Difference(
                kind,
                next(callers, key),
                told,
                "userTask" if people else "",
            )


def _names(bundle: Bundle) -> Mapping[str, str]:
    """What an official calls what an element refers to: a step, a flow, a form, a table, a called
    procedure."""
    definition = bundle.definition
    steps = element_names(definition)
    flows = {
        flow.id: flow.name or say("→ {name}", name=steps.get(flow.target, ""))
        for flow in definition.flows.values()
    }
    titled = {
        key: form.title for key, form in bundle.forms.items() if form.title
    }
    tables = {table.id: table.name for table in definition.tables.values()}
    processes = {
        key: process.name for key, process in definition.processes.items()
    }
    return {**processes, **tables, **titled, **flows, **steps}


def _said(label: str, value: str, names: Mapping[str, str]) -> str:
    """The value, with the name of what it refers to before its id."""
    name = names.get(value, "")
    if label not in _REFERRING or not name:
        return value
    if label in _IN_DRAWING:
        return name
    return say("{name}（{id}）", name=name, id=value)


def _added(
    element: Element,
    profile: Jurisdiction,
    names: Mapping[str, str],
    variables: Mapping[str, str],
) -> str:
    said = [
        say(
            "{label}：{value}",
            label=label,
            value=_said(label, value, names),
        )
        for label, value in facts(element, profile, variables).items()
        if value and label != FACTS["name"]
    ]
    if not said:
        return say("新增{called}", called=called(element))
    return say(
        "新增{called}（{facts}）",
        called=called(element),
        facts=joined("，", said),
    )


def _flows(former: Bundle, present: Bundle) -> Iterator[Difference]:
    before = former.definition
    after = present.definition
    words_before = ConditionWords(former)
    words_after = ConditionWords(present)
    old = before.flows
    new = after.flows
    names = defaultdict(
        lambda: say("（没有连上）"),
        {**element_names(before), **element_names(after)},
    )
    comes_with = _only_in(after, before)
    goes_with = _only_in(before, after)
    for flow_id in sorted(new.keys() - old.keys()):
        flow = new[flow_id]
        if flow.source in comes_with:
            continue
        yield Difference(
            "added",
            flow_id,
            say(
                "新增流转：{source} → {target}{when}",
                source=names[flow.source],
                target=names[flow.target],
                when=_when(words_after.told(flow.condition)),
            ),
        )
    for flow_id in sorted(old.keys() - new.keys()):
        flow = old[flow_id]
        if flow.source in goes_with:
            continue
        yield Difference(
            "removed",
            flow_id,
            say(
                "删去流转：{source} → {target}{when}",
                source=names[flow.source],
                target=names[flow.target],
                when=_when(words_before.told(flow.condition)),
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
                    "流转由“{way}”改为“{source} → {target}”",
                    way=way,
                    source=names[now.source],
                    target=names[now.target],
                ),
            )
        if then.name != now.name:
            sentence = say(
                "流转“{way}”的名称由“{then}”改为“{now}”",
                way=way,
                then=then.name or say("无"),
                now=now.name or say("无"),
            )
            yield Difference("changed", flow_id, sentence)
        if (then.condition or "") != (now.condition or ""):
            said = words_before.told(then.condition)
            says = words_after.told(now.condition)
            if said == says:
                # Words of the same meaning: only the writing tells them apart.
                said = then.condition or ""
                says = now.condition or ""
            sentence = say(
                "流转“{way}”的条件原为：{condition}；改为：{after}",
                way=way,
                condition=said or say("无"),
                after=says or say("无"),
            )
            yield Difference("changed", flow_id, sentence)


def _process(
    before: Definition,
    after: Definition,
    profile: Jurisdiction,
) -> Iterator[Difference]:
    if before.starter_groups != after.starter_groups:
        then, now = (
            body_names(",".join(definition.starter_groups), profile)
            for definition in (before, after)
        )
        yield Difference(
            "changed",
            after.key,
            say("可以发起的机构由“{then}”改为“{now}”", then=then, now=now),
        )
    for key in sorted(before.processes.keys() & after.processes.keys()):
        old = _process_facts(before.processes[key])
        new = _process_facts(after.processes[key])
        for label in dict.fromkeys((*old, *new)):
            if old.get(label, "") == new.get(label, ""):
                continue
            sentence = say(
                "流程的{label}由“{then}”改为“{now}”",
                label=label,
                then=old.get(label) or say("无"),
                now=new.get(label) or say("无"),
            )
            if key != after.key:
                sentence = say(
                    "{name}：{told}",
                    name=after.processes[key].name or key,
                    told=sentence,
                )
            yield Difference("changed", after.key, sentence)


def _process_facts(process: Process) -> dict[str, str]:
    """Label → value in words, of everything about a process but its drawing and who may start it."""
    return {
        say("名称"): process.name,
        say("说明"): process.documentation,
        say("可以执行"): say("是") if process.executable else say("否"),
        **{
            _PROPERTIES.get(name, name): value
            for name, value in process.properties.items()
        },
    }


def _forms(before: Bundle, after: Bundle) -> Iterator[Difference]:
    """What is asked anew, no longer, or otherwise; at the first step that shows the form."""
    steps = {
        element.form_key: element.id
        for element in after.definition.elements.values()
        if element.form_key
    }
    for key in sorted(steps.keys() & before.forms.keys() & after.forms.keys()):
        for kind, sentence in compare_form(
            before.forms[key], after.forms[key]
        ):
            yield Difference(kind, steps[key], sentence)


def _tables(before: Definition, after: Definition) -> Iterator[Difference]:
    old = before.tables
    new = after.tables
    for element_id in sorted(old.keys() & new.keys()):
        if old[element_id].id != new[element_id].id:
            continue
        for sentence in compare_table(old[element_id], new[element_id]):
            yield Difference("changed", element_id, sentence)


def _profile(before: Bundle, after: Bundle) -> Iterator[Difference]:
    for profile in compare_profiles(before.jurisdiction, after.jurisdiction):
        yield Difference(
            profile.kind,
            after.definition.key,
            profile.told,
            PROFILE_PART,
        )


def _when(condition: str | None) -> str:
    if condition:
        return say("（当 {condition}）", condition=condition)
    return ""
