"""Matters move between versions that count their limits in different ways: named, in words, by the clock, not
at all.

The task and the reminder at its border go together or apart.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import deadlines, late_tasks, timers
from orchestrator.services.instances import migration
from orchestrator.services.records import history
from orchestrator.store.moves import MoveResult
from orchestrator.store.timers import Deadline
from tests.handlers.redeploy import files, redeploy
from tests.handlers.test_moving import begin, entries, instance, move, timer

TASK = 'camunda:candidateGroups="grid-office@same" camunda:dueDate="deadline:review_application"'
TIMER = "deadline:review_application</bpmn:timeDuration>"
LIMITS = {
    "named": "deadline:approve_application",
    "words": "3工作日",
    "clock": "PT72H",
    "none": "",
}
FIRST = "zhenjiang:item_admission:1"
_TASKS, _OWN = [*LIMITS, "as before"], ["named", "words", "clock", "as before"]
BOTH = [
    (task, own)
    for i, task in enumerate(_TASKS)
    for j, own in enumerate(_OWN)
    if (i + j) % 2
]
"""Half of all pairs; each way of counting stands beside two or three of the others."""


def changes(task: str, own: str) -> list[tuple[str, str]]:
    """The review's limit, and that of the reminder at its border, as the new version writes them."""
    found = [('name="审核申请" ', 'name="审核准入申请" ')]
    if task != "as before":
        due = f' camunda:dueDate="{LIMITS[task]}"' if LIMITS[task] else ""
        found.append(
            (TASK, f'camunda:candidateGroups="grid-office@same"{due}')
        )
    if own != "as before":
        found.append((TIMER, f"{LIMITS[own]}</bpmn:timeDuration>"))
    return found


def waits(office, matter: str):
    (task,), (reminder,) = office.open_tasks(matter), timer(office, matter)
    return task.due_at, reminder.due_at


def finish(office, matter: str) -> None:
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="材料齐全",
    )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意纳入",
    )
    assert office.elements(matter) == ["organize_implementation"]
    assert office.incidents(matter) == []
    assert history.verify(matter) == []


@pytest.mark.one_database
def test_a_moved_matter_is_due_as_one_that_began_there_and_as_before_when_it_comes_back(
    office,
) -> None:
    """Each way of counting a task's limit with ways of counting its reminder's, in one database to be
    quick."""
    there, back = begin(office), begin(office, "晨间巡查")
    for task, own in BOTH:
        begun, before = office.now, waits(office, back)
        twin_of = begin(office, f"{task} {own}")
        version = redeploy(
            office,
            *changes(task, own),
            (
                "</bpmn:definitions>",
                f"<!-- {task} {own} --></bpmn:definitions>",
            ),
        )
        twin = begin(office, f"比对 {task} {own}")
        assert instance(office, twin).definition_id == version
        seconds = office.now - begun
        office.later(hours=1)
        assert [
            each.refused
            for each in move(office, version, twin_of, there, back)
        ] == [(), (), ()], (
            task,
            own,
        )
        for home in (FIRST, version, FIRST):
            assert move(office, home, back)[0].refused == (), (task, own)
        for moved, began in zip(
            waits(office, twin_of), waits(office, twin), strict=True
        ):
            assert (moved is None) == (began is None), (task, own)
            assert moved is None or timedelta(0) <= began - moved <= seconds, (
                task,
                own,
            )
        assert waits(office, back) == before, (task, own)
        (row,) = office.rows(
            sa.select(Deadline).where(Deadline.instance_id == back)
        )
        assert (
            timer(office, back)[0].deadline_id
            == row.id
            == office.open_tasks(back)[0].id
        )
        finish(office, twin_of)
        move(office, FIRST, there)
        redeploy(office, *[(new, old) for old, new in changes(task, own)])
    finish(office, there)
    finish(office, back)


@pytest.mark.one_database
def test_a_task_that_had_no_limit_gets_one_from_when_it_was_opened(
    office,
) -> None:
    bare = redeploy(office, *changes("none", "as before"))
    matter = begin(office)
    assert (
        office.open_tasks(matter)[0].due_at,
        instance(office, matter).definition_id,
    ) == (None, bare)
    office.later(days=1)
    (moved,) = move(office, FIRST, matter)
    assert moved.refused == ()
    task_due, reminded = waits(office, matter)
    assert task_due == reminded


def test_an_extension_is_kept_where_the_limit_is_still_counted_in_a_ledger(
    office,
) -> None:
    for task, own in [
        (task, own)
        for task, own in BOTH
        if task not in ("clock", "none") and own in ("words", "as before")
    ]:
        matter = begin(office, f"{task} {own}")
        (row,) = office.open_tasks(matter)
        deadlines.extend(
            row.id,
            deadlines.Extension(3, "working_days", "材料多"),
            office.person("zj-wgb"),
            office.now,
        )
        assert (
            move(office, redeploy(office, *changes(task, own)), matter)[
                0
            ].refused
            == ()
        )
        kept = office.rows(sa.select(Deadline).where(Deadline.id == row.id))[0]
        assert [each["amount"] for each in kept.entries] == [3]
        finish(office, matter)
        redeploy(office, *[(new, old) for old, new in changes(task, own)])


def test_an_extension_that_the_new_version_cannot_count_is_told(
    office,
) -> None:
    matter = begin(office)
    (row,) = office.open_tasks(matter)
    deadlines.extend(
        row.id,
        deadlines.Extension(3, "working_days", "材料多"),
        office.person("zj-wgb"),
        office.now,
    )
    (moved,) = move(
        office, redeploy(office, *changes("clock", "as before")), matter
    )
    assert (
        "“审核准入申请”的时限改变算法，已批准的延期不再计入" in moved.changed
    )


