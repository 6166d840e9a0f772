"""Days, times and durations at the ends of what can be counted: each calculation has a value that JSON keeps,
or is refused with a sentence."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.engine import expressions, feel_clock, languages
from orchestrator.engine.editions import Edition

MANY = 4_000
NOW = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
VALUES: tuple[Any, ...] = (
    *("0001-01-01", "9999-12-05", "9999-12-31", "2024-02-29"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("9999-12-31T23:59", "0001-01-01T00:00"),
    *("00:00:00+14:00", "23:59:59.999999", "00:00"),
    *("P999999999Y", "-P999999999Y999999999M", "P1M", "P0M", "-P1M"),
    *("P999999999D", "-P999999999D", "P999999999DT23H", "PT0S"),
    *("PT0.000001S", "PT999999999999H", "-PT14H", "PT25H"),
    *(0, -1, 2, 10**18, 10**30, 1e-300, 5e-324, 1e300, float("inf")),
    *(None, True, "", "soon", [], [None], ["P1D", 3], {}, {"year": 1}),
)
MADE = (
    "{}",
    "-{}",
    'feel("date", {})',
    'feel("time", {})',
    'feel("date and time", {})',
    'feel("duration", {})',
    '-feel("duration", {})',
    'feel("duration", {}) * 1e18',
    'feel("duration", {}) / 3',
    'clock("today")',
    'clock("now")',
)
ALONE = (
    "{}",
    "-{}",
    "abs({})",
    "str({})",
    "len({})",
    "round({})",
    "int({})",
    'feel("string", {})',
    "[{}][0]",
    "{}[0]",
    *(f'feel("{name}", {{}})' for name in sorted(feel_clock.FUNCTIONS)),
    *(
        f"{{}}.{name}"
        for name in ("year", "weekday", "second", "days", "months", "no")
    ),
)
BETWEEN = (
    *(
        f"{{}} {sign} {{}}"
        for sign in ("+", "-", "*", "/", "//", "%", "==", "<", "in", "is")
    ),
    "max({}, {})",
    "sorted([{}, {}])",
    "sum([{}, {}])",
    'feel("**", {}, {})',
    'feel("..", {}, {})',
    'feel("is", {}, {})',
    'feel("date and time", {}, {})',
    'feel("years and months duration", {}, {})',
    'feel("date", {}, {}, 1)',
    'feel("time", 23, {}, {})',
    'feel("time", 23, 0, {}, {})',
    'feel("mean", [{}, {}])',
    'feel("mode", [{}, {}])',
    'feel("distinct values", [{}, {}])',
)


def made(chance: random.Random) -> str:
    """The text of one calculation with `a` and `b`."""
    text = chance.choice(ALONE if chance.random() < 0.3 else BETWEEN)
    for name in ("a", "b"):
        operand = chance.choice(MADE).replace("{}", name)
        text = text.replace("{}", f"({operand})", 1)
    return text


def test_a_calculation_at_the_ends_has_a_value_or_is_refused() -> None:
    chance = random.Random(1)
    kept = 0
    for _number in range(MANY):
        text = made(chance)
        seen = {"a": chance.choice(VALUES), "b": chance.choice(VALUES)}
        try:
            with expressions.by_clock(NOW, "Asia/Shanghai"):
                value = expressions.evaluate(text, seen)
        except expressions.ExpressionError as refused:
            said = str(refused).replace(text, "")
            assert any("一" <= sign <= "鿿" for sign in said), text
            continue
        except Exception as failure:
            raise AssertionError((text, seen)) from failure
        kept += 1
        assert json.dumps(value) is not None
    assert kept > MANY / 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("floor(duration(x))", "整除号不用于"),
        ("even(duration(x))", "百分号不用于"),
        ("modulo(duration(x), 2)", "百分号不用于"),
        ("modulo(10, duration(x))", "百分号不用于"),
        ("date(many, 1, 1)", "没有这样的日期"),
        ("time(23, 0, many)", "没有这样的日期"),
        (
            'duration("P999999999Y") / 0.0000000000000000000000001',
            "日期超出范围",
        ),
        ('-duration("P999999999DT23H")', "日期超出范围"),
        (f'duration("P1Y") * 1{"0" * 18} * 1{"0" * 18}', "日期超出范围"),
    ],
)
def test_what_cannot_be_counted_with_is_refused(text: str, said: str) -> None:
    seen = {"x": "P1D", "many": 10**12}
    with pytest.raises(expressions.ExpressionError, match=said):
        expressions.evaluate(languages.plain_feel(text), seen)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('date(x) + duration("P1M")', "日期超出范围"),
        ('date(jan) + duration("P1M")', "2026-01-31 加上 1 个月后没有这一天"),
        ('date(mar) - duration("P1M")', "2026-03-31 减去 1 个月后没有这一天"),
        (
            'duration("P1M") > duration("P30D")',
            "年月时长和日时时长不能比较",
        ),
        (
            "date(none)",
            "没有“2026-02-30”这个日期或时间，这里要日期，写成 2026-02-03 这样",
        ),
        ("duration(jan)", "这里要时长，写成 P3D、PT8H 或 P1M 这样，“2026-01"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, said: str) -> None:
    seen = {
        "x": "9999-12-31",
        "jan": "2026-01-31",
        "mar": "2026-03-31",
        "none": "2026-02-30",
    }
    with pytest.raises(expressions.ExpressionError, match=said):
        expressions.evaluate(languages.plain_feel(text), seen)


def test_months_between_two_zones_are_counted_in_the_first_of_them() -> None:
    text = languages.plain_feel("years and months duration(x, y)")
    months = {
        end: expressions.evaluate(
            text, {"x": "2026-02-28T10:00:00+08:00", "y": end}
        )
        for end in ("2026-03-28T02:00:00Z", "2026-03-28T01:59:59Z")
    }
    assert list(months.values()) == ["P1M", "P0M"]


def test_two_texts_are_joined_in_every_edition() -> None:
    for edition in Edition:
        seen = {"x": "08:30", "y": "P3D"}
        assert expressions.evaluate("x + y", seen, edition) == "08:30P3D"


def test_the_last_month_of_all_has_a_last_day() -> None:
    text = languages.plain_feel("last day of month(x)")
    assert expressions.evaluate(text, {"x": "9999-12-05"}) == "9999-12-31"
