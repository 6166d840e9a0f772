"""The properties of a form-js component, one by one: a value that cannot be used is refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from forms import patterns
from forms.conditions import Condition, ConditionRefused, parse
from forms.dates import is_distance
from forms.definition import Option
from orchestrator.sentences import say


def part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The object that stands under this key; empty where there is none."""
    result = data.get(key)
    if isinstance(result, dict):
        return result
    return {}


class PropertyReader:
    def __init__(self, match_whole: bool = False) -> None:
        """`match_whole`: a pattern must match the whole text."""
        self.reasons: list[str] = []
        self.match_whole = match_whole

    def distance(self, custom: Mapping[str, Any], key: str, name: str) -> str:
        text = str(custom.get(key) or "")
        if text and not is_distance(text):
            self.reasons.append(
                say(
                    "控件“{name}”：属性 {key} 的“{text}”应为 today 或与今天的距离，如 P30D、P6M、P1Y",
                    name=name,
                    key=key,
                    text=text,
                ),
            )
            return ""
        return text

    def later_than(self, custom: Mapping[str, Any], name: str) -> str:
        """The variable after whose day the date must lie."""
        text = str(custom.get("later-than") or "")
        if text and not text.isidentifier():
            self.reasons.append(
                say(
                    "控件“{name}”：属性 later-than 的“{text}”应为变量名，如 publicity_until",
                    name=name,
                    text=text,
                ),
            )
            return ""
        return text

    def options(
        self,
        data: Mapping[str, Any],
        name: str,
    ) -> tuple[Option, ...]:
        values = data.get("values", [])
        if not isinstance(values, list) or not all(
            isinstance(value, dict) and "value" in value for value in values
        ):
            self.reasons.append(
                say(
                    "控件“{name}”的选项不完整，每个选项都要有 value",
                    name=name,
                ),
            )
            return ()
        return tuple(
            Option(
                str(value["value"]),
                say(str(value.get("label", value["value"]))),
            )
            for value in values
        )

    def whole(
        self,
        data: Mapping[str, Any],
        key: str,
        name: str,
    ) -> int | None:
        number = self.number(data, key, name)
        if number is not None and (number < 0 or number != int(number)):
            self.reasons.append(
                say(
                    "控件“{name}”的 {key} 应为不小于零的整数",
                    name=name,
                    key=key,
                ),
            )
            return None
        if number is None:
            return None
        return int(number)

    def number(
        self,
        data: Mapping[str, Any],
        key: str,
        name: str,
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
                    "控件“{name}”的 {key} 应为数字，不超过 10 的 15 次方",
                    name=name,
                    key=key,
                ),
            )
            return None
        return number

    def increment(self, data: Mapping[str, Any], name: str) -> Decimal | None:
        number = None
        if data.get("type") == "number":
            number = self.number(data, "increment", name)
        if number is not None and number <= 0:
            self.reasons.append(
                say("控件“{name}”的 increment 应大于零", name=name),
            )
            return None
        if number is None:
            return None
        return Decimal(str(data["increment"]))

    def beside(self, data: Mapping[str, Any], key: str, name: str) -> str:
        text = str(part(data, "appearance").get(key) or "")
        if text.startswith("=") or len(text) > 20:
            self.reasons.append(
                say(
                    "控件“{name}”前后的文字（{key}）应直接写，不超过 20 个字，不能用表达式",
                    name=name,
                    key=key,
                ),
            )
        return text

    def pattern(self, rules: Mapping[str, Any], name: str) -> str | None:
        pattern = rules.get("pattern")
        if not pattern:
            return None
        try:
            patterns.check(str(pattern))
        except patterns.PatternRefused as refused:
            self.reasons.append(
                say("控件“{name}”：{refused}", name=name, refused=refused),
            )
            return None
        if self.match_whole:
            return patterns.whole(str(pattern))
        return str(pattern)

    def condition(
        self,
        data: Mapping[str, Any],
        name: str,
    ) -> Condition | None:
        text = part(data, "conditional").get("hide")
        if not text:
            return None
        try:
            return parse(str(text))
        except ConditionRefused as refused:
            self.reasons.append(
                say("控件“{name}”：{refused}", name=name, refused=refused),
            )
            return None
