"""A scenario's words to a form's values: a field by its label or key, a choice by its label or value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import forms
from forms import Field, Option
from forms.definition import inputs
from orchestrator.engine import Definition, Element
from orchestrator.sentences import say
from orchestrator.services.simulation.scenario_people import Unknown

_PARTS = re.compile("[：（）()· ]")
QUOTES = (
    ("\N{LEFT CORNER BRACKET}", "\N{RIGHT CORNER BRACKET}"),
    ("“", "”"),
)
"""What stands around a name in a sentence: formerly, and today (GB/T 15834-2011)."""
_FORMER_WORDS = (
    ("案件", "事件"),
    ("立案", "登记"),
    ("结案", "办结"),
    ("负面清单", "禁入清单"),
    ("批示意见", "意见说明"),
    ("收悉备案", "备案登记"),
    ("拒绝清单外任务", "清单外事项拒办"),
    ("县级分流逾期", "区（市）分流逾期"),
)
"""What names and sentences said before → what they say since: scenarios that cities wrote before go on to
play."""

_FORMER_NAMES = {
    "审批意见": ("核准意见", "审核意见"),
    "批准": ("核准", "同意"),
    "不批准": ("不予核准", "不同意"),
    "审核意见": ("核准意见",),
    "同意": ("核准",),
    "不同意": ("不予核准",),
}
"""What a decision was called → what it is called since in one city or another, by the word of its text."""


def readings(name: str) -> tuple[str, ...]:
    """The name as a scenario writes it, then with today's marks, and with today's words in place of former
    ones."""
    quoted = name
    for former, mark in zip(*QUOTES, strict=True):
        quoted = quoted.replace(former, mark)
    today = quoted
    for former, word in _FORMER_WORDS:
        today = today.replace(former, word)
    return tuple(dict.fromkeys((name, quoted, today)))


def _decided(name: str) -> tuple[str, ...]:
    """The same of a field or a choice, of which some were called otherwise."""
    return (*readings(name), *_FORMER_NAMES.get(name, ()))


def fill(
    form: forms.Form | None,
    given: Mapping[str, Any],
    options: Mapping[str, Sequence[Option]],
) -> dict[str, Any]:
    """What a person would have entered. Raises Unknown for a field or a choice that the form does not
    have."""
    return _fill(list(form.inputs()) if form else [], given, options)


def in_words(
    form: forms.Form,
    values: Mapping[str, Any],
    options: Mapping[str, Sequence[Option]],
) -> dict[str, Any]:
    """The inverse of `fill`: labels for keys and for chosen values, where they are told apart by them."""
    return _in_words(list(form.inputs()), values, options)


def element(definition: Definition, name: str) -> Element:
    """The diagram's element of that id or name. Raises Unknown."""
    if name in definition.elements:
        return definition.elements[name]
    elements: list[Element] = []
    for reading in readings(name):
        elements = elements or [
            value
            for value in definition.elements.values()
            if value.name == reading
        ]
    if len(elements) != 1:
        if elements:
            raise Unknown(
                say("图中不止一个叫“{name}”的步骤，请写步骤编号", name=name),
            )
        raise Unknown(say("图中没有叫“{name}”的步骤", name=name))
    return elements[0]


def name_of(definition: Definition, element_id: str) -> str:
    """The element's name, where it alone has it; else its id."""
    if element_id in definition.elements:
        name = definition.elements[element_id].name
    else:
        name = ""
    same = [
        value for value in definition.elements.values() if value.name == name
    ]
    if name and len(same) == 1:
        return name
    return element_id


def _fill(
    fields: Sequence[Field],
    given: Mapping[str, Any],
    options: Mapping[str, Sequence[Option]],
) -> dict[str, Any]:
    result = {}
    for name, value in given.items():
        field = field_named(fields, name)
        if field is None:
            raise Unknown(
                say(
                    "表单没有“{name}”这一项，可填的有 {listed}",
                    name=name,
                    listed="、".join(field.label for field in fields),
                ),
            )
        result[field.key] = _value(field, value, options)
    return result


def field_named(fields: Sequence[Field], name: str) -> Field | None:
    """The field of that key or label; None where no field is called so."""
    for reading in _decided(name):
        field = next(
            (field for field in fields if reading in (field.key, field.label)),
            None,
        )
        if field is not None:
            return field
    return None


def _value(
    field: Field,
    value: Any,
    options: Mapping[str, Sequence[Option]],
) -> Any:
    if field.type == "dynamiclist":
        return [
            _fill(list(inputs(field.components)), row, options)
            for row in value or ()
        ]
    if field.options_source:
        listed = options.get(field.options_source, ())
    else:
        listed = field.options
    if field.multiple:
        return [
            _choice(field, str(entry), listed)
            for entry in (value if isinstance(value, list) else [value])
        ]
    if listed or field.options_source:
        return _choice(field, str(value), listed)
    if field.type == "checkbox":
        return value in (True, "是")
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return value


def _choice(field: Field, text: str, listed: Sequence[Option]) -> str:
    """The value of the one option that is called so, wholly or in one part: `社会治安巡防：护路护线` is
    护路护线."""
    if any(option.value == text for option in listed):
        return text
    options = _options_named(listed, text)
    if len(options) == 1:
        return options[0].value
    if options:
        raise Unknown(
            say(
                "“{label}”里叫“{text}”的不止一项，请写全",
                label=field.label,
                text=text,
            ),
        )
    # What the register does not have is entered all the same: the form refuses it, which the scenario may be
    # about.
    return text


def option_named(options: Sequence[Option], text: str) -> Option | None:
    """The option of that value, or the only one that is called so, wholly or in one part."""
    for option in options:
        if option.value == text:
            return option
    named = _options_named(options, text)
    if len(named) == 1:
        return named[0]
    return None


def _options_named(listed: Sequence[Option], text: str) -> list[Option]:
    options: list[Option] = []
    for reading in _decided(text):
        options = options or [
            option for option in listed if option.label == reading
        ]
        options = options or [
            option
            for option in listed
            if reading in _PARTS.split(option.label)
        ]
    return options


def _in_words(
    fields: Sequence[Field],
    values: Mapping[str, Any],
    options: Mapping[str, Sequence[Option]],
) -> dict[str, Any]:
    labels = [field.label for field in fields]
    words = {}
    for field in fields:
        value = values.get(field.key)
        if value in (None, "", []):
            continue
        # Plain text: a scenario's file holds no sentences of a catalogue.
        name = str(
            field.label if labels.count(field.label) == 1 else field.key,
        )
        words[name] = _told(field, value, options)
    return words


def _told(
    field: Field,
    value: Any,
    options: Mapping[str, Sequence[Option]],
) -> Any:
    if field.type == "dynamiclist":
        return [
            _in_words(list(inputs(field.components)), row, options)
            for row in value
        ]
    if field.options_source:
        listed = options.get(field.options_source, ())
    else:
        listed = field.options
    if field.multiple:
        return [_choice_told(str(entry), listed) for entry in value]
    if listed:
        return _choice_told(str(value), listed)
    if field.type == "checkbox":
        # Plain text: a scenario's file holds no sentences of a catalogue.
        if value:
            return "是"
        return "否"
    return value


def _choice_told(value: str, listed: Sequence[Option]) -> str:
    return str(
        next(
            (option.label for option in listed if option.value == value),
            value,
        ),
    )
