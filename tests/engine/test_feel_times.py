"""Days and times in the cells of tables, as the DMN editors write them in FEEL."""

from __future__ import annotations

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import errors
from tests.engine.test_decisions import decide, table


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('date("2026-03-01")', "2026-03-01", "2026-03-02"),
        ('>= date("2026-03-01")', "2026-03-01", "2026-02-28"),
        (
            '[date("2026-03-01")..date("2026-03-31")]',
            "2026-03-31",
            "2026-04-01",
        ),
        (
            ']date("2026-03-01")..date("2026-03-31")[',
            "2026-03-30",
            "2026-03-31",
        ),
        ('date("2026-03-01"), date("2026-05-01")', "2026-05-01", "2026-04-01"),
        ('not(date("2026-03-01"))', "2026-03-02", "2026-03-01"),
        ("< date(2026, 3, 1)", "2026-02-28", "2026-03-01"),
        ('@"2026-03-01"', "2026-03-01", "2026-03-02"),
        (
            '? >= date("2026-03-01") and ? < date("2027-01-01")',
            "2026-12-31",
            "2027-01-01",
        ),
        (
            '< date and time("2026-03-01T08:30:00")',
            "2026-03-01T08:29",
            "2026-03-01T08:30",
        ),
        (
            '>= date and time("2026-03-01T08:30:00")',
            "2026-03-01T08:30",
            "2026-03-01T08:29",
        ),
        (
            'date and time("2026-03-01T08:30:00")',
            "2026-03-01T08:30",
            "2026-03-01T08:31",
        ),
        (
            '>= date and time("2026-03-01T00:00:00")',
            "2026-03-01",
            "2026-02-28",
        ),
        (
            '> date and time("2026-03-01T00:00:00")',
            "2026-03-01T00:01",
            "2026-03-01",
        ),
        (
            '<= date and time("2026-03-01T00:00:00")',
            "2026-03-01",
            "2026-03-01T00:01",
        ),
        ('date and time("2026-03-01T00:00:00")', "2026-03-01", "2026-03-02"),
        (
            '[date and time("2026-03-01T00:00:00")..date and time("2026-03-31T23:59:59")]',
            "2026-03-31",
            "2026-04-01",
        ),
        ('>= @"2026-03-01T08:30:00"', "2026-03-01T08:30", "2026-03-01T08:29"),
        ('< time("12:00:00")', "11:59", "12:00"),
        ('[time("08:30:00")..time("17:30:00")]', "17:30", "17:31"),
        ("= time(8, 30, 0)", "08:30", "08:31"),
        (
            '? >= date and time("2026-03-01T00:00:00")',
            "2026-03-01",
            "2026-02-28",
        ),
        (
            '(date and time("2026-03-01T00:00:00")) <= ?',
            "2026-03-01",
            "2026-02-28",
        ),
        ('? = time("08:30:00")', "08:30:00", "08:31:00"),
        ('? in (time("08:30:00"), time("09:00:00"))', "09:00:00", "09:01"),
        ('? in [time("08:30:00"), time("09:00:00")]', "08:30:00", "09:01"),
        ('[time("08:30:00"), time("09:00:00")]', "08:30:00", "09:01"),
        ('list contains([time("08:30:00"), "x"], ?)', "x", "08:31"),
        (
            '? in [time("08:30:00")..time("09:00:00")]',
            "09:00:00",
            "09:00:01",
        ),
        (
            '? between time("08:30:00") and time("09:00:00")',
            "09:00:00",
            "09:00:01",
        ),
        ('(time("08:30:00"))', "08:30:00", "08:31"),
        ('? != "08:30" and ? != time("09:00:00")', "x", "09:00:00"),
        ('\'at @"08:30"\', time("09:00:00")', 'at @"08:30"', '"08:30"'),
    ],
)
def test_a_day_or_time_decides_as_it_is_written(
    cell: str, hit: str, missed: str
) -> None:
    content = table([(cell, '"yes"'), ("-", '"no"')], 'hitPolicy="FIRST"')
    assert decide(content, x=hit) == "yes"
    assert decide(content, x=missed) == "no"
    assert [
        each for each in check({"t.dmn": content}) if each.severity == "error"
    ] == []


@pytest.mark.parametrize(
    "cell",
    [
        '>= date("2026-03-01")',
        '< date and time("2026-03-01T08:30:00")',
        '[time("08:00:00")..time("09:00:00")]',
    ],
)
def test_what_has_no_day_meets_no_limit(cell: str) -> None:
    assert (
        decide(
            table([(cell, '"yes"'), ("-", '"no"')], 'hitPolicy="FIRST"'),
            x=None,
        )
        == "no"
    )


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ('date("2026-03-01")', "2026-03-01"),
        ('date and time("2026-03-01T08:30:00")', "2026-03-01T08:30"),
        ('time("08:30:15")', "08:30:15"),
        ('duration("P3D")', "P3D"),
        ('@"PT24H"', "PT24H"),
        ('if x > date("2026-01-01") then "late" else "early"', "late"),
    ],
)
def test_a_result_may_be_one(result: str, value: str) -> None:
    assert decide(table([("-", result)]), x="2026-05-01") == value


