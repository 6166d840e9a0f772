"""Numbers, days and times of a form: how they are read and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import marshmallow as ma

from forms.components import COMPONENTS
from forms.definition import Field, Option
from forms.texts import narrow
from orchestrator.sentences import say

LARGEST = 10**15
"""Beyond it a number in JSON is no longer exact."""


_DIGITS = 40


_WRITTEN = re.compile(
    r"[-+]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][-+]?[0-9]{1,3})?",
)


YEARS = 1900, 2100
"""Any other year in a date is a slip."""


def field_settings(
    item: Field,
    invalid: str = say("内容有误，请重新填写"),
    **messages: str,
) -> dict[str, Any]:
    missing = say(
        "请{verb}{label}",
        verb=COMPONENTS[item.type].verb,
        label=item.label,
    )
    settings = {
        "required": missing,
        "null": missing,
        "invalid": say("{label}{invalid}", label=item.label, invalid=invalid),
        **messages,
    }
    return {"required": item.required, "error_messages": settings}


def number_field(
    item: Field,
    options: Mapping[str, Sequence[Option]],
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    too_large = say("{label}过大，请检查", label=item.label)
    no_number = say("{label}应为数字", label=item.label)

    def check(value: Decimal) -> None:
        if not item.as_text and abs(value) > LARGEST:
            raise ma.ValidationError(too_large)
        if _outside(item, value):
            raise ma.ValidationError(_range_message(item))
        if item.decimals is not None and value != value.quantize(
            Decimal(1).scaleb(-item.decimals),
        ):
            if item.decimals:
                sentence = say(
                    "{label}最多 {decimals} 位小数",
                    label=item.label,
                    decimals=item.decimals,
                )
            else:
                sentence = say("{label}应为整数", label=item.label)
            raise ma.ValidationError(sentence)
        if item.increment and value % item.increment:
            raise ma.ValidationError(
                say(
                    "{label}应是 {increment:f} 的倍数",
                    label=item.label,
                    increment=item.increment,
                ),
            )

    kind = _NumberText if item.as_text else _Number
    return kind(
        validate=check,
        **field_settings(
            item,
            say("应为数字"),
            too_large=too_large,
            special=no_number,
        ),
    )


class _Number(ma.fields.Field[Any]):
    """A number in decimals, as typed: 0.1 is a tenth."""

    def _deserialize(
        self,
        value: Any,
        attr: str | None,
        data: Any,
        **kwargs: Any,
    ) -> Any:
        if isinstance(value, (str, int, float, Decimal)) and not isinstance(
            value,
            bool,
        ):
            text = str(value).strip()
        else:
            text = ""
        text = narrow(text)
        if not _WRITTEN.fullmatch(text[: _DIGITS + 1]):
            raise self.make_error("invalid")
        if len(text) > _DIGITS:
            raise self.make_error("too_large")
        number = Decimal(text)
        if number.adjusted() > _DIGITS or number.adjusted() < -_DIGITS:
            raise self.make_error("too_large")
        return number


class _NumberText(_Number):
    """A number that is kept as the text that was typed."""

    def deserialize(
        self,
        value: Any,
        attr: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> Any:
        number = super().deserialize(value, attr, data, **kwargs)
        if isinstance(number, Decimal):
            return f"{number:f}"
        return number


def _outside(item: Field, value: Decimal) -> bool:
    low = item.minimum is not None and value < Decimal(str(item.minimum))
    return low or (
        item.maximum is not None and value > Decimal(str(item.maximum))
    )


_DATES: Mapping[str, tuple[type[ma.fields.Field[Any]], str]] = {
    "date": (ma.fields.Date, say("应为有效日期，如 2026-03-02")),
    "time": (ma.fields.Time, say("应为有效时间，如 09:30")),
    "datetime": (
        ma.fields.NaiveDateTime,
        say("应为有效的日期和时间，如 2026-03-02 09:30"),
    ),
}


def date_field(
    item: Field,
    options: Mapping[str, Sequence[Option]],
    around: Mapping[str, Any],
) -> ma.fields.Field[Any]:
    kind, word = _DATES[item.subtype]
    wrong = say("{label}{invalid}", label=item.label, invalid=word)

    def check(value: Any) -> None:
        if isinstance(value, time) and value.tzinfo is not None:
            raise ma.ValidationError(wrong)
        if isinstance(value, date) and not YEARS[0] <= value.year <= YEARS[1]:
            raise ma.ValidationError(
                say(
                    "{label}的年份应在 {years} 到 {years_2} 之间，请检查",
                    label=item.label,
                    years=YEARS[0],
                    years_2=YEARS[1],
                ),
            )
        if (
            item.interval
            and isinstance(value, (time, datetime))
            and (value.hour * 60 + value.minute) % item.interval
        ):
            raise ma.ValidationError(
                say(
                    "{label}的时间应以 {interval} 分钟为一档，如 09:00",
                    label=item.label,
                    interval=item.interval,
                ),
            )

    return kind(
        validate=check,
        **field_settings(item, word, invalid_awareness=wrong, format=wrong),
    )


def _range_message(item: Field) -> str:
    if item.minimum is not None and item.maximum is not None:
        return say(
            "{label}应在 {minimum:g} 到 {maximum:g} 之间",
            label=item.label,
            minimum=item.minimum,
            maximum=item.maximum,
        )
    if item.minimum is not None:
        return say(
            "{label}不应小于 {minimum:g}",
            label=item.label,
            minimum=item.minimum,
        )
    return say(
        "{label}不应大于 {maximum:g}",
        label=item.label,
        maximum=item.maximum,
    )
