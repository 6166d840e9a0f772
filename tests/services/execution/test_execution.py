"""What waits after a command is the same on the database and in memory: tasks, for whom, until when, timers,
and the course."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.engine import EngineError
from orchestrator.engine import commands as c
from orchestrator.services import bundles
from orchestrator.services.clocks import deadlines
from orchestrator.services.designing import finished_instances
from orchestrator.services.designing.replay import Replay
from orchestrator.services.designing.replayed_instance import CachedCandidates
from orchestrator.services.execution import locked_instance, loop
from orchestrator.services.execution.answers import answer_of
from orchestrator.services.execution.changes import EFFECTS
from orchestrator.services.execution.course import course_of
from orchestrator.services.execution.due_dates import FAR_FUTURE
from orchestrator.services.execution.events import MemoryEvents
from orchestrator.services.execution.instance import CLOCK
from orchestrator.services.execution.memory import MemoryInstance
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from tests.services.execution.test_limits import _deploy
from tests.services.world import CITY, COUNTY_PATH, TENANT

REVIEWS = {
    "by name": ("deadline:review", "deadline:review"),
    "in words": ("3 个工作日", "3工作日"),
}
REVIEWS |= {
    "a plain timer": ("deadline:review", "PT72H"),
    "another deadline": ("deadline:review", "5工作日"),
}


def extend(world, row: str) -> None:
    deadlines.extend(
        row,
        deadlines.Extension(2, "working_days", "材料需外调"),
        by=world.person("zhou"),
        now=world.now,
    )


def suspend(world, row: str) -> None:
    deadlines.suspend(
        row,
        "等待鉴定",
        by=world.person("zhou"),
        now=world.now,
        review_on=date(2026, 4, 1),
    )


def resume(world, row: str) -> None:
    deadlines.resume(row, by=world.person("zhou"), now=world.now)


def replay_of(session: Any, instance_id: str) -> tuple[Replay, Any]:
    """A replay of what the instance has gone through so far, and its history."""
    own = (
        ProcessInstance.restricted,
        ProcessInstance.started_by_body,
        ProcessInstance.about_id,
    )
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS, *own).where(
            ProcessInstance.id == instance_id
        )
    ).one()
    (history,) = finished_instances.histories(session, [instance_id]).values()
    record = finished_instances.Known(session, history).record(row, history)
    replay = Replay(session, record.bundle, record, {})
    replay.run()
    return replay, history


@pytest.mark.parametrize(
    "acts",
    [
        (),
        (extend,),
        (suspend,),
        (suspend, resume),
        (extend, suspend, resume, extend),
    ],
)
@pytest.mark.parametrize("way", REVIEWS)
def test_a_replay_waits_for_the_same_as_the_database(
    world, way: str, acts: Any
) -> None:
    _deploy(world, *REVIEWS[way])
    errand = world.start()
    (row,) = world.rows(
        sa.select(Deadline.id).where(
            Deadline.instance_id == errand, Deadline.id == Deadline.task_id
        )
    )
    for act in acts:
        world.later(hours=5)
        act(world, row)
    with transaction(writing=False) as session:
        replay, history = replay_of(session, errand)
        tasks = {
            f"{errand}.{task_id}": task.due_at
            for task_id, task in replay.instance.tasks.items()
        }
        planned = {
            f"{errand}.{timer_id}": timer.due_at
            for timer_id, timer in replay.instance.timers.items()
        }
        assert tasks == {task.id: task.due_at for task in world.tasks(errand)}
        assert planned == {
            timer.id: timer.due_at for timer in world.timers(errand, "planned")
        }
        assert course_of(replay.instance.history) == course_of(history)
    assert len(planned) == 1
    assert (FAR_FUTURE in planned.values()) == (acts == (suspend,))


def in_memory(
    world, session: Any, process: str, subject: str
) -> MemoryInstance:
    bundle = bundles.assemble(
        {path.name: path.read_bytes() for path in CITY.iterdir()}, process
    )
    return MemoryInstance(
        bundle=bundle,
        actor=CLOCK,
        now=world.now,
        id=subject,
        tenant_id=TENANT,
        title=bundle.definition.name,
        territory_path=COUNTY_PATH,
        directory=CachedCandidates(session, {}),
        calendars=lambda counted_for: locked_instance.calendar(
            session, bundle, counted_for
        ),
    )


def serve(changes: Any, effect: c.ExternalTaskWanted) -> Any:
    instance = changes.instance
    return instance.advance(
        loop.answer(
            instance, effect, answer_of(effect, instance.bundle.jurisdiction)
        )
    )


@pytest.mark.parametrize("asked_first", [True, False])
def test_in_memory_a_message_reaches_the_one_that_waits_under_its_key_as_by_the_outbox(
    world, asked_first: bool
) -> None:
    with transaction(writing=False) as session:
        matters = {
            name: in_memory(world, session, "asking", name)
            for name in ("路灯", "长椅")
        }
        thrower = in_memory(world, session, "answering", "路灯")
        events, not_awaited = MemoryEvents(), []

        def begin(effect: Any, thrower_id: str) -> int:
            not_awaited.append((effect.name, thrower_id))
            return 0

        def ask() -> None:
            for name, matter in matters.items():
                matter.start({"subject": name}, {"initiator": "zhao"}, serve)

        def relay(seconds: int = 0) -> list[str]:
            def deliver(name: str, command: Any) -> None:
                matters[name].deliver(command, serve)

            events.relay(
                matters, deliver, world.now + timedelta(seconds=seconds), begin
            )
            return [
                task.effect.element_id
                for matter in matters.values()
                for task in matter.tasks.values()
            ]

        if asked_first:
            ask()
        thrown = thrower.start(
            {"subject": "路灯"}, {"initiator": "zhao"}, serve
        ).thrown
        events.throw(thrown, thrower.id, world.now)
        if not asked_first:
            assert relay() == []
            ask()
            assert (relay(), len(events.waiting())) == ([], 1), (
                "the next try is in ten seconds"
            )
        assert relay(11) == ["read_answer"]
        assert (matters["长椅"].tasks, events.waiting()) == ({}, [])
        assert not_awaited == ([] if asked_first else [("answer", "路灯")]), (
            "one that waits comes before a new one"
        )
        assert [line.kind for line in matters["路灯"].history] == [
            "started",
            "event-delivered",
        ]


def test_in_memory_a_signal_reaches_all_who_wait(world) -> None:
    with transaction(writing=False) as session:
        matters = {
            name: in_memory(world, session, "asking", name)
            for name in ("路灯", "长椅")
        }
        for name, matter in matters.items():
            matter.start({"subject": name}, {"initiator": "zhao"}, serve)
        thrower = in_memory(world, session, "answering", "警报")
        events, starting = MemoryEvents(), []

        def deliver(name: str, command: Any) -> None:
            matters[name].deliver(command, serve)

        def begin(effect: Any, thrower_id: str) -> int:
            starting.append((effect.name, thrower_id))
            return 1

        events.throw(
            thrower.start(
                {"subject": "警报"}, {"initiator": "zhao"}, serve
            ).thrown,
            thrower.id,
            world.now,
        )
        events.relay(matters, deliver, world.now, begin)
        found = [
            task.effect.element_id
            for matter in matters.values()
            for task in matter.tasks.values()
        ]
    assert found == ["take_shelter", "take_shelter"]
    assert (starting, events.waiting()) == ([("alarm", "警报")], []), (
        "a signal also starts what it can start"
    )


def test_a_group_of_another_jurisdiction_gets_no_task_on_any_backend(
    world,
) -> None:
    """The mark of the tenant in a body's id is not a way around the jurisdiction's border."""
    with transaction(writing=False) as session:
        matter = in_memory(world, session, "errand", "路灯")
        groups = [
            "elsewhere:grid-office:990100",
            f"{TENANT}:grid-office:990100",
        ]
        bodies, missing = CachedCandidates(session, {}).bodies(matter, groups)
    assert bodies == [f"{TENANT}:grid-office:990100"]
    assert [each.group for each in missing] == ["elsewhere:grid-office:990100"]
    assert "属于别的辖区" in missing[0].sentence


def test_every_effect_of_the_engine_has_its_meaning() -> None:
    assert {*EFFECTS, c.ExternalTaskWanted} == set(c.Effect.__args__)


def test_a_failed_command_leaves_an_instance_in_memory_as_it_was(
    world,
) -> None:
    with transaction(writing=False) as session:
        matter = in_memory(world, session, "errand", "路灯")
        matter.start(
            {"subject": "路灯"},
            {
                "initiator": "zhao",
                "initiator_body": f"{TENANT}:civil-affairs:990100",
            },
            serve,
        )
        before = matter.engine_state, dict(matter.tasks), list(matter.history)
        with pytest.raises(EngineError):
            matter.carry_out(c.FireTimer(c.EngineTaskId("nowhere")), serve)
        assert (
            matter.engine_state,
            matter.tasks,
            matter.history,
            matter.entries,
        ) == (
            *before,
            [],
        )
