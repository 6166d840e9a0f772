"""Periods, rounding and rates of figures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orchestrator.domain import figures, periods


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (0, 0, None),
        (0, 9, 0.0),
        (9, 9, 100.0),
        (1, 3, 33.3),
        (2, 3, 66.7),
        (1, 9999, 0.1),
        (9998, 9999, 99.9),
    ],
)
def test_a_rate_is_whole_only_where_nothing_is_missing(
    part: int, whole: int, told: float | None
) -> None:
    assert figures.percent(part, whole) == told


def test_a_longer_time_is_never_rounded_to_less() -> None:
    told = [
        figures.rounded(timedelta(minutes=minutes))
        for minutes in range(20_000)
    ]
    assert (
        told == sorted(told)
        and told[0] == 0
        and told[29] == 30
        and told[-1] == 20_160
    )
    assert (
        max(abs(minutes - each) for minutes, each in enumerate(told[:480]))
        <= 15
    )


@pytest.mark.parametrize(
    ("period", "months", "before"),
    [
        ("2026-01", ["2026-01"], "2025-12"),
        ("2026Q1", ["2026-01", "2026-02", "2026-03"], "2025Q4"),
        ("2026Q4", ["2026-10", "2026-11", "2026-12"], "2026Q3"),
        ("2026", [f"2026-{month:02d}" for month in range(1, 13)], "2025"),
        ("2026-13", [], ""),
        ("1", [], ""),
        ("", [], ""),
    ],
)
def test_a_period_has_months_and_one_before_it(
    period: str, months: list[str], before: str
) -> None:
    assert (list(periods.months_of(period)), periods.before(period)) == (
        months,
        before,
    )


def test_months_go_back_over_the_year() -> None:
    assert periods.months_back("2026-02", 4) == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert (
        periods.month_of(date(2026, 3, 9)),
        periods.quarter_of(date(2026, 3, 9)),
    ) == ("2026-03", "2026Q1")
