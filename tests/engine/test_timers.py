"""Timers whose texts are bounded, and cycles that catch up one round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.engine import commands as c
from orchestrator.engine import timers
from tests.engine.diagrams import END, NOW, START, Play, boundary, flow, timer, user


def reminded(cycle: str) -> Play:
    body = START + user("a", "b") + '<endEvent id="e2"/>' + boundary("t", "a", timer(cycle, "timeCycle"), False)
    return Play(body + END + flow("start", "a", "end") + flow("t", "b", "e2"))


@pytest.mark.parametrize(
    "text",
    [
        "R/PT0.000001S",
        "R/PT59S",
        "R3/P0D",
        "R0/PT1H",
        "R/P101Y",
        f"R{'9' * 5_000}/PT1H",
        "R/P99999999999D",
        "R/0001-01-01T00:00:00/P1D",
        "P101Y",
        "P99999999999999Y",
        "P1200M1D" + "0" * 50,
        "3" + " " * 50_000 + "x",
        "P" * 50_000,
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_outside_what_anybody_means_is_refused_at_the_check_and_when_it_runs(text: str) -> None:
    form = "timeCycle" if text.startswith("R") else "timeDuration"
    with pytest.raises(timers.TimerTextInvalid):
        timers.check_text(form, text)
    with pytest.raises(timers.TimerTextInvalid):
        timers.schedule(form, text, NOW, c.Environment())


@pytest.mark.parametrize("text", ["R/PT1M", "R3/PT10M", "R/2026-02-01T10:00:00/P1D", "R/P100Y"])
def test_what_somebody_means_is_a_cycle(text: str) -> None:
    timers.check_text("timeCycle", text)


@pytest.mark.parametrize("cycle", ["R/2026-02-01T10:00:00/P1D", "R/2000-01-31T10:00:00/P1M", "R9/2026-03-01T00:00:00/PT1M"])
def test_a_cycle_that_began_in_the_past_catches_up_one_round_and_goes_on_in_the_future(cycle: str) -> None:
    play = reminded(cycle)
    assert play.timers[-1].due_at <= NOW
    play.fire("t")
    assert play.open == ["a", "b"]
    assert play.timers[-1].due_at > NOW


def test_after_a_stop_of_the_clock_one_round_is_caught_up_and_the_hours_stay() -> None:
    play = reminded("R/PT1H")
    play.now = NOW + timedelta(hours=72, minutes=20)
    play.fire("t")
    assert play.open == ["a", "b"]
    assert play.timers[-1].due_at == NOW + timedelta(hours=73)


def test_monthly_rounds_are_counted_from_the_first_date() -> None:
    play = reminded("R/2026-03-31T10:00:00+08:00/P1M")
    dates = []
    for _round in range(4):
        play.now = play.timers[-1].due_at
        dates.append(play.now.strftime("%m-%d"))
        play.fire("t")
    assert dates == ["03-31", "04-30", "05-31", "06-30"]


def test_a_cycle_kept_by_an_older_version_goes_on() -> None:
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    older = timers.Schedule(at, None, 2, "PT1H")
    following = timers.next_round(older, "UTC", at)
    assert following is not None
    assert (following.due_at, following.rounds_left) == (at + timedelta(hours=1), 1)
