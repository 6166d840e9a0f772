"""The names of fields: every value has one of its own, and every condition reads a field of the form."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence

from forms.components import COMPONENTS, IN_WORDS
from forms.definition import Field, inputs
from orchestrator.sentences import say

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")


_RESERVED = {"csrf_token", "typename"}
"""The page's own field, and a word the engine's serialiser takes for itself."""


_UNREADABLE = {*keyword.kwlist, "true", "false", "null"}
"""Words of the expression language: a condition could not read a field called so."""


def faults(fields: Sequence[Field], around: frozenset[str]) -> list[str]:
    """What is wrong with the fields' names, in words; `around` are the names that the form outside of a list
    gives to its conditions. A row of a list holds no files and no rows."""
    values = list(inputs(fields))
    keys = [field.key for field in values]
    repeated = {key for key in keys if key and keys.count(key) > 1}
    wrong = [say("字段“{key}”出现了两次", key=key) for key in sorted(repeated)]
    for field in values:
        wrong += _name_faults(field)
        wrong += _choice_faults(field)
        if around:
            wrong += _row_faults(field)
    readable = around | frozenset(keys)
    for field in _flat(fields):
        wrong += _condition_faults(field, readable)
        if field.type == "dynamiclist":
            wrong += faults(field.components, readable)
    return wrong


def _name_faults(field: Field) -> Iterator[str]:
    if not field.key:
        yield say(
            "控件“{label}”没有字段名（key）",
            label=field.label or IN_WORDS[field.type],
        )
    elif not _KEY.fullmatch(field.key) or field.key in _RESERVED:
        yield say(
            "字段名“{key}”不能用，请用字母开头的字母、数字和下划线",
            key=field.key,
        )
    if field.key in _UNREADABLE:
        yield say(
            "字段名“{key}”是表达式的保留字，条件读不到它，请改名，如 {key_2}_value",
            key=field.key,
            key_2=field.key.lower(),
        )


def lacks_options(field: Field) -> bool:
    """Whether it is a choice with nothing to choose."""
    offers = COMPONENTS[field.type].offers_options
    return offers and not field.options and not field.options_source


def _choice_faults(field: Field) -> Iterator[str]:
    """A choice must not be required where there is nothing to choose, nor begin with what is no option."""
    if field.options and not field.options_source:
        yield from _default_faults(field)
    if lacks_options(field) and field.required:
        yield say(
            "“{label}”必填，却没有可选的项，请添加选项或填写选项来源",
            label=field.label or field.key,
        )


def _default_faults(field: Field) -> Iterator[str]:
    """What the choice begins with and could not be chosen."""
    if field.default in (None, "", []):
        return
    begins = [field.default]
    if field.multiple and isinstance(field.default, list):
        begins = field.default
    known = {option.value for option in field.options}
    for value in begins:
        if str(value) not in known:
            yield say(
                "“{label}”的默认值“{value}”不在它的选项里，请改选一项或清空默认值",
                label=field.label or field.key,
                value=str(value)[:60],
            )


def _row_faults(field: Field) -> Iterator[str]:
    if field.type in ("dynamiclist", "filepicker"):
        yield say(
            "动态列表里不能再放“{label}”（{type}）",
            label=field.label or field.key,
            type=IN_WORDS[field.type],
        )


def _condition_faults(field: Field, readable: frozenset[str]) -> Iterator[str]:
    if not field.hidden_when:
        return
    for key in sorted(field.hidden_when.keys - readable):
        yield say(
            "控件“{label}”的隐藏条件用到表单里没有的字段“{key}”",
            label=field.label or IN_WORDS[field.type],
            key=key,
        )


def _flat(fields: Sequence[Field]) -> Iterator[Field]:
    """The fields, and those in groups."""
    for field in fields:
        yield field
        if field.type == "group":
            yield from _flat(field.components)
