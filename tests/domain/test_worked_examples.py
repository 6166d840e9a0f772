"""Worked examples of statutory deadlines, each with its reason, counted twice: by the ledger and minute by
minute."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.deadlines import Ledger
from tests.domain.minutes import (
    HOLIDAYS,
    MADE_UP,
    Hours,
    after,
    after_minutes,
    between,
)

HERE, SHANGHAI = Path(__file__).parent, ZoneInfo("Asia/Shanghai")
BPMN = Path(__file__).parents[2] / "bpmn"
OFFICES = {
    "镇江": "zhenjiang",
    "青岛": "qingdao",
    "拉萨": "xizang",
    "新乡": "xinxiang",
}
with (HERE / "worked_examples.csv").open(encoding="utf-8") as file:
    EXAMPLES = list(csv.DictReader(file))
ANNOUNCED = dict.fromkeys(
    chinese_calendar.constants.holidays, False
) | dict.fromkeys(chinese_calendar.constants.workdays, True)


def hours(office: str) -> Hours:
    profile = tomllib.loads(
        (BPMN / OFFICES[office] / "jurisdiction.toml").read_text(
            encoding="utf-8"
        )
    )
    return tuple(
        (time.fromisoformat(opens), time.fromisoformat(closes))
        for opens, closes in profile["office_hours"]
    )


def events(row: dict[str, str]) -> list[tuple[str, ...]]:
    """(延, amount, unit) and (停, from, until), in order."""
    found: list[tuple[str, ...]] = []
    for text in filter(None, row["events"].split("；")):
        if extended := re.fullmatch(r"延 (\d+) (\w+)", text):
            found.append(("延", *extended.groups()))
        else:
            suspended = re.fullmatch(r"停 (.+) 至 (.+)", text)
            assert suspended, text
            found.append(("停", *suspended.groups()))
    return found


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_there_are_at_least_two_hundred_and_each_is_told_once() -> None:
    assert len(EXAMPLES) >= 200
    assert len(
        {
            tuple(
                row[key]
                for key in ("office", "start", "amount", "unit", "events")
            )
            for row in EXAMPLES
        }
    ) == len(EXAMPLES)
    assert all(row["why"] for row in EXAMPLES)


def test_the_notices_as_typed_are_those_of_the_seeded_calendar() -> None:
    for year in (2024, 2025, 2026):
        off = {
            day
            for day, worked in ANNOUNCED.items()
            if day.year == year and not worked and day.weekday() < 5
        }
        on = {
            day
            for day, worked in ANNOUNCED.items()
            if day.year == year and worked
        }
        assert off == {
            day for day in HOLIDAYS if day.year == year and day.weekday() < 5
        }
        assert on == {day for day in MADE_UP if day.year == year}


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row["no"])
def test_the_ledger_ends_as_the_example_says(row: dict[str, str]) -> None:
    calendar = WorkCalendar(
        ANNOUNCED, hours(row["office"]), "Asia/Shanghai", date(2026, 12, 31)
    )
    ledger = Ledger(
        "example",
        local(row["start"]),
        int(row["amount"]),
        row["unit"],
        "default",
    )
    for kind, first, second in events(row):
        if kind == "延":
            ledger = ledger.extend(int(first), second, ledger.start_at, "", "")
        else:
            ledger = ledger.suspend(local(first), "", "").resume(local(second))
    due = ledger.due_at(calendar)
    assert due.astimezone(SHANGHAI) == local(row["due"]), row["why"]
    assert due.tzinfo is UTC
    assert ledger.provisional(calendar) == (row["provisional"] == "是"), row[
        "why"
    ]


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row["no"])
def test_counting_minute_by_minute_ends_there_too(row: dict[str, str]) -> None:
    office, start, unit = (
        hours(row["office"]),
        datetime.fromisoformat(row["start"]),
        row["unit"],
    )
    due = after(start, int(row["amount"]), unit, office)
    for kind, first, second in events(row):
        if kind == "延":
            due = after(due, int(first), second, office)
            continue
        since, until = (
            datetime.fromisoformat(first),
            datetime.fromisoformat(second),
        )
        since = max(since, start)
        if since >= due or until <= since:
            continue
        counted = unit in ("working_days", "working_hours")
        due = (
            after_minutes(due, between(since, until, office), office)
            if counted
            else due + (until - since)
        )
    assert due == datetime.fromisoformat(row["due"]), row["why"]
