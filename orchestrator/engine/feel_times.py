"""FEEL's days and times in the cells of tables, as texts of the form in which forms keep theirs: 2026-03-01,
2026-03-01T08:30 and 08:30.

Such texts compare as the days and times do. Where that would not hold (time zones, durations, sums) a cell
keeps its FEEL, which the check refuses.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from orchestrator.engine.decimals import Refused
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.sizes import shown
from orchestrator.engine.translating import (
    Untranslatable,
    has_many_open_quotes,
)
from orchestrator.sentences import say

_LITERAL = re.compile(
    r"\b(?P<kind>date and time|date|time|duration)"
    r"\(\s*(?:\"(?P<text>[^\"]*)\"|(?P<numbers>\d{1,4}(?:\s*,\s*\d{1,2}){2}))\s*\)"
    r"|@\"(?P<at>[^\"]*)\"",
)
_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
TEXT = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
"""A text in quotes, with quotes of its own behind a backslash."""
_TEXT_OR_LITERAL = re.compile(rf"{TEXT}|{_LITERAL.pattern}")
_SUM = re.compile(r"[-+*/]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?")
_MOMENT = re.compile(rf"{_DAY.pattern}(?:T{_TIME.pattern})?")
_BEGIN = re.compile(rf"{_DAY.pattern}|{_TIME.pattern}")
_WITH_SECONDS = 2
"""Colons of a time with its seconds."""
MIDNIGHT = "T00:00"
"""What a day by itself has in addition when it is compared with an instant."""


def plain(text: str, edition: Edition = CURRENT) -> str:
    """The text with its days and times as texts; unchanged where one of them cannot be. What stands in
    quotes is no time; up to the second edition it was."""
    if edition >= Edition.THIRD:
        return _plain(text)
    if not _LITERAL.search(text) or _SUM.search(
        _STRING.sub("", _LITERAL.sub("", text)),
    ):
        return text
    results = [_read(match) for match in _LITERAL.finditer(text)]
    if any(value is None for value in results):
        return text
    texts = iter(results)
    return _LITERAL.sub(lambda _each: f'"{next(texts)}"', text)


def _plain(text: str) -> str:
    if not _literals(text) or _SUM.search(_TEXT_OR_LITERAL.sub("", text)):
        return text
    if any(_read(match) is None for match in _literals(text)):
        return text
    return _TEXT_OR_LITERAL.sub(_as_text, text)


def _as_text(match: re.Match[str]) -> str:
    if _is_literal(match):
        return f'"{_read(match)}"'
    return match[0]


def _literals(text: str) -> list[re.Match[str]]:
    """The days and times outside quotes."""
    if has_many_open_quotes(text):
        return []
    return list(filter(_is_literal, _TEXT_OR_LITERAL.finditer(text)))


def _is_literal(match: re.Match[str]) -> bool:
    return match["kind"] is not None or match["at"] is not None


def kinds(text: str) -> dict[str, str]:
    """Each text that `plain` writes → `date`, `time` or `date and time`, which it stands for."""
    written = {}
    for match in _literals(text):
        value = _read(match)
        if value is not None:
            written[f'"{value}"'] = _kind(value)
    return written


def are_mixed(text: str) -> bool:
    """Whether one of the days and times stands there as a text too, which is a value of another kind."""
    written = kinds(text)
    return any(
        f'"{match[0][1:-1]}"' in written
        for match in _TEXT_OR_LITERAL.finditer(text if written else "")
        if not _is_literal(match)
    )


def with_seconds(text: str) -> str:
    """A time as `plain` writes it, in quotes or brackets, as FEEL's `string` writes it."""
    bare = text.strip("()\"' ")
    return bare if bare.count(":") == _WITH_SECONDS else f"{bare}:00"


