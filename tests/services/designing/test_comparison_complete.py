"""Every attribute that is honoured is told when it changes: of flows, processes, forms, tables and profile. A
new attribute without a word for it fails here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import forms
from forms.conditions import parse
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine.countersign import Countersign
from orchestrator.engine.decision_tables import DecisionTable, Output, Rule
from orchestrator.engine.model import (
    AdHoc,
    Element,
    Event,
    Flow,
    MultiInstance,
    Process,
)
from orchestrator.services.bundles import assemble
from orchestrator.services.designing import (
    element_facts,
    form_comparison,
    profile_words,
    table_comparison,
)
from orchestrator.services.designing.profile_comparison import (
    compare_profiles,
)
from orchestrator.services.designing.version_comparison import (
    FLOW_IRRELEVANT,
    PROCESS_IRRELEVANT,
    compare,
)
from orchestrator.services.jurisdictions import resources

WHOLE = (
    "tuple[CodeSegment",
    "tuple[Wording",
    "tuple[DatedLimit",
    "tuple[ClassLimit",
)
"""Kinds of values that are told as a whole."""
CITIES = sorted(
    folder.parent
    for folder in (Path(__file__).parents[3] / "bpmn").glob(
        "*/jurisdiction.toml"
    )
)
CITY = next(each for each in CITIES if each.name == "zhenjiang")


@pytest.fixture(scope="module")
def bundle():
    return assemble(resources(CITY), "item_admission")


def another(value: Any, kind: str) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool) or kind == "bool":
        return not value
    if isinstance(value, int) or kind.startswith("int"):
        return (value or 0) + 7
    if kind.startswith("float"):
        return 7.0
    if kind.startswith("Decimal"):
        return Decimal("0.5")
    if isinstance(value, str) or kind.startswith("str"):
        return f"{value or ''}7"
    if isinstance(value, date) or kind.startswith("date"):
        return date(2031, 7, 7)
    if kind.startswith("Condition"):
        return parse('decision = "reject"')
    if kind.startswith("frozenset"):
        return frozenset({"seven"})
    if kind.startswith("tuple[Option"):
        return (forms.Option("seven", "七"),)
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        return value[:-1] or (*value, *value)
    if kind.startswith("tuple[tuple[time"):
        return ((time(7), time(8)),)
    if kind.startswith("tuple[Output"):
        return (Output("seven"),)
    if kind.startswith("tuple"):
        return (*value, "seven")
    if isinstance(value, Mapping):
        return dict(list(value.items())[1:])
    return "seven"


def kinds(of: type) -> dict[str, str]:
    return {each.name: str(each.type) for each in fields(of)}


@pytest.mark.parametrize(
    "name",
    sorted(kinds(forms.Field).keys() - form_comparison.FIELD_IRRELEVANT),
)
def test_a_changed_field_of_a_form_is_told(name: str) -> None:
    field = forms.Field("textfield", "amount", "金额")
    value = another(getattr(field, name), kinds(forms.Field)[name])
    if name == "type":
        value = "number"
    pair = [
        forms.Form("sheet", (each,), "申请表")
        for each in (field, replace(field, **{name: value}))
    ]
    told = list(form_comparison.compare_form(*pair))
    label = form_comparison.FIELD_FACTS[name]
    assert any(label in each for _kind, each in told), told


def test_the_form_itself_its_lists_and_its_texts_are_told() -> None:
    row = forms.Field("textfield", "note", "备注")
    listed = forms.Field("dynamiclist", "rows", "明细", components=(row,))
    words = forms.Field("text", "", text="请如实填写")
    before = forms.Form("sheet", (listed, words), "申请表")
    for name in kinds(forms.Form).keys() - form_comparison.FORM_IRRELEVANT:
        value = another(getattr(before, name), kinds(forms.Form)[name])
        changed = replace(before, **{name: value})
        assert list(form_comparison.compare_form(before, changed)), name
    deeper = replace(listed, components=(replace(row, required=True),))
    for after in ((deeper, words), (listed, replace(words, text="七"))):
        changed = replace(before, fields=after)
        assert list(form_comparison.compare_form(before, changed))
    # A field that is only called otherwise by conditions neither went nor came.
    renamed = replace(listed, components=(replace(row, key="remark"),))
    pair = before, replace(before, fields=(renamed, words))
    ((kind, told),) = form_comparison.compare_form(*pair)
    assert (kind, told) == (
        "changed",
        "表单“申请表”的“备注”：字段名由“rows.note”改为“rows.remark”",
    )


def test_every_part_of_a_table_is_told() -> None:
    rule = Rule(1, ("> 7",), ('"高"',))
    table = DecisionTable("level", "FIRST", None, ("amount",), ("x",), (rule,))
    for name in (
        kinds(DecisionTable).keys() - table_comparison.TABLE_IRRELEVANT
    ):
        value = another(getattr(table, name), kinds(DecisionTable)[name])
        told = list(
            table_comparison.compare_table(
                table, replace(table, **{name: value})
            )
        )
        assert any(
            table_comparison.TABLE_FACTS[name] in each for each in told
        ), name
    other = replace(table, rules=(replace(rule, tests=("> 8",)),))
    assert "> 8" in "".join(table_comparison.compare_table(table, other))
    around = [replace(table, before=(each,)) for each in (table, other)]
    assert "> 8" in "".join(table_comparison.compare_table(*around))


def test_every_part_of_a_profile_is_told() -> None:
    said: set[tuple[str, str]] = set()
    for city in CITIES:
        profile = assemble(resources(city), "item_admission").jurisdiction
        for part in kinds(Jurisdiction).keys() - {"key"}:
            value = getattr(profile, part)
            for place, changed in _changes(value):
                other = replace(profile, **{part: changed})
                if other == profile:
                    continue
                assert compare_profiles(profile, other), (part, place)
                said.add((part, place))
    assert len(said) > 60


def test_what_a_grid_needs_is_told_without_keys() -> None:
    profile = assemble(resources(CITY), "item_admission").jurisdiction
    staffing = {"urban": "full_time", "rural": "any", "dedicated": "none"}
    told = profile_words.said("staffing", staffing, profile)
    assert told == "城市＝专职至少一名、农村＝至少一名、专属网格＝不要求"
    assert profile_words.said("employment", "part_time", profile) == "兼职"


STEPS = {
    "task": Element("a", "审核", "userTask", "p"),
    "boundary": Element(
        "a", "逾期", "boundaryEvent", "p", event=Event("timer")
    ),
    "start": Element("a", "开始", "startEvent", "p", event=Event("message")),
    "several": Element(
        "a",
        "等待",
        "intermediateCatchEvent",
        "p",
        event=Event("multiple", parts=(Event("timer"), Event("message"))),
    ),
}
OTHERS: dict[str, Any] = {
    "type": "serviceTask",
    "event": Event("signal"),
    "multi": MultiInstance(cardinality="3"),
    "countersign": Countersign("all", "a", "b", "c", None, "d", "e"),
    "ad_hoc": AdHoc(),
    "properties": {"seven": "七"},
    "citations": ("7",),
    "due": "7工作日",
    "timer": ("timeDuration", "7小时"),
    "call_inputs": (("a", "b", False),),
    "call_outputs": (("a", "b", False),),
    "payload": (("a", "b", False),),
    "inputs": (("a", "b"),),
    "outputs": (("a", "b"),),
    "variable_events": ("create",),
    "loop_maximum": 7,
    "share": Fraction(7, 10),
}
"""Attribute of a step or of what lies in it → another value than it has."""


def changed_ways(of: Any, ignored: frozenset[str]) -> list[tuple[str, Any]]:
    """(attribute, the value with that attribute changed), each in turn."""
    found = []
    for name, kind in kinds(type(of)).items():
        if name in ignored:
            continue
        if name in OTHERS:
            value = OTHERS[name]
        else:
            value = another(getattr(of, name), kind)
        found.append((name, replace(of, **{name: value})))
    return found


def test_every_attribute_of_a_step_is_told(bundle) -> None:
    profile = bundle.jurisdiction
    task = STEPS["task"]
    for name, changed in changed_ways(task, element_facts.IRRELEVANT):
        if name == "interrupting":
            continue
        then = element_facts.facts(task, profile)
        now = element_facts.facts(changed, profile)
        label = element_facts.FACTS[name]
        assert then[label] != now[label], name
    for name in ("boundary", "start"):
        quiet = replace(STEPS[name], interrupting=False)
        assert_told(STEPS[name], quiet, profile)
    for attribute in ("call_inputs", "call_outputs"):
        plain, computed = (
            replace(task, **{attribute: (("a", "b", expression),)})
            for expression in (False, True)
        )
        assert_told(plain, computed, profile)


def assert_told(then: Element, now: Element, profile: Jurisdiction) -> None:
    before = element_facts.facts(then, profile)
    assert before != element_facts.facts(now, profile), now


def test_every_attribute_of_an_event_is_told(bundle) -> None:
    profile = bundle.jurisdiction
    step = STEPS["boundary"]
    timers = [
        replace(step, event=Event("timer", timer=(form, "R/P1D")))
        for form in ("timeDuration", "timeDate", "timeCycle")
    ]
    assert_told(timers[0], timers[1], profile)
    assert_told(timers[1], timers[2], profile)
    ignored = frozenset({"parts", "parallel"})
    for _name, event in changed_ways(Event("timer"), ignored):
        assert_told(step, replace(step, event=event), profile)
    # Two variables that change places are two settings.
    code = replace(step, event=Event("error", code_variable="x"))
    message = replace(step, event=Event("error", message_variable="x"))
    assert_told(code, message, profile)
    several = STEPS["several"]
    assert several.event is not None
    together = replace(several.event, parallel=True)
    fewer = replace(several.event, parts=several.event.parts[:1])
    for event in (together, fewer):
        assert_told(several, replace(several, event=event), profile)


@pytest.mark.parametrize("part", ["multi", "countersign", "ad_hoc"])
def test_every_attribute_of_how_several_act_is_told(bundle, part: str) -> None:
    profile = bundle.jurisdiction
    value = OTHERS[part]
    step = replace(STEPS["task"], **{part: value})
    assert kinds(type(value)).keys() == element_facts.PARTS[part].keys()
    for _name, changed in changed_ways(value, frozenset()):
        assert_told(step, replace(step, **{part: changed}), profile)


def _changes(value: Any) -> list[tuple[str, Any]]:
    """(what, the value with that changed): as a whole, and each attribute of what lies in it."""
    if is_dataclass(value):
        of = type(value).__name__
        named = profile_words.IRRELEVANT.get(of, frozenset())
        assert kinds(type(value)).keys() - named == (
            profile_words.ATTRIBUTES[of].keys()
        ), of
        found = []
        for name, kind in kinds(type(value)).items():
            if name not in named:
                found += [
                    (f"{name}.{place}", replace(value, **{name: changed}))
                    for place, changed in _below(getattr(value, name), kind)
                ]
        return found
    if isinstance(value, Mapping) and value:
        key, first = next(iter(value.items()))
        inner = [
            (place, {**value, key: changed})
            for place, changed in (
                _changes(first) if is_dataclass(first) else []
            )
        ]
        return [("one less", another(value, "")), *inner]
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        if type(value[0]).__name__ not in profile_words.ATTRIBUTES:
            # Rows without a name are told as a whole.
            return [("one less", value[1:])]
        inner = [
            (place, (changed, *value[1:]))
            for place, changed in _changes(value[0])
        ]
        return [("one less", value[1:]), *inner]
    return [("other", another(value, ""))]


def _below(value: Any, kind: str) -> list[tuple[str, Any]]:
    if kind.startswith(WHOLE):
        return [("other", value[1:] or value)]
    deeper = isinstance(value, tuple) and value and is_dataclass(value[0])
    if deeper or is_dataclass(value):
        return _changes(value)
    return [("other", another(value, kind))]


def test_every_part_of_a_process_and_a_flow_is_told(bundle) -> None:
    definition = bundle.definition
    process = definition.process
    scope = process.scopes[process.id]
    flow = next(each for each in scope.flows if each.condition)
    changed: list[Process] = []
    for name in kinds(Process).keys() - PROCESS_IRRELEVANT:
        value = another(getattr(process, name), kinds(Process)[name])
        if name == "properties":
            value = {**process.properties, "seven": "七"}
        changed.append(replace(process, **{name: value}))
    for name in kinds(Flow).keys() - FLOW_IRRELEVANT:
        other = replace(flow, **{name: another(getattr(flow, name), "str")})
        if name in ("source", "target"):
            other = replace(flow, **{name: definition.plain_start.id})
        flows = tuple(other if each is flow else each for each in scope.flows)
        scopes = {**process.scopes, process.id: replace(scope, flows=flows)}
        changed.append(replace(process, scopes=scopes))
    for each in changed:
        other = replace(
            definition,
            process=each,
            processes={**definition.processes, process.id: each},
        )
        assert compare(bundle, replace(bundle, definition=other))


def test_what_a_call_brings_along_is_told_in_one_line(bundle) -> None:
    whole = bundle.definition
    alone = {whole.key: whole.process}
    called = [key for key in whole.processes if key != whole.key]
    without = replace(bundle, definition=replace(whole, processes=alone))
    added = compare(without, bundle)
    removed = compare(bundle, without)
    assert len(added) == len(removed) == len(called) == 1
    assert "“公布”随之加入，有 " in added[0].told
    assert (added[0].kind, added[0].element_id) == ("added", "publish_list")
    assert "不再调用流程“公布”" in removed[0].told
    assert removed[0].kind == "removed"
