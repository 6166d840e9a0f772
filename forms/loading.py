"""Reading form-js JSON: what we cannot honour is reported by name, never dropped."""

from __future__ import annotations

import json
import keyword
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any

from forms import batches, patterns, unread
from forms.components import COMPONENTS, INSTEAD, REFUSED_PROPERTIES
from forms.conditions import Condition, ConditionRefused, parse
from forms.dates import is_distance
from forms.definition import Field, Form, Option, inputs
from orchestrator.sentences import joined, say

MAX_DEPTH = 6
MAX_FIELDS = 500
"""Components of one form, those in groups and lists included."""
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_RESERVED = {"csrf_token", "typename"}
"""The page's own field, and a word the engine's serialiser takes for itself."""
_UNREADABLE = {*keyword.kwlist, "true", "false", "null"}
"""Words of the expression language: a condition could not read a field called so."""
VALIDATION_TYPES = ("email", "phone")


class FormUnsupported(ValueError):
    """`reasons` name every component or text that cannot be used."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(joined("；", reasons))
        self.reasons = tuple(reasons)


@lru_cache(maxsize=512)
def load(text: str) -> Form:
    """The form of a form-js definition; raises FormUnsupported naming everything that cannot be used."""
    reader = _Reader()
    form = _read(text, reader)
    if reader.reasons:
        raise FormUnsupported(reader.reasons)
    return form


@lru_cache(maxsize=512)
def load_deployed(text: str, whole: bool) -> Form:
    """A form that was deployed, perhaps by rules that knew less: what is refused today is set aside, for
    tasks wait with it.

    `whole`: patterns are those of the time when they had to match the whole text. Raises FormUnsupported for
    what is no form at all.
    """
    reader = _Reader(whole)
    form = _read(text, reader)
    return replace(
        form, fields=_known(form.fields), set_aside=tuple(reader.reasons)
    )


def _known(fields: Sequence[Field]) -> tuple[Field, ...]:
    """The fields of a kind that we have, with a name where they carry a value."""
    kept = [
        each
        for each in fields
        if each.type in COMPONENTS and (each.key or not each.carries_value)
    ]
    return tuple(
        replace(each, components=_known(each.components)) for each in kept
    )


def _read(text: str, reader: _Reader) -> Form:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormUnsupported(
            [say("表单不是有效的 JSON：{error}", error=error)]
        ) from None
    if not isinstance(data, dict) or not isinstance(
        data.get("components"), list
    ):
        raise FormUnsupported(
            [say("表单应为 form-js 的 JSON，含 components 列表")]
        )
    fields = reader.fields(data["components"], 0)
    if not reader.reasons:
        reader.check_keys(fields, frozenset())
    told = () if reader.reasons else unread.remarks(data)
    own = data.get("properties")
    if isinstance(own, dict):
        rule = str(own.get("rule") or "")
    else:
        rule = ""
    batch, refused = batches.read(
        own.get("batch") if isinstance(own, dict) else None, fields
    )
    reader.reasons += refused
    title = say(str(data.get("title", "")))
    sources = frozenset(_sources(fields))
    return Form(
        str(data.get("id", "")),
        fields,
        title,
        sources,
        rule,
        batch,
        ignored=told,
    )


class _Reader:
    def __init__(self, whole: bool = False) -> None:
        self.reasons: list[str] = []
        self.whole = whole
        self.count = 0

    def fields(self, components: Any, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            self.reasons.append(
                say("分组嵌套超过 {max_depth} 层，请简化", max_depth=MAX_DEPTH)
            )
            return ()
        if not isinstance(components, list) or not all(
            isinstance(each, dict) for each in components
        ):
            self.reasons.append(say("components 应为控件的列表"))
            return ()
        self.count += len(components)
        if self.count > MAX_FIELDS:
            self.reasons = [
                say(
                    "表单的控件超过 {max_fields} 个，请拆成几张表单",
                    max_fields=MAX_FIELDS,
                )
            ]
            return ()
        return tuple(self._field(each, depth) for each in components)

    def _field(self, data: Mapping[str, Any], depth: int) -> Field:
        kind = str(data.get("type", ""))
        name = str(
            data.get("label")
            or data.get("dateLabel")
            or data.get("key")
            or data.get("id")
            or kind
        )
        component = COMPONENTS.get(kind)
        if component is None:
            if kind in INSTEAD:
                instead = say("，{instead}", instead=INSTEAD[kind])
            else:
                instead = ""
            self.reasons.append(
                say(
                    "控件「{name}」的类型「{kind}」不受支持{instead}",
                    name=name,
                    kind=kind,
                    instead=instead,
                )
            )
            return Field(kind, "")
        self._refuse(data, kind, name)
        if isinstance(data.get("validate"), dict):
            rules = data.get("validate")
        else:
            rules = {}
        if isinstance(data.get("properties"), dict):
            custom = data.get("properties")
        else:
            custom = {}
        if isinstance(data.get("layout"), dict):
            layout = data.get("layout")
        else:
            layout = {}
        assert (
            isinstance(rules, dict)
            and isinstance(custom, dict)
            and isinstance(layout, dict)
        )
        return Field(
            type=kind,
            key=str(data.get("key") or data.get("path") or "")
            if component.carries_value
            else "",
            label=say(
                str(
                    data.get("label")
                    or data.get("dateLabel")
                    or data.get("timeLabel")
                    or ""
                )
            ),
            description=say(str(data.get("description", ""))),
            citation=str(custom.get("citation", "")),
            required=bool(rules.get("required")),
            min_length=self._whole(rules, "minLength", name),
            max_length=self._whole(rules, "maxLength", name),
            minimum=self._number(rules, "min", name),
            maximum=self._number(rules, "max", name),
            decimals=self._whole(data, "decimalDigits", name),
            increment=self._increment(data, name),
            as_text=kind == "number" and bool(data.get("serializeToString")),
            interval=self._whole(data, "timeInterval", name)
            if kind == "datetime"
            else None,
            before=self._beside(data, "prefixAdorner", name),
            after=self._beside(data, "suffixAdorner", name),
            line=str(layout.get("row") or ""),
            columns=self._whole(layout, "columns", name),
            pattern=self._pattern(rules, name),
            pattern_message=say(str(custom["patternMessage"]))
            if custom.get("patternMessage")
            else None,
            kind=str(rules.get("validationType") or ""),
            options=self._options(data, name)
            if component.offers_options
            else (),
            options_source=str(
                custom.get("options-source") or data.get("valuesKey") or ""
            )
            or None,
            multiple=bool(data.get("multiple")) or component.several,
            accept=str(data.get("accept", "")),
            subtype=str(data.get("subtype", "date")),
            approves=str(custom.get("approves") or ""),
            personal=str(custom.get("personal", "")).lower()
            in ("true", "1", "yes"),
            not_before=self._distance(custom, "not-before", name),
            not_after=self._distance(custom, "not-after", name),
            default=data.get("defaultValue"),
            text=say(str(data.get("text", ""))),
            rows=1
            if (rows := self._whole(data, "defaultRepetitions", name)) is None
            else max(0, min(rows, 20)),
            fixed_rows=data.get("allowAddRemove") is False,
            hidden_when=self._condition(data, name),
            questions_source=str(custom.get("questions-source", ""))
            if kind == "group"
            else "",
            components=self.fields(data.get("components", []), depth + 1),
        )

    def _distance(self, custom: Mapping[str, Any], key: str, name: str) -> str:
        text = str(custom.get(key) or "")
        if text and not is_distance(text):
            self.reasons.append(
                say(
                    "控件「{name}」：属性 {key} 的「{text}」应为 today 或与今天的距离，如 P30D、P6M、P1Y",
                    name=name,
                    key=key,
                    text=text,
                )
            )
            return ""
        return text

    def _refuse(self, data: Mapping[str, Any], kind: str, name: str) -> None:
        self.reasons += [
            say("控件「{name}」：{told}", name=name, told=told)
            for key, told in REFUSED_PROPERTIES.items()
            if data.get(key)
        ]
        if kind == "group" and data.get("path"):
            self.reasons.append(
                say(
                    "分组「{name}」：分组的路径（path）不受支持，请清空",
                    name=name,
                )
            )
        if kind == "datetime" and data.get("subtype", "date") not in (
            "date",
            "time",
            "datetime",
        ):
            self.reasons.append(
                say(
                    "控件「{name}」：时间类型「{subtype}」不受支持",
                    name=name,
                    subtype=data["subtype"],
                )
            )
        if kind == "datetime" and data.get("disallowPassedDates"):
            self.reasons.append(
                say(
                    "控件「{name}」：禁止过去的日期不受支持，请在流程图中判断",
                    name=name,
                )
            )
        rules = data.get("validate")
        wanted = None
        if isinstance(rules, dict):
            wanted = rules.get("validationType")
        if wanted and wanted not in (*VALIDATION_TYPES, "custom"):
            self.reasons.append(
                say(
                    "控件「{name}」：校验类型「{wanted}」不受支持",
                    name=name,
                    wanted=wanted,
                )
            )
        if any(
            isinstance(data.get(key), str) and data[key].startswith("=")
            for key in ("label", "description", "text")
        ):
            self.reasons.append(
                say(
                    "控件「{name}」：文字中的表达式不受支持，请直接写文字",
                    name=name,
                )
            )

    def _options(
        self, data: Mapping[str, Any], name: str
    ) -> tuple[Option, ...]:
        values = data.get("values", [])
        if not isinstance(values, list) or not all(
            isinstance(each, dict) and "value" in each for each in values
        ):
            self.reasons.append(
                say(
                    "控件「{name}」的选项不完整，每个选项都要有 value",
                    name=name,
                )
            )
            return ()
        return tuple(
            Option(
                str(each["value"]), say(str(each.get("label", each["value"])))
            )
            for each in values
        )

    def _whole(
        self, data: Mapping[str, Any], key: str, name: str
    ) -> int | None:
        number = self._number(data, key, name)
        if number is not None and (number < 0 or number != int(number)):
            self.reasons.append(
                say(
                    "控件「{name}」的 {key} 应为不小于零的整数",
                    name=name,
                    key=key,
                )
            )
            return None
        if number is None:
            return None
        return int(number)

    def _number(
        self, data: Mapping[str, Any], key: str, name: str
    ) -> float | None:
        value = data.get(key)
        if value in (None, ""):
            return None
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if (
            isinstance(value, bool)
            or not math.isfinite(number)
            or abs(number) > 10**15
        ):
            self.reasons.append(
                say(
                    "控件「{name}」的 {key} 应为数字，不超过 10 的 15 次方",
                    name=name,
                    key=key,
                )
            )
            return None
        return number

    def _increment(self, data: Mapping[str, Any], name: str) -> Decimal | None:
        number = None
        if data.get("type") == "number":
            number = self._number(data, "increment", name)
        if number is not None and number <= 0:
            self.reasons.append(
                say("控件「{name}」的 increment 应大于零", name=name)
            )
            return None
        if number is None:
            return None
        return Decimal(str(data["increment"]))

    def _beside(self, data: Mapping[str, Any], key: str, name: str) -> str:
        appearance = data.get("appearance")
        if isinstance(appearance, dict):
            text = str(appearance.get(key) or "")
        else:
            text = ""
        if text.startswith("=") or len(text) > 20:
            self.reasons.append(
                say(
                    "控件「{name}」前后的文字（{key}）应直接写，不超过 20 个字，不能用表达式",
                    name=name,
                    key=key,
                )
            )
        return text

    def _pattern(self, rules: Mapping[str, Any], name: str) -> str | None:
        pattern = rules.get("pattern")
        if not pattern:
            return None
        try:
            patterns.check(str(pattern))
        except patterns.PatternRefused as refused:
            self.reasons.append(
                say("控件「{name}」：{refused}", name=name, refused=refused)
            )
            return None
        if self.whole:
            return patterns.whole(str(pattern))
        return str(pattern)

    def _condition(
        self, data: Mapping[str, Any], name: str
    ) -> Condition | None:
        conditional = data.get("conditional")
        text = None
        if isinstance(conditional, dict):
            text = conditional.get("hide")
        if not text:
            return None
        try:
            return parse(str(text))
        except ConditionRefused as refused:
            self.reasons.append(
                say("控件「{name}」：{refused}", name=name, refused=refused)
            )
            return None

    def check_keys(
        self, fields: Sequence[Field], around: frozenset[str]
    ) -> None:
        """Every value has a name of its own; every condition reads a field of the form; a row holds no files
        and no rows."""
        found = list(inputs(fields))
        keys = [each.key for each in found]
        self.reasons += [
            say("字段「{key}」出现了两次", key=key)
            for key in sorted(
                {key for key in keys if key and keys.count(key) > 1}
            )
        ]
        for each in found:
            if not each.key:
                self.reasons.append(
                    say(
                        "控件「{label}」没有字段名（key）",
                        label=each.label or each.type,
                    )
                )
            elif not _KEY.fullmatch(each.key) or each.key in _RESERVED:
                self.reasons.append(
                    say(
                        "字段名「{key}」不能用，请用字母开头的字母、数字和下划线",
                        key=each.key,
                    )
                )
            if each.key in _UNREADABLE:
                self.reasons.append(
                    say(
                        "字段名「{key}」是表达式的保留字，条件读不到它，请改名，如 {key_2}_value",
                        key=each.key,
                        key_2=each.key.lower(),
                    )
                )
            if (
                each.required
                and COMPONENTS[each.type].offers_options
                and not each.options
                and not each.options_source
            ):
                self.reasons.append(
                    say(
                        "「{label}」必填，却没有可选的项，请添加选项或填写选项来源",
                        label=each.label or each.key,
                    )
                )
            if around and each.type in ("dynamiclist", "filepicker"):
                self.reasons.append(
                    say(
                        "动态列表里不能再放「{label}」（{type}）",
                        label=each.label or each.key,
                        type=each.type,
                    )
                )
        readable = around | frozenset(keys)
        for each in _flat(fields):
            if each.hidden_when:
                unknown = sorted(each.hidden_when.keys - readable)
            else:
                unknown = []
            self.reasons += [
                say(
                    "控件「{label}」的隐藏条件用到表单里没有的字段「{key}」",
                    label=each.label or each.type,
                    key=key,
                )
                for key in unknown
            ]
            if each.type == "dynamiclist":
                self.check_keys(each.components, readable)


def _flat(fields: Sequence[Field]) -> Iterator[Field]:
    for each in fields:
        yield each
        if each.type == "group":
            yield from _flat(each.components)


def _sources(fields: Sequence[Field]) -> Iterator[str]:
    for each in fields:
        if each.options_source:
            yield each.options_source
        yield from _sources(each.components)