def moment(value: Any, kind: str, is_ordered: bool = True) -> Any:
    """A variable's value in the form in which a cell's times of that kind are written; None where it has
    none. A day is its midnight beside a day with a time. What is no time at all is itself, and equal to none,
    unless it `is_ordered`. Raises Refused for any other, and for a time of another kind or with a time zone,
    which cannot be compared as a text."""
    if value is None or value == "":
        return None
    looks_like_one = isinstance(value, str) and _BEGIN.match(value)
    if not is_ordered and not looks_like_one:
        return value
    pattern = _TIME if kind == "time" else _MOMENT
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refused(
            say(
                "“{value}”不是可以比较的日期或时间，应写成 2026-03-01、2026-03-01T08:30 或 08:30，不带时区",
                value=shown(value),
            ),
        )
    if kind == "date and time" and _DAY.fullmatch(value):
        return value + MIDNIGHT
    if value.count(":") == _WITH_SECONDS and value.endswith(":00"):
        return value.removesuffix(":00")
    return value


_CALLED = re.compile(
    r'feel\("(?:date|time|duration|date and time|years and months duration)", |clock\(',
)
_TEXT_ALONE = re.compile(TEXT)


def require_no_text_beside(left: str, right: str) -> None:
    """Raises Untranslatable where a text that is written stands beside a day, a time or a duration, which in
    FEEL are of two kinds."""
    for one, other in ((left, right), (right, left)):
        if _CALLED.match(one) and _TEXT_ALONE.fullmatch(other):
            raise Untranslatable(
                say("日期、时间和文字不能互相比较，请写成 date(…) 这样"),
            )


_COUNTED = re.compile(
    r"\b(?:today|now|duration|is)\s*\(|\b(?:date|time)\s*\(\s*[^\s\"\d]"
    r"|\b(?:day of (?:week|year|month)|month of year|week of year)\s*\(",
)
_SEVERAL_WORDS = re.compile(
    r"\b(?:date and time|years and months duration)(?=\s*\()",
)
_PART_OF_ONE = re.compile(r"[)\"]\s*\.")


def in_one_word(text: str) -> str:
    """The text with `date and time(…)` as a function of one word, in which no `and` stands."""
    return _SEVERAL_WORDS.sub("moment", text)


def is_counted(text: str) -> bool:
    """Whether functions of days and times stand there that take and give values, not texts."""
    return bool(_COUNTED.search(_TEXT_OR_LITERAL.sub("", text)))


def is_counted_with(text: str) -> bool:
    """Whether days and times stand there of which a part is asked or which something is worked out of: as
    texts they have none."""
    if _SUM.search(_TEXT_OR_LITERAL.sub("", text)):
        return True
    return is_counted(text) or bool(_PART_OF_ONE.search(text))


def is_instant(text: str) -> bool:
    """Whether the text is nothing but a day with a time."""
    match = _LITERAL.fullmatch(text.strip())
    return match is not None and "T" in (_read(match) or "")


def duration(text: str) -> str | None:
    """The ISO 8601 text of a cell that is nothing but a duration."""
    match = _LITERAL.fullmatch(text.strip())
    if match is None:
        return None
    given = match["at"] or (
        match["text"] if match["kind"] == "duration" else None
    )
    if given and given.startswith("P"):
        return given
    return None


def _read(match: re.Match[str]) -> str | None:
    if match["numbers"]:
        return _from_numbers(
            match["kind"],
            [int(part) for part in match["numbers"].split(",")],
        )
    text = (match["text"] if match["at"] is None else match["at"]).strip()
    kind = match["kind"] or _kind(text)
    day, _t, clock = text.partition("T")
    try:
        if kind == "date" and _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if (
            kind == "date and time"
            and _DAY.fullmatch(day)
            and _TIME.fullmatch(clock)
        ):
            return _short(datetime.fromisoformat(text))
        if kind == "time" and _TIME.fullmatch(text):
            return _short(time.fromisoformat(text))
    except ValueError:
        return None
    return None


def _kind(text: str) -> str:
    if "T" in text and not text.startswith("P"):
        return "date and time"
    if ":" in text:
        return "time"
    return "date"


def _from_numbers(kind: str, numbers: list[int]) -> str | None:
    first, second, third = numbers
    try:
        if kind == "date":
            return date(first, second, third).isoformat()
        if kind == "time":
            return _short(time(first, second, third))
        return None
    except ValueError:
        return None


def _short(moment: datetime | time) -> str:
    """To the minute, as forms keep it, where there are no seconds."""
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