@pytest.mark.one_database
def test_a_suspended_matter_stays_suspended_or_is_told_why_it_stays(
    office,
) -> None:
    for task, own in [
        (task, own) for task, own in BOTH if own in ("words", "as before")
    ]:
        matter = begin(office, f"{task} {own}")
        (row,), stands = (
            office.open_tasks(matter),
            instance(office, matter).definition_id,
        )
        deadlines.suspend(
            row.id,
            "等待上级批复",
            office.person("zj-wgb"),
            office.now,
            date(2026, 12, 30),
        )
        office.later(minutes=1)
        (moved,) = move(office, redeploy(office, *changes(task, own)), matter)
        if task in ("clock", "none"):
            assert moved.refused == (
                "“审核准入申请”正在挂账，新版的时限不能挂账，请先恢复办理再移动",
            )
            assert instance(office, matter).definition_id == stands
        else:
            assert moved.refused == ()
            assert office.open_tasks(matter)[0].due_at is None
        deadlines.resume(row.id, office.person("zj-wgb"), office.now)
        assert all(each.year < 9999 for each in waits(office, matter)), (
            task,
            own,
        )
        finish(office, matter)
        redeploy(office, *[(new, old) for old, new in changes(task, own)])


def test_a_reminder_that_begins_at_a_suspended_step_stands_still_with_it(
    office,
) -> None:
    for own, waits_for in [("clock", timedelta(hours=71)), ("named", None)]:
        matter = begin(office, own)
        (row,) = office.open_tasks(matter)
        office.later(hours=1)
        deadlines.suspend(
            row.id,
            "等待上级批复",
            office.person("zj-wgb"),
            office.now,
            date(2026, 12, 30),
        )
        office.later(hours=5)
        (moved,) = move(
            office, redeploy(office, *changes("as before", own)), matter
        )
        assert moved.refused == ()
        assert timer(office, matter)[0].suspended
        office.later(hours=5)
        deadlines.resume(row.id, office.person("zj-wgb"), office.now)
        due = waits(office, matter)[1]
        assert due.year < 9999 and (
            waits_for is None
            or abs(due - office.now - waits_for) < timedelta(minutes=1)
        )
        finish(office, matter)
        redeploy(
            office, *[(new, old) for old, new in changes("as before", own)]
        )


@pytest.mark.one_database
def test_a_reminder_that_parted_from_its_task_fires_on_its_own_day(
    office,
) -> None:
    matter = begin(office)
    _due, reminded = waits(office, matter)
    move(office, redeploy(office, *changes("words", "as before")), matter)
    assert waits(office, matter)[1] == reminded
    office.now = reminded + timedelta(minutes=1)
    timers.fire_due(office.now)
    assert len(entries(office, matter, "timer-fired")) == 1
    finish(office, matter)


def test_a_matter_that_cannot_be_moved_for_an_unforeseen_cause_keeps_no_other_from_moving(
    office, monkeypatch
) -> None:
    first, second = begin(office), begin(office, "晨间巡查")
    version = redeploy(office, *changes("words", "as before"))
    carry_over = migration.migration_rows.carry_over

    def stumbling(running, *given):
        if running.id == first:
            raise ZeroDivisionError
        return carry_over(running, *given)

    monkeypatch.setattr(migration.migration_rows, "carry_over", stumbling)
    told = move(office, version, first, second)
    assert [each.refused for each in told] == [(migration.UNFORESEEN,), ()]
    kept = office.rows(sa.select(MoveResult).order_by(MoveResult.number))
    assert [(each.instance_id, each.refused) for each in kept] == [
        (first, [migration.UNFORESEEN]),
        (second, []),
    ]
    assert {
        (each.person_id, each.definition_id, each.at) for each in kept
    } == {(office.person("designer"), version, office.now)}
    assert told[0].business_key
    assert [
        instance(office, each).definition_id for each in (first, second)
    ] == [
        FIRST,
        version,
    ]
    assert entries(office, first) == []


@pytest.mark.one_database
def test_more_than_can_be_moved_at_once_are_told_so(
    office, monkeypatch
) -> None:
    first, second = begin(office), begin(office, "晨间巡查")
    monkeypatch.setattr(migration, "MOST", 1)
    told = move(
        office, redeploy(office, *changes("words", "words")), first, second
    )
    assert [bool(each.refused) for each in told] == [False, True]
    assert "再选一次" in told[1].refused[0]


def test_the_changes_are_those_of_the_diagram(office) -> None:
    text = files()["item_admission.bpmn"].decode()
    assert (text.count(TASK), text.count(TIMER)) == (1, 1)


LATER_STAGE = (
    "[[overdue.default]]\n",
    '[[overdue.default]]\nafter = 1\nunit = "working_days"\ncopy_to = ["grid-office@city"]\n'
    'citation = "default"\n\n[[overdue.default]]\n',
)


def test_a_late_task_that_moves_is_reminded_of_as_the_new_version_says(
    office,
) -> None:
    matter = begin(office)
    office.later(days=30)
    late_tasks.sweep(office.now)
    late_tasks.sweep(office.now)
    assert len(entries(office, matter, "overdue")) == 1
    version = redeploy(
        office, ('name="审核申请" ', 'name="审核准入" '), profile=LATER_STAGE
    )
    (moved,) = move(office, version, matter)
    assert moved.refused == ()
    office.later(minutes=1)
    late_tasks.sweep(office.now)
    (copied,) = entries(office, matter, "copied")
    assert copied.data["to"] == "zhenjiang:grid-office:321100"
    # What the former version had done is not done twice.
    assert len(entries(office, matter, "overdue")) == 1
