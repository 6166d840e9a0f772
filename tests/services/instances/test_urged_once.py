"""Urging many at once is one line of the history, and so is reminding again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestrator.services.instances.timeline_lines import (
    TimelineEntry,
    in_fewer_lines,
    urged_once,
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


def test_of_reminders_and_copies_in_a_row_the_last_of_each_is_told() -> None:
    def copy(after: int, to: str, why: str = "还没有人领取") -> TimelineEntry:
        return replace(
            line("copied", after, title="抄送"), remark=f"{to}：{why}"
        )

    lead, help_ = "再次提醒：牵头办理", "再次提醒：协助办理"
    found = in_fewer_lines(
        [
            line("reminded", 0, title=lead),
            copy(0, "甲局"),
            copy(0, "乙局"),
            line("reminded", 60, title=help_),
            line("reminded", 61, title=lead),
            copy(61, "甲局"),
            copy(61, "乙局"),
            line("started"),
            line("reminded", 90, title=lead),
        ]
    )
    assert [(each.title, each.remark, each.at.second) for each in found] == [
        (help_, "到期未回报", 0),
        (f"{lead}（共 2 次，这是最近一次）", "到期未回报", 1),
        ("抄送（共 2 次，这是最近一次）", "甲局、乙局：还没有人领取", 1),
        ("催办：办理并回报", "到期未回报", 0),
        (lead, "到期未回报", 30),
    ]


def test_a_step_that_is_late_its_clock_and_its_urging_are_one_line() -> None:
    late = replace(
        line("overdue", 3, title="到期未办结：签收"), remark="x", step="sign"
    )
    rang = replace(line("timer-fired", title="时限到期：逾期"), step="sign")
    assert in_fewer_lines([rang, late]) == [late]
    (found,) = in_fewer_lines([rang, line(), late])
    assert found.title == "到期未办结：签收"
    assert found.remark == "x；催办：办理并回报，到期未回报"
    later = replace(late, at=AT + timedelta(minutes=2))
    by_person = replace(line(), actor_id=7)
    for told in (
        [line(), late],
        [rang, line(), later],
        [rang, by_person, late],
        [rang, line()],
        [replace(rang, step=""), line(), late],
        [replace(rang, step="handle"), line(), late],
    ):
        assert in_fewer_lines(told) == told


def test_reminders_of_two_tasks_are_not_counted_together() -> None:
    told = [
        replace(line("reminded", after, title="再次提醒：汇总"), step=step)
        for after, step in ((0, "7"), (70, "8"))
    ]
    assert in_fewer_lines(told) == told
