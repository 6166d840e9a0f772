"""What the profile says of late tasks and of urgent ones that nobody takes is done once, when it is due, and
no more when somebody acts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.reminders import OverdueRule
from orchestrator.services import access, user_tasks
from orchestrator.services.clocks import (
    deadlines,
    late_tasks,
    reminding,
    timers,
    unclaimed_tasks,
)
from orchestrator.services.instances import case_view
from orchestrator.services.notifications import collecting, due
from orchestrator.store.instances import Copy, HistoryEntry
from orchestrator.store.notifications import Notification
from orchestrator.store.reminders import TaskReminder
from orchestrator.store.session import transaction
from tests.services.world import World

ANSWER = (
    '<startEvent id="begin"/><scriptTask id="set" scriptFormat="python"><script>%s</script></scriptTask>'
    '<userTask id="answer" name="答复" camunda:candidateGroups="civil-affairs@county"'
    ' camunda:dueDate="deadline:answer"><documentation>依据：默认</documentation></userTask>'
    '<endEvent id="over"/><sequenceFlow id="a" sourceRef="begin" targetRef="set"/>'
    '<sequenceFlow id="b" sourceRef="set" targetRef="answer"/>'
    '<sequenceFlow id="c" sourceRef="answer" targetRef="over"/>'
)


def begin(world: World, set_first: str) -> str:
    """Id of a matter whose only task waits for the department; its variables are set so."""
    world.draw("asked", ANSWER % f'asked_level = "county"; {set_first}')
    return world.start("asked")


@pytest.fixture
def late(world: World) -> str:
    """Id of a matter whose only task fell due a minute ago."""
    matter = begin(world, "")
    world.later(hours=24, minutes=1)
    return matter


def look(world: World) -> None:
    late_tasks.sweep(world.now)
    unclaimed_tasks.sweep(world.now)


def copies(world: World, matter: str) -> list[str]:
    query = sa.select(Copy.body_id).where(Copy.instance_id == matter)
    return sorted(each.split(":")[1] + each[-4:] for each in world.rows(query))


def entries(world: World, matter: str, kind: str) -> list[str]:
    query = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == matter, HistoryEntry.kind == kind
    )
    return [each.data.get("reason", "") for each in world.rows(query)]


def test_stage_after_stage_is_done_once_and_anew_after_an_extension(
    world: World, late: str
) -> None:
    look(world)
    look(world)
    assert entries(world, late, "overdue") == ["“答复”到期没有办结"]
    assert copies(world, late) == ["police0100"]
    assert world.task(late, "answer").urged_at == world.now
    world.later(hours=48)
    look(world)
    look(world)
    assert copies(world, late) == ["grid-office0000", "police0100"]
    assert entries(world, late, "overdue-escalated") == [
        "“答复”到期没有办结，已逾期2天"
    ]
    deadlines.extend(
        world.task(late, "answer").id,
        deadlines.Extension(3, "working_days", "等配件"),
        world.person("wang"),
        world.now,
    )
    look(world)
    assert len(entries(world, late, "overdue")) == 2
    world.later(days=6)
    look(world)
    assert len(entries(world, late, "overdue")) == 4


CLOCK = (
    '<boundaryEvent id="clock" name="答复逾期" attachedToRef="answer" cancelActivity="false">'
    "<timerEventDefinition><timeDuration>deadline:answer</timeDuration></timerEventDefinition></boundaryEvent>"
    '<endEvent id="rung"/><sequenceFlow id="rings" sourceRef="clock" targetRef="rung"/>'
)


@pytest.mark.one_database
def test_the_story_tells_once_that_a_step_is_late(world: World) -> None:
    body = ANSWER % 'asked_level = "county"'
    world.draw("asked", body + CLOCK)
    matter = world.start("asked")
    world.later(hours=24, minutes=1)
    timers.fire_due(world.now)

    def seen() -> case_view.CaseView:
        with transaction(writing=False) as session:
            who = access.viewer(session, world.person("zhao"), world.now)
            assert who is not None
            return case_view.look(session, who, matter, world.now)

    assert [line.title for line in seen().lines[1:]] == ["时限到期：答复逾期"]
    late_tasks.sweep(world.now)
    view = seen()
    told = [line.title for line in view.lines]
    assert "到期未办结：答复" in told
    assert "时限到期：答复逾期" not in told
    # A dossier keeps every line.
    kept = [line.title for line in view.steps]
    assert {"到期未办结：答复", "时限到期：答复逾期"} <= set(kept)


@pytest.mark.one_database
def test_nothing_is_done_about_what_was_completed_or_stands_still(
    world: World, late: str
) -> None:
    task = world.task(late, "answer")
    deadlines.suspend(
        task.id,
        "等批复",
        world.person("wang"),
        world.now,
        (world.now + timedelta(days=9)).date(),
    )
    look(world)
    assert entries(world, late, "overdue") == []
    deadlines.resume(task.id, world.person("wang"), world.now)
    world.complete(task.id, by="zhao")
    world.later(days=9)
    look(world)
    assert entries(world, late, "overdue") == []


@pytest.mark.one_database
def test_the_end_of_a_promised_day_is_waited_for(world: World) -> None:
    matter = begin(world, 'subject = "2026-03-06"')
    world.later(days=4, hours=14, minutes=59)
    look(world)
    assert entries(world, matter, "bulletin") == []
    world.later(minutes=2)
    look(world)
    assert entries(world, matter, "bulletin") == [
        "“答复”承诺的日期 2026-03-06 已过，仍未办结"
    ]


def test_a_late_task_is_urged_again_and_again_until_it_is_done(
    world: World, late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = OverdueRule(
        repeat=2,
        unit="hours",
        notice=True,
        mark=True,
        copy_to=("police@county",),
    )
    once = OverdueRule(after=3, unit="hours", bulletin=True)
    monkeypatch.setattr(late_tasks, "stages_of", lambda *_: (every, once))
    urged = []
    for hours in (0, 0, 1, 1, 1, 0, 7):
        world.later(hours=hours)
        look(world)
        urged.append(len(entries(world, late, "overdue")))
    assert urged == [1, 1, 1, 2, 2, 2, 3], "what was missed is told once"
    assert len(entries(world, late, "bulletin")) == 1
    collecting.collect(world.now)
    told = sa.select(Notification).where(Notification.kind == "overdue")
    assert world.rows(told), "who has it is notified each further time"
    world.complete(world.task(late, "answer").id, "zhao")
    world.later(hours=5)
    look(world)
    assert len(entries(world, late, "overdue")) == 3


def test_the_profile_says_who_is_notified_of_a_late_task_and_when(
    world: World, late: str
) -> None:
    world.now -= timedelta(hours=1)
    due.sweep(world.now)
    world.later(hours=1)
    look(world)
    due.sweep(world.now)
    collecting.collect(world.now)
    told = sa.select(Notification).where(Notification.kind == "overdue")
    assert world.rows(told) == []
    world.later(hours=48)
    look(world)
    collecting.collect(world.now)
    assert len(world.rows(told)) == 2


def test_an_urgent_task_is_told_of_again_until_somebody_claims_it(
    world: World,
) -> None:
    matter = begin(world, 'priority = "urgent"')
    look(world)
    assert copies(world, matter) == ["police0100"]
    world.later(minutes=29)
    look(world)
    assert entries(world, matter, "reminded") == []
    world.later(minutes=1)
    look(world)
    look(world)
    assert entries(world, matter, "reminded") == [
        "“答复”还没有人领取，请立即办理"
    ]
    collecting.collect(world.now)
    urged = sa.select(Notification).where(Notification.kind == "urged")
    assert len(world.rows(urged)) == 2
    assert copies(world, matter) == ["police0100"]
    world.later(hours=12)
    look(world)
    assert copies(world, matter) == ["grid-office0000", "police0100"]
    collecting.collect(world.now)
    unread = urged.where(Notification.read_at.is_(None))
    assert len(world.rows(urged)) == 4
    assert [each.at for each in world.rows(unread)] == [world.now] * 2
    world.later(minutes=30)
    look(world)
    collecting.collect(world.now)
    on_call = sa.select(Notification).where(
        Notification.kind == "copied",
        Notification.words.startswith("非工作时间"),
    )
    told, unread = (
        len(world.rows(query))
        for query in (on_call, on_call.where(Notification.read_at.is_(None)))
    )
    assert told == 2 * unread > 0, "the later copy stands for the earlier one"
    user_tasks.claim(
        world.task(matter, "answer").id, world.person("zhao"), world.now
    )
    world.later(hours=5)
    look(world)
    assert len(entries(world, matter, "reminded")) == 3
    (row,) = world.rows(
        sa.select(TaskReminder).where(TaskReminder.kind == "unclaimed")
    )
    assert row.times == 3


def test_how_late_something_is_is_told_in_days_from_the_first_on() -> None:
    due = datetime(2026, 3, 2, 1, tzinfo=UTC)
    told = {
        minutes: reminding.how_late(due, due + timedelta(minutes=minutes))
        for minutes in (59, 60, 24 * 60 - 1, 24 * 60, 48 * 60)
    }
    assert told == {
        59: "",
        60: "1小时",
        24 * 60 - 1: "23小时",
        24 * 60: "1天",
        48 * 60: "2天",
    }