@pytest.mark.parametrize(
    "cell",
    [
        '< date("2026-02-30")',
        '< date("1.3.2026")',
        '< date("2026-03-01T08:00:00")',
        '< date and time("2026-03-01T08:00:00@Asia/Shanghai")',
        '< time("25:00:00")',
    ],
)
def test_what_would_not_compare_as_texts_do_is_refused(cell: str) -> None:
    found = [
        each
        for each in check({"t.dmn": table([(cell, '"yes"')])})
        if each.severity == "error"
    ]
    assert ["第 1 行" in each.message for each in found] == [True]


@pytest.mark.parametrize(
    ("cell", "hit", "missed"),
    [
        ('< duration("P3D")', "PT70H", "P3D"),
        ('duration("P1D")', "PT24H", "PT25H"),
        ('[duration("P1M")..duration("P1Y")]', "P12M", "P13M"),
        (
            '< date("2026-03-01") + duration("P1D")',
            "2026-03-01",
            "2026-03-02",
        ),
        ("< today()", "2026-03-01", "2026-03-02"),
        (
            '>= now() - duration("PT1H")',
            "2026-03-02T08:00",
            "2026-03-02T07:59",
        ),
        ('(? - date("2026-01-01")).days > 3', "2026-01-05", "2026-01-04"),
        ("?.year = 2026", "2026-03-01", "2025-12-31"),
        ('day of week(?) = "Sunday"', "2026-03-01", "2026-03-02"),
        ("date(?) > today()", "2026-03-03", "2026-03-02"),
        (
            '< date and time("2026-03-01T08:00:00+08:00")',
            "2026-02-28T23:59:00Z",
            "2026-03-01T00:00:00Z",
        ),
        ('? = duration("PT36H").days', 1, 2),
    ],
)
def test_what_is_worked_out_of_days_and_times_decides(
    cell: str, hit: object, missed: object
) -> None:
    content = table([(cell, '"yes"'), ("-", '"no"')], 'hitPolicy="FIRST"')
    assert decide(content, x=hit) == "yes"
    assert decide(content, x=missed) == "no"
    assert [
        each for each in check({"t.dmn": content}) if each.severity == "error"
    ] == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('< duration("P3D")', "soon"),
        ('< duration("P3D")', "P1M"),
        ("< today()", "2026-03-01T08:00:00Z"),
        ('< date and time("2026-03-01T08:00:00+08:00")', "2026-03-01T08:00"),
        ('(? - date("2026-01-01")).days > 3', 5),
        ('? - date("2026-01-01") > 3', "2026-01-05"),
    ],
)
def test_what_cannot_be_worked_out_stops_the_decision(
    cell: str, value: object
) -> None:
    with pytest.raises(errors.ExpressionFailed):
        decide(table([(cell, '"yes"')]), x=value)


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ('date(x) + duration("P10D")', "2026-05-11"),
        ('today() + duration("P1D")', "2026-03-03"),
        ("now()", "2026-03-02T09:00"),
        ("years and months duration(date(x), today())", "-P1M"),
        ('if today() > date(x) then "late" else "early"', "early"),
        ("string(now())", "2026-03-02T09:00:00"),
        ("date(x).month + 1", 6),
    ],
)
def test_a_result_may_be_worked_out(result: str, value: object) -> None:
    assert decide(table([("-", result)]), x="2026-05-01") == value


@pytest.mark.parametrize("then", ['"a"', '"a" + s', 's + "b"', "string(n)"])
@pytest.mark.parametrize(
    ("asked", "value", "is_so"),
    [
        ('x < date("2026-03-05")', "2026-03-04", True),
        ('x < date("2026-03-05")', "", False),
        ('x > date("2026-03-05")', "", False),
        ('x = date("2026-03-05")', "", False),
        ('x != date("2026-03-05")', "", True),
        ('x < date("2026-03-05")', None, False),
        ('x < date("2026-03-05")', "2026-03-04T23:59", True),
        ('x > date("2026-03-05")', "2026-03-05T10:00", True),
        ('x < time("11:00:00")', "", False),
        ('x < time("11:00:00")', "10:30", True),
    ],
)
def test_a_day_is_compared_in_one_way_whatever_stands_beside_it(
    then: str, asked: str, value: object, is_so: bool
) -> None:
    result = f'if {asked} then {then} else "no"'
    found = decide(table([("-", result)]), x=value, s="s", n=3)
    assert (found != "no") is is_so


@pytest.mark.parametrize("then", ['"a"', '"a" + s'])
def test_a_time_with_a_zone_beside_a_day_stops_whatever_stands_beside_it(
    then: str,
) -> None:
    result = f'if x < date("2026-03-05") then {then} else "no"'
    with pytest.raises(errors.ExpressionFailed):
        decide(table([("-", result)]), x="2026-03-04T10:00:00+08:00", s="s")
