"""How far from today a date may lie, as the form says: `properties` `not-before` and `not-after` of a
datetime field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from forms.definition import Form
from orchestrator.sentences import say

_DISTANCE = re.compile(r"today|P([1-9][0-9]{0,2})([DMY])")
_WORDS = {"D": say("天"), "M": say("个月"), "Y": say("年")}


def is_distance(text: str) -> bool:
    """Whether it is `today` or a distance from today: P30D, P6M, P1Y."""
    return _DISTANCE.fullmatch(text) is not None


def date_errors(
    form: Form,
    values: Mapping[str, Any],
    today: date,
    known: Mapping[str, Any],
) -> dict[str, list[str]]:
    """Field → sentence for each date that lies before or after what its field allows; `known`: the instance's
    variables."""
    errors = {}
    for item in form.inputs():
        text = values.get(item.key)
        if (
            item.type != "datetime"
            or item.subtype == "time"
            or not isinstance(text, str)
            or not text
        ):
            continue
        given = date.fromisoformat(text[:10])
        earlier = _recorded(known.get(item.later_than))
        if earlier is not None and given <= earlier:
            errors[item.key] = [
                say(
                    "{label}应在 {day} 之后，请改写",
                    label=item.label,
                    day=earlier,
                ),
            ]
        elif item.not_before and given < (
            first := _day(item.not_before, today)
        ):
            errors[item.key] = [
                say(
                    "{label}不能早于 {first}，请改写",
                    label=item.label,
                    first=first,
                ),
            ]
        elif item.not_after and given > (last := _day(item.not_after, today)):
            errors[item.key] = [
                say(
                    "{label}不能晚于 {last}（{in_words}），请检查年份",
                    label=item.label,
                    last=last,
                    in_words=_in_words(item.not_after),
                ),
            ]
    return errors


def _recorded(value: Any) -> date | None:
    """The day that a variable holds; None where there is none, or something else."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _day(distance: str, today: date) -> date:
    match = _DISTANCE.fullmatch(distance)
    if match is None or match[1] is None:
        return today
    amount = int(match[1])
    if match[2] == "D":
        return today + timedelta(days=amount)
    months = today.month - 1 + (amount * 12 if match[2] == "Y" else amount)
    year = today.year + months // 12
    month = months % 12 + 1
    for day in range(today.day, 27, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return date(year, month, min(today.day, 28))


def _in_words(distance: str) -> str:
    match = _DISTANCE.fullmatch(distance)
    if match is not None and match[1]:
        return say(
            "今天起 {found} {words}",
            found=match[1],
            words=_WORDS[match[2]],
        )
    return say("今天")
