"""The components of a form-js file as fields; what we cannot honour is refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.components import (
    COMPONENTS,
    IN_WORDS,
    INSTEAD,
    REFUSED_PROPERTIES,
)
from forms.custom_properties import is_true, names
from forms.definition import Field
from forms.property_reader import PropertyReader, part
from orchestrator.sentences import say

MAX_DEPTH = 6


MAX_FIELDS = 500
"""Components of one form, those in groups and lists included."""
MAX_ROWS = 20
"""Empty rows with which a list begins."""
VALIDATION_TYPES = ("email", "phone")
SUBTYPES = ("date", "time", "datetime")


class FieldReader(PropertyReader):
    """`reasons` name everything that could not be read."""

    def __init__(self, match_whole: bool = False) -> None:
        super().__init__(match_whole)
        self.count = 0

    def fields(self, components: Any, depth: int) -> tuple[Field, ...]:
        if depth > MAX_DEPTH:
            self.reasons.append(
                say("分组嵌套超过 {max_depth} 层，请简化", max_depth=MAX_DEPTH)
            )
            return ()
        if not isinstance(components, list) or not all(
            isinstance(component, dict) for component in components
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
        return tuple(self._field(component, depth) for component in components)

    def _field(self, data: Mapping[str, Any], depth: int) -> Field:
        kind = str(data.get("type", ""))
        name = _first(
            data,
            "label",
            "dateLabel",
            "key",
            "id",
        ) or IN_WORDS.get(kind, kind)
        component = COMPONENTS.get(kind)
        if component is None:
            self._refuse_kind(kind, name)
            return Field(kind, "")
        self._refuse(data, kind, name)
        rules = part(data, "validate")
        custom = part(data, "properties")
        layout = part(data, "layout")
        return Field(
            type=kind,
            key=str(data.get("key") or data.get("path") or "")
            if component.carries_value
            else "",
            label=_label(data, kind),
            description=say(str(data.get("description", ""))),
            citation=str(custom.get("citation", "")),
            required=bool(rules.get("required")),
            min_length=self.whole(rules, "minLength", name),
            max_length=self.whole(rules, "maxLength", name),
            minimum=self.number(rules, "min", name),
            maximum=self.number(rules, "max", name),
            decimals=self.whole(data, "decimalDigits", name),
            increment=self.increment(data, name),
            as_text=kind == "number" and bool(data.get("serializeToString")),
            interval=self.whole(data, "timeInterval", name)
            if kind == "datetime"
            else None,
            before=self.beside(data, "prefixAdorner", name),
            after=self.beside(data, "suffixAdorner", name),
            line=str(layout.get("row") or ""),
            columns=self.whole(layout, "columns", name),
            pattern=self.pattern(rules, name),
            pattern_message=say(str(custom["patternMessage"]))
            if custom.get("patternMessage")
            else None,
            kind=str(rules.get("validationType") or ""),
            options=self.options(data, name)
            if component.offers_options
            else (),
            options_source=str(
                custom.get("options-source") or data.get("valuesKey") or ""
            )
            or None,
            suggestions=str(custom.get("suggestions") or "")
            if kind == "textfield"
            else "",
            multiple=bool(data.get("multiple")) or component.several,
            accept=str(data.get("accept", "")),
            subtype=_subtype(data),
            approves=str(custom.get("approves") or ""),
            personal=is_true(custom.get("personal")),
            folded=is_true(custom.get("folded")),
            intake=self.whole(custom, "intake", name) or 0,
            filled_with=names(custom.get("filledWith")),
            point=is_true(custom.get("point")),
            drawing=kind == "textarea" and is_true(custom.get("drawing")),
            not_before=self.distance(custom, "not-before", name),
            not_after=self.distance(custom, "not-after", name),
            later_than=self.later_than(custom, name),
            proposed=str(custom.get("proposed") or ""),
            limit_of=str(custom.get("limit-of") or "")
            if kind == "number"
            else "",
            default=data.get("defaultValue"),
            text=say(str(data.get("text", ""))),
            rows=self._rows(data, name),
            fixed_rows=data.get("allowAddRemove") is False,
            hidden_when=self.condition(data, name),
            questions_source=str(custom.get("questions-source", ""))
            if kind == "group"
            else "",
            components=self.fields(data.get("components", []), depth + 1),
        )

    def _rows(self, data: Mapping[str, Any], name: str) -> int:
        rows = self.whole(data, "defaultRepetitions", name)
        if rows is None:
            return 1
        return max(0, min(rows, MAX_ROWS))

    def _refuse_kind(self, kind: str, name: str) -> None:
        instead = ""
        if kind in INSTEAD:
            instead = say("，{instead}", instead=INSTEAD[kind])
        self.reasons.append(
            say(
                "控件“{name}”的类型“{kind}”不受支持{instead}",
                name=name,
                kind=kind,
                instead=instead,
            )
        )

    def _refuse(self, data: Mapping[str, Any], kind: str, name: str) -> None:
        self.reasons += [
            say("控件“{name}”：{told}", name=name, told=reason)
            for key, reason in REFUSED_PROPERTIES.items()
            if data.get(key)
        ]
        if kind == "group" and data.get("path"):
            self.reasons.append(
                say(
                    "分组“{name}”：分组的路径（path）不受支持，请清空",
                    name=name,
                )
            )
        if kind == "datetime" and data.get("subtype", "date") not in SUBTYPES:
            self.reasons.append(
                say(
                    "控件“{name}”：时间类型“{subtype}”不受支持",
                    name=name,
                    subtype=data["subtype"],
                )
            )
        if kind == "datetime" and data.get("disallowPassedDates"):
            self.reasons.append(
                say(
                    "控件“{name}”：禁止过去的日期不受支持，请在流程图中判断",
                    name=name,
                )
            )
        wanted = part(data, "validate").get("validationType")
        if wanted and wanted not in (*VALIDATION_TYPES, "custom"):
            self.reasons.append(
                say(
                    "控件“{name}”：校验类型“{wanted}”不受支持",
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
                    "控件“{name}”：文字中的表达式不受支持，请直接写文字",
                    name=name,
                )
            )


def _subtype(data: Mapping[str, Any]) -> str:
    """What a datetime asks for; a date where it names what is refused."""
    given = data.get("subtype", "date")
    return given if given in SUBTYPES else "date"


def _label(data: Mapping[str, Any], kind: str) -> str:
    """The label that form-js shows; a date with a time, which it labels apart, is one control here."""
    if kind != "datetime":
        return say(_first(data, "label", "dateLabel", "timeLabel"))
    shown = {"date": ("dateLabel",), "time": ("timeLabel",)}.get(
        _subtype(data), ("dateLabel", "timeLabel")
    )
    labels = [str(data[name]) for name in shown if data.get(name)]
    joined_labels = "、".join(dict.fromkeys(labels))
    return say(
        joined_labels or _first(data, "label", "dateLabel", "timeLabel")
    )


def _first(data: Mapping[str, Any], *keys: str) -> str:
    """The first of these properties that says something; empty where none does."""
    for key in keys:
        if data.get(key):
            return str(data[key])
    return ""
