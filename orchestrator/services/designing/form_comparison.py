"""What differs between two states of a form, in an official's words: all of a field that is honoured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import forms
from orchestrator.sentences import joined, say

FIELD_FACTS: Mapping[str, str] = {
    "label": say("名称"),
    "type": say("种类"),
    "required": say("必填"),
    "options": say("选项"),
    "options_source": say("选项来源"),
    "questions_source": say("问题清单"),
    "multiple": say("可以多选"),
    "description": say("说明"),
    "citation": say("依据"),
    "hidden_when": say("隐藏条件"),
    "min_length": say("最少字数"),
    "max_length": say("最多字数"),
    "minimum": say("最小值"),
    "maximum": say("最大值"),
    "decimals": say("小数位数"),
    "increment": say("步长"),
    "pattern": say("格式"),
    "pattern_message": say("格式不对时的提示"),
    "kind": say("按什么检查"),
    "accept": say("文件种类"),
    "as_text": say("数字照原样保存"),
    "subtype": say("日期或时间"),
    "interval": say("时间间隔（分钟）"),
    "not_before": say("最早"),
    "not_after": say("最晚"),
    "later_than": say("晚于哪一天（变量）"),
    "before": say("前面的文字"),
    "after": say("单位"),
    "columns": say("宽度"),
    "approves": say("表示批准的选项"),
    "personal": say("个人信息"),
    "folded": say("短页收起"),
    "intake": say("登记页上的次序"),
    "filled_with": say("自动填入的字段"),
    "point": say("经纬度"),
    "drawing": say("在地图上画范围"),
    "proposed": say("按职责清单填入"),
    "suggestions": say("可选的提示"),
    "limit_of": say("自定哪一项时限"),
    "default": say("默认值"),
    "text": say("文字"),
    "rows": say("开始的行数"),
    "fixed_rows": say("行数固定"),
}
"""Attribute of a field → what an official calls it."""
FIELD_IRRELEVANT = frozenset({"key", "line", "components", "graded"})
"""What names the field, where it stands beside others, its own fields, which are compared one by one, and
what the profile says of it."""
FORM_FACTS: Mapping[str, str] = {
    "title": say("名称"),
    "rule": say("规则"),
    "batch": say("可以一起办几件"),
}
FORM_IRRELEVANT = frozenset(
    {"id", "fields", "sources", "set_aside", "ignored"}
)
"""What names the form, its fields, and what follows from them."""
_OPTION_VALUES = say("选项存的值")


def form_facts(form: forms.Form) -> Mapping[str, str]:
    """Label → value in words of everything about the form itself."""
    return {
        label: _said(getattr(form, name)) for name, label in FORM_FACTS.items()
    }


def field_facts(field: forms.Field) -> Mapping[str, str]:
    """Label → value in words, of everything about a field that is honoured."""
    facts = {
        label: _said(getattr(field, name))
        for name, label in FIELD_FACTS.items()
    }
    facts[FIELD_FACTS["options"]] = "、".join(
        option.label for option in field.options
    )
    facts[_OPTION_VALUES] = "、".join(
        str(option.value) for option in field.options
    )
    return facts


def compare_form(
    old: forms.Form, new: forms.Form
) -> Iterator[tuple[str, str]]:
    """(`added`, `removed` or `changed`, what differs) for the form and each of its fields."""
    title = new.title or old.title or new.id
    for part, then, now in _apart(form_facts(old), form_facts(new)):
        sentence = say(
            "表单“{title}”的{part}由“{then}”改为“{now}”",
            title=title,
            part=part,
            then=then,
            now=now,
        )
        yield "changed", sentence
    before = dict(_flat(old.fields))
    after = dict(_flat(new.fields))
    renamed = _renamed(before, after)
    for name in [value for value in before if value not in after]:
        if name not in renamed:
            yield "removed", _whole(title, say("不再填"), before[name], name)
    for name in [value for value in after if value not in before]:
        if name not in renamed.values():
            yield "added", _whole(title, say("新增"), after[name], name)
    for was, name in renamed.items():
        change = say("由“{then}”改为“{now}”", then=was, now=name)
        yield "changed", _part(title, after[name], name, say("字段名"), change)
    kept = {value: value for value in after if value in before}
    for was, name in (renamed | kept).items():
        facts = (field_facts(before[was]), field_facts(after[name]))
        for part, then, now in _apart(*facts):
            change = say("由“{then}”改为“{now}”", then=then, now=now)
            yield "changed", _part(title, before[was], was, part, change)


def _renamed(
    before: Mapping[str, forms.Field], after: Mapping[str, forms.Field]
) -> dict[str, str]:
    """Name of a field that is gone → that of the only new one of its kind and label."""
    gone = _by_label(before, after)
    came = _by_label(after, before)
    return {
        names[0]: came[called][0]
        for called, names in gone.items()
        if called[0] and len(names) == len(came.get(called, ())) == 1
    }


def _by_label(
    fields: Mapping[str, forms.Field], others: Mapping[str, forms.Field]
) -> dict[tuple[str, str], list[str]]:
    """(label, type) → names of the fields that the other form does not have."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, field in fields.items():
        if name not in others:
            names.setdefault((field.label, field.type), []).append(name)
    return names


def _part(
    title: str, field: forms.Field, name: str, part: str, change: str
) -> str:
    return say(
        "表单“{title}”的“{label}”：{part}{told}",
        title=title,
        label=_called(field, name),
        part=part,
        told=change,
    )


def _apart(
    old: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    for part in old:
        if old[part] != new[part]:
            nothing = say("无")
            yield part, old[part] or nothing, new[part] or nothing


def _whole(title: str, sentence: str, field: forms.Field, name: str) -> str:
    return say(
        "表单“{title}”{told}“{label}”",
        title=title,
        told=sentence,
        label=_called(field, name),
    )


def _called(field: forms.Field, name: str) -> str:
    return field.label or field.text[:20] or name


def _flat(
    fields: Sequence[forms.Field], around: str = ""
) -> Iterator[tuple[str, forms.Field]]:
    """(name, field) of every field, those of groups and lists included; what has no key is counted."""
    counted: dict[str, int] = {}
    for field in fields:
        name = field.key
        if not name:
            counted[field.type] = counted.get(field.type, 0) + 1
            name = f"{field.type} {counted[field.type]}"
        yield f"{around}{name}", field
        within = around
        if field.key or field.type != "group":
            within = f"{around}{name}."
        yield from _flat(field.components, within)


def _said(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return say("是")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return joined("、", [str(entry) for entry in value])
    if hasattr(value, "text"):
        return str(value.text)
    return str(value)
