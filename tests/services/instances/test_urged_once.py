"""Urging many at once is one line of the history, and so is reminding again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.services.instances.timeline_lines import (
    TimelineEntry,
    in_fewer_lines,
)

AT = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)


def line(
    kind: str = "urged",
    after: int = 0,
    who: str = "系统",
    title: str = "催办：办理并回报",
) -> TimelineEntry:
    return TimelineEntry(
        AT + timedelta(seconds=after),
        kind,
        title,
        who,
        "",
        remark="到期未回报",
    )


def test_the_same_urging_of_many_is_one_line_with_how_many_it_reached() -> (
    None
):
    found = in_fewer_lines(
        [
            line("started"),
            line(),
            line(after=2),
            line(after=5),
            line(who="林文静"),
            line(after=90),
        ]
    )
    assert [(each.kind, each.title, each.who) for each in found] == [
        ("started", "催办：办理并回报", "系统"),
        ("urged", "催办：办理并回报（3 处）", "系统"),
        ("urged", "催办：办理并回报", "林文静"),
        ("urged", "催办：办理并回报", "系统"),
    ]
    assert len(in_fewer_lines([line("commented"), line("commented")])) == 2, (
        "only urging is told once"
    )


def test_of_reminders_in_a_row_the_last_of_each_step_is_told() -> None:
    given = [
        line("reminded", 0, title="再次提醒：牵头办理"),
        line("reminded", 1, title="再次提醒：协助办理"),
        line("reminded", 2, title="再次提醒：牵头办理"),
        line("started"),
        line("reminded", 3, title="再次提醒：牵头办理"),
    ]
    assert in_fewer_lines(given) == given[1:]
