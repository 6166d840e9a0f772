"""交办: which grids an order means, who receives it for them, and the rounds of recurring work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.domain.assignments import (
    Target,
    chosen,
    due_instant,
    missing_sentence,
    next_round,
    receivers,
)
from orchestrator.domain.jurisdiction import parse_jurisdiction
from tests.handlers.office import CITY

PROFILE = parse_jurisdiction((CITY / "jurisdiction.toml").read_text("utf-8"))
EAST = Target("g1", "东网格", "general", "/c/x/t1/v1/g1/")
PARK = Target("g2", "园区网格", "dedicated", "/c/x/t1/v1/g2/")
FAR = Target("g3", "远网格", "general", "/c/x/t2/v2/g3/")
GRIDS = [EAST, PARK, FAR]
NAMES = {
    "zhenjiang:grid-office:t1": "甲街道中心",
    "zhenjiang:grid-office:t2": "乙街道中心",
    **{
        f"zhenjiang:grid-member:g{number}": f"网格员{number}"
        for number in (1, 2, 3)
    },
}


@pytest.mark.parametrize(
    ("order", "meant"),
    [
        ({"grid_scope": "all"}, ["g1", "g2", "g3"]),
        ({"grid_scope": "kind", "grid_kind": "dedicated"}, ["g2"]),
        ({"grid_scope": "chosen", "grids": ["g3", "g1"]}, ["g1", "g3"]),
        ({"grid_scope": "chosen", "grids": "g2"}, ["g2"]),
        ({"grid_scope": "chosen", "grids": ["nowhere"]}, []),
        ({}, []),
    ],
)
def test_an_order_means_all_grids_those_of_a_kind_or_those_it_names(
    order, meant
) -> None:
    assert [each.code for each in chosen(GRIDS, order)] == meant


def test_each_township_receives_for_its_own_grids_and_the_one_that_ordered_is_marked() -> (
    None
):
    found = receivers(
        GRIDS,
        "grid-office@township",
        "zhenjiang:grid-office:t2",
        PROFILE,
        NAMES,
    )
    assert [(each["name"], each["own"]) for each in found] == [
        ("甲街道中心", False),
        ("乙街道中心", True),
    ]
    assert [[grid["bodies"] for grid in each["grids"]] for each in found] == [
        ["zhenjiang:grid-member:g1", "zhenjiang:grid-member:g2"],
        ["zhenjiang:grid-member:g3"],
    ]


@pytest.mark.parametrize(
    "gone", ["zhenjiang:grid-office:t2", "zhenjiang:grid-member:g3"]
)
def test_a_grid_without_a_body_that_receives_or_works_is_named(gone) -> None:
    names = {key: name for key, name in NAMES.items() if key != gone}
    with pytest.raises(KeyError, match="远网格"):
        receivers(GRIDS, "grid-office@township", "", PROFILE, names)


def test_a_refusal_names_the_list_the_entry_and_some_of_the_grids() -> None:
    grids = [f"第{number}网格" for number in range(1, 9)]
    told = missing_sentence("充电巡查", {"丹阳市": grids[:2], "京口区": grids})
    assert told == (
        "丹阳市的现行清单上没有“充电巡查”，不能交办给第1网格、第2网格；"
        "京口区的现行清单上没有“充电巡查”，不能交办给第1网格、第2网格、第3网格、第4网格、第5网格等 8 个网格"
    )


def test_work_is_due_when_the_office_closes() -> None:
    assert due_instant("2026-11-20", PROFILE) == "2026-11-20T17:30:00+08:00"
    assert due_instant("", PROFILE) == ""
    assert due_instant("尽快", PROFILE) == ""


@pytest.mark.parametrize(
    ("frequency", "now", "name", "due", "ends"),
    [
        (
            "day",
            "2026-12-31T15:59",
            "2026-12-31",
            "2026-12-31T17:30",
            "2027-01-01",
        ),
        (
            "day",
            "2026-12-31T16:00",
            "2027-01-01",
            "2027-01-01T17:30",
            "2027-01-02",
        ),
        (
            "week",
            "2026-12-31T02:00",
            "2026 年第 53 周",
            "2027-01-03T17:30",
            "2027-01-04",
        ),
        (
            "month",
            "2027-02-10T02:00",
            "2027 年 2 月",
            "2027-02-28T17:30",
            "2027-03-01",
        ),
        (
            "month",
            "2026-12-10T02:00",
            "2026 年 12 月",
            "2026-12-31T17:30",
            "2027-01-01",
        ),
        (
            "quarter",
            "2026-08-10T02:00",
            "2026 年第 3 季度",
            "2026-09-30T17:30",
            "2026-10-01",
        ),
        (
            "quarter",
            "2026-12-10T02:00",
            "2026 年第 4 季度",
            "2026-12-31T17:30",
            "2027-01-01",
        ),
    ],
)
def test_a_round_is_the_calendar_period_of_the_place(
    frequency, now, name, due, ends
) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_round(
        {"frequency": frequency, "round_number": 4}, PROFILE, at
    ) == {
        "round_number": 5,
        "round_name": name,
        "round_due": f"{due}:00+08:00",
        "round_ends": f"{ends}T00:00:00+08:00",
        "more_rounds": True,
    }


@pytest.mark.parametrize(
    ("now", "until", "name", "due", "ends", "more"),
    [
        ("03:59", "", "上午", "2026-12-31T12:00", "2026-12-31T12:00", True),
        ("04:00", "", "下午", "2026-12-31T17:30", "2027-01-01T00:00", True),
        (
            "02:00",
            "2026-12-31",
            "上午",
            "2026-12-31T12:00",
            "2026-12-31T12:00",
            True,
        ),
        (
            "06:00",
            "2026-12-31",
            "下午",
            "2026-12-31T17:30",
            "2027-01-01T00:00",
            False,
        ),
    ],
)
def test_work_twice_a_day_has_a_round_before_noon_and_one_after(
    now, until, name, due, ends, more
) -> None:
    at = datetime.fromisoformat(f"2026-12-31T{now}").replace(tzinfo=UTC)
    variables = {"frequency": "half-day", "until_on": until}
    assert next_round(variables, PROFILE, at) == {
        "round_number": 1,
        "round_name": f"2026-12-31 {name}",
        "round_due": f"{due}:00+08:00",
        "round_ends": f"{ends}:00+08:00",
        "more_rounds": more,
    }


def test_the_last_day_cuts_the_round_short_and_no_other_follows() -> None:
    at = datetime(2026, 12, 10, 2, tzinfo=UTC)
    found = next_round(
        {"frequency": "quarter", "until_on": "2026-12-20"}, PROFILE, at
    )
    assert (found["round_due"], found["round_ends"]) == (
        "2026-12-20T17:30:00+08:00",
        "2026-12-21T00:00:00+08:00",
    )
    assert found["more_rounds"] is False
    assert (
        next_round(
            {"frequency": "day", "until_on": "2026-12-11"}, PROFILE, at
        )["more_rounds"]
        is True
    )
