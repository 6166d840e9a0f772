"""Urging many at once is one line of the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from orchestrator.services.instances.timeline import TimelineEntry, urged_once

AT = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)


def line(
    kind: str = "urged", after: int = 0, who: str = "系统"
) -> TimelineEntry:
    return TimelineEntry(
        AT + timedelta(seconds=after),
        kind,
        "催办：办理并回报",
        who,
        "",
        remark="到期未回报",
    )


def test_the_same_urging_of_many_is_one_line_with_how_many_it_reached() -> (
    None
):
    found = urged_once(
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
    assert len(urged_once([line("commented"), line("commented")])) == 2, (
        "only urging is told once"
    )
