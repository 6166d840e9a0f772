"""Timers whose texts are bounded, and cycles that catch up one round."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.engine import commands as c
from orchestrator.engine import timers
from orchestrator.engine.errors import TimerStandsStill
from tests.engine.diagrams import (
    END,
    NOW,
    START,
    Play,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)


def reminded(cycle: str) -> Play:
    body = (
        START
        + user("a", "b")
        + '<endEvent id="e2"/>'
        + boundary("t", "a", timer(cycle, "timeCycle"), False)
    )
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
        "R/0 0 9 * * ?",
    ],
)
def test_a_time_outside_what_anybody_means_is_refused_at_the_check_and_when_it_runs(
    text: str,
) -> None:
    form = "timeCycle" if text.startswith("R") else "timeDuration"
    with pytest.raises(timers.TimerTextInvalid):
        timers.check_text(form, text)
    with pytest.raises(timers.TimerTextInvalid):
        timers.schedule(form, text, NOW, c.Environment())


@pytest.mark.parametrize(
    "text", ["R/PT1M", "R3/PT10M", "R/2026-02-01T10:00:00/P1D", "R/P100Y"]
)
def test_what_somebody_means_is_a_cycle(text: str) -> None:
    timers.check_text("timeCycle", text)


@pytest.mark.parametrize(
    "cycle",
    [
        "R/2026-02-01T10:00:00/P1D",
        "R/2000-01-31T10:00:00/P1M",
        "R9/2026-03-01T00:00:00/PT1M",
    ],
)
def test_a_cycle_that_began_in_the_past_catches_up_one_round_and_goes_on_in_the_future(
    cycle: str,
) -> None:
    play = reminded(cycle)
    assert play.timers[-1].due_at <= NOW
    play.fire("t")
    assert play.open == ["a", "b"]
    assert play.timers[-1].due_at > NOW


def test_after_a_stop_of_the_clock_one_round_is_caught_up_and_the_hours_stay() -> (
    None
):
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


@pytest.mark.parametrize(
    ("begins", "cycle", "dates"),
    [
        ("2026-01-31T02:00", "R/P1M", ["02-28", "03-31", "04-30", "05-31"]),
        ("2026-12-30T02:00", "R4/P2M", ["02-28", "04-30", "06-30", "08-30"]),
        ("2028-02-29T02:00", "R/P1Y", ["02-28", "02-28", "02-28", "02-29"]),
    ],
)
def test_months_are_counted_from_when_the_timer_was_set_where_no_date_is_named(
    begins: str, cycle: str, dates: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.engine.diagrams.NOW",
        datetime.fromisoformat(begins).replace(tzinfo=UTC),
    )
    play, found = reminded(cycle), []
    for _round in range(4):
        play.now = play.timers[-1].due_at
        found.append(play.now.strftime("%m-%d"))
        play.fire("t")
    assert found == dates


def test_a_stop_of_months_loses_no_day_of_the_month() -> None:
    play = reminded("R/2026-03-31T10:00:00+08:00/P1M")
    play.now = datetime(2026, 9, 3, tzinfo=UTC)
    play.fire("t")
    assert play.open == ["a", "b"]
    assert play.timers[-1].due_at.strftime("%m-%d") == "09-30"
    play.now = play.timers[-1].due_at
    assert play.fire("t").timers[-1].due_at.strftime("%m-%d") == "10-31"


def test_of_counted_rounds_the_one_that_is_caught_up_counts_once() -> None:
    play = reminded("R3/PT1H")
    play.now = NOW + timedelta(hours=30)
    for left in (1, 1, 0):
        play.fire("t")
        assert len(play.timers) == left
        play.now = play.timers[-1].due_at if left else play.now
    assert play.open == ["a", "b", "b", "b"]


def test_a_cycle_that_interrupts_does_so_at_its_first_round() -> None:
    body = (
        START
        + END
        + user("a", "b")
        + boundary("t", "a", timer("R3/PT1H", "timeCycle"))
        + flow("start", "a", "end")
    )
    play = Play(body + flow("t", "b", "end")).fire("t")
    assert (play.open, play.timers) == (["b"], [])


def test_a_cycle_kept_by_an_older_version_goes_on() -> None:
    at = datetime(2026, 3, 2, 2, tzinfo=UTC)
    older = timers.Schedule(at, None, 2, "PT1H")
    following = timers.next_round(older, "UTC", at)
    assert following is not None
    assert (following.due_at, following.rounds_left) == (
        at + timedelta(hours=1),
        1,
    )


def catch(id: str, text: str, kind: str = "timeDuration") -> str:
    return f'<intermediateCatchEvent id="{id}" name="{id}">{timer(text, kind)}</intermediateCatchEvent>'


WAY_OUT = gateway("exclusive", "g", default="g_end") + flow("g", "end")


def around(*steps: str, first: str = "1 == 1") -> str:
    """A loop over these steps that a gateway leaves never."""
    return flow("start", *steps, "g") + flow(
        "g", steps[0], when=f"${{{first}}}"
    )


STILL = {
    "at once": catch("t", "PT0S") + around("t"),
    "in less than a moment": catch("t", "PT0.5S") + around("t"),
    "a day that is past": catch("t", "2020-01-01T00:00:00", "timeDate")
    + around("t"),
    "over a script": catch("t", "PT0S")
    + '<scriptTask id="s"><script>n = 1</script></scriptTask>'
    + around("t", "s"),
    "two after each other": catch("t", "PT0S")
    + catch("u", "P0D")
    + around("t", "u"),
    "at a task's border": user("a")
    + boundary("t", "a", timer("PT0S"))
    + flow("start", "a", "g")
    + flow("t", "a"),
}
MOVING = {
    "nothing goes back": catch("t", "PT0S") + flow("start", "t", "g"),
    "somebody is asked": catch("t", "PT0S") + user("a") + around("t", "a"),
    "a try every half minute": catch("t", "PT30S") + around("t"),
    "another timer waits": catch("t", "PT0S")
    + catch("u", "PT1H")
    + around("t", "u"),
    "once at a task's border": user("a")
    + boundary("t", "a", timer("PT0S"))
    + flow("start", "a", "g")
    + flow("t", "g"),
}


@pytest.mark.parametrize("kind", STILL)
def test_a_timer_that_comes_back_to_itself_at_once_is_refused(
    kind: str,
) -> None:
    found = check({"p.bpmn": document(START + END + WAY_OUT + STILL[kind])})
    assert {each.rule for each in found if each.severity == "error"} == {
        "timer-standstill"
    }


@pytest.mark.parametrize("kind", MOVING)
def test_a_timer_that_waits_somewhere_on_its_way_is_none(kind: str) -> None:
    found = check({"p.bpmn": document(START + END + WAY_OUT + MOVING[kind])})
    assert [each for each in found if each.rule == "timer-standstill"] == []


@pytest.mark.parametrize("steps", [("t",), ("t", "u")])
def test_a_computed_time_that_comes_back_to_itself_at_once_ends_with_the_reason(
    steps: tuple[str, ...],
) -> None:
    body = (
        START
        + END
        + WAY_OUT
        + "".join(catch(each, "${wait}") for each in steps)
        + around(*steps)
    )
    play = Play(body, variables={"wait": "PT0S"})
    with pytest.raises(TimerStandsStill, match="无休止地重复"):
        play.fire("t")
    assert len(Play(body, variables={"wait": "PT20S"}).fire("t").timers) == 1


CRON = {
    "0 0 9 ? * MON-FRI": "2026-03-03 09:00",
    "0 0/15 8-18 * * ?": "2026-03-02 09:15",
    "0 0 9 L * ?": "2026-03-31 09:00",
    "0 0 9 ? * 6L": "2026-03-27 09:00",
    "0 0 9 ? * FRI#3": "2026-03-20 09:00",
    "0 30 8 1,15 * ?": "2026-03-15 08:30",
    "30 0 9 * * *": "2026-03-02 09:00",
    "0 0 9 ? * FRI-MON": "2026-03-06 09:00",
    "0 0 9 ? * 1": "2026-03-08 09:00",
    "0 0 9 ? * 2/2": "2026-03-04 09:00",
    "0 0 9 29 2 ?": "2028-02-29 09:00",
    "0 0 9 1 1 ? 2030": "2030-01-01 09:00",
    "@daily": "2026-03-03 00:00",
    "@weekly": "2026-03-08 00:00",
}
"""From Monday 2 March 2026, 09:00 in Shanghai, as Quartz reads them."""


@pytest.mark.parametrize("text", CRON)
def test_a_cron_cycle_falls_due_where_quartz_says(text: str) -> None:
    timers.check_text("timeCycle", text)
    planned = timers.schedule("timeCycle", text, NOW, c.Environment())
    assert (
        planned.due_at.astimezone(ZoneInfo("Asia/Shanghai")).strftime(
            "%Y-%m-%d %H:%M"
        )
        == CRON[text]
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("* * * * * ?", "1 分钟"),
        ("0/10 * * * * ?", "1 分钟"),
        ("0,30 * * * * ?", "1 分钟"),
        ("0 9 * * 1-5", "六段"),
        ("0 0 9 1 * MON", "只能写一个"),
        ("0 0 25 * * ?", "时“25”"),
        ("0 0 9 15W * ?", "日“15W”"),
        ("0 0 9 ? * 8", "周“8”"),
        ("0 0 9 ? * 0", "周“0”"),
        ("0 ? 9 * * ?", "分“?”"),
        ("0 0 9 30 2 ?", "没有一天符合"),
        ("0 0 9 1 1 ? 1999", "没有一天符合"),
        ("@reboot", "六段"),
    ],
)
def test_a_cron_cycle_that_is_none_or_too_quick_is_told(
    text: str, told: str
) -> None:
    with pytest.raises(timers.TimerTextInvalid, match=re.escape(told)):
        timers.check_text("timeCycle", text)


def test_a_cron_cycle_goes_on_by_the_clock_on_the_wall_and_catches_up_one_round() -> (
    None
):
    play = reminded("0 0 9 ? * MON-FRI")
    dates = []
    for _round in range(4):
        play.now = play.timers[-1].due_at
        dates.append(play.now.strftime("%a %H:%M"))
        play.fire("t")
    assert dates == ["Tue 01:00", "Wed 01:00", "Thu 01:00", "Fri 01:00"]
    play.now += timedelta(days=30, hours=5)
    play.fire("t")
    assert play.timers[-1].due_at > play.now
    assert play.timers[-1].due_at - play.now < timedelta(days=3)


def test_a_cron_cycle_with_years_ends_after_the_last() -> None:
    play = reminded("0 0 9 1 6 ? 2026")
    play.now = play.timers[-1].due_at
    assert play.fire("t").timers == []
