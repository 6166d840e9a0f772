"""The calendar of a list: every day's list follows from the changes before it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from orchestrator.domain.items import Stay
from orchestrator.domain.list_calendar import (
    ENTERS,
    EXPIRES,
    IN_FORCE,
    LEAVES,
    LEAVING,
    LEFT,
    NEVER,
    PLANNED,
    TEMPORARY,
    changes,
    state_of,
)

D = date(2026, 12, 1)
DAY = timedelta(days=1)
STAYS = [
    Stay("长期", D - 30 * DAY, item_id="1"),
    Stay("将退出", D - 30 * DAY, until=D + 5 * DAY, item_id="2"),
    Stay("临时", D - 3 * DAY, last_day=D + 5 * DAY, item_id="3"),
    Stay("计划", D + 5 * DAY, item_id="4"),
    Stay("已退出", D - 30 * DAY, until=D, item_id="5"),
    Stay("未曾生效", D + 9 * DAY, until=D + 9 * DAY, item_id="6"),
    Stay(
        "提前退出的临时事项",
        D - 3 * DAY,
        until=D + 2 * DAY,
        last_day=D + 8 * DAY,
        item_id="7",
    ),
]


def test_every_item_is_named_by_how_it_stands() -> None:
    states = {stay.name: state_of(stay, D) for stay in STAYS}
    assert states == {
        "长期": IN_FORCE,
        "将退出": LEAVING,
        "临时": TEMPORARY,
        "计划": PLANNED,
        "已退出": LEFT,
        "未曾生效": NEVER,
        "提前退出的临时事项": LEAVING,
    }


def test_the_changes_come_by_day_and_what_leaves_stands_before_what_enters() -> (
    None
):
    told = [
        (each.on, each.kind, each.stay.name)
        for each in changes(STAYS, D + DAY, D + 30 * DAY)
    ]
    assert told == [
        (D + 2 * DAY, LEAVES, "提前退出的临时事项"),
        (D + 5 * DAY, LEAVES, "将退出"),
        (D + 5 * DAY, ENTERS, "计划"),
        (D + 6 * DAY, EXPIRES, "临时"),
    ]


@pytest.mark.parametrize("after", range(-40, 20))
def test_the_list_of_a_day_is_what_entered_and_did_not_leave(
    after: int,
) -> None:
    on, standing = D + after * DAY, set()
    for each in changes(STAYS, date.min, on):
        if each.kind == ENTERS:
            standing.add(each.stay.item_id)
        else:
            standing.discard(each.stay.item_id)
    assert standing == {stay.item_id for stay in STAYS if stay.holds(on)}
    listed = {IN_FORCE, TEMPORARY, LEAVING}
    assert standing == {
        stay.item_id for stay in STAYS if state_of(stay, on) in listed
    }


def test_the_last_day_that_there_is_has_no_day_after_it() -> None:
    assert [
        each.kind
        for each in changes(
            [Stay("永久", D, last_day=date.max)], date.min, date.max
        )
    ] == [ENTERS]
