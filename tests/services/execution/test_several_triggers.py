"""Events with several triggers on the database: rows of what waits, starts by either trigger, and back-tests
of them and of conditions, cron cycles and calls by expression, which are the same as what was."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import messages, timers
from orchestrator.services.execution.course import course_of
from orchestrator.services.instances import event_starts
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.start_events import StartEvent
from tests.engine.diagrams import (
    END,
    START,
    boundary,
    document,
    flow,
    gateway,
    timer,
    user,
)
from tests.engine.drawn import catch
from tests.engine.drawn_elsewhere import condition
from tests.engine.drawn_several import HOUR, all_of
from tests.services.execution.test_execution import replay_of
from tests.services.world import TENANT

DEFINED = '<message id="ms" name="order"/><signal id="sg" name="flood"/>'
MESSAGE, SIGNAL = (
    '<messageEventDefinition messageRef="ms"/>',
    '<signalEventDefinition signalRef="sg"/>',
)
GROUND = "<documentation>依据：默认</documentation>"
TASK = user("a") + END + flow("a", "end")


def waiting(world, instance_id: str) -> list[str]:
    """Kinds of what the instance waits for."""
    heard = world.rows(
        sa.select(EventSubscription.kind).where(
            EventSubscription.instance_id == instance_id
        )
    )
    return sorted(
        [*heard, *("timer" for _each in world.timers(instance_id, "planned"))]
    )


def either(world) -> str:
    event = catch("x", GROUND + MESSAGE + SIGNAL + timer("PT1H"))
    world.draw("own", START + event + TASK + flow("start", "x", "a"), DEFINED)
    return world.start("own")


@pytest.mark.one_database
def test_each_trigger_has_its_row_and_the_first_to_come_closes_the_others(
    world,
):
    first = either(world)
    assert waiting(world, first) == ["message", "signal", "timer"]
    assert (
        messages.deliver_message(
            TENANT, "order", None, {"subject": "路灯"}, world.now
        )
        == 1
    )
    assert (world.elements(first), waiting(world, first)) == (["a"], [])
    second, third = world.start("own"), world.start("own")
    assert waiting(world, second) == ["message", "signal", "timer"]
    messages.deliver_signal(TENANT, "flood", {}, world.now)
    while messages.relay(world.now):
        pass
    assert [world.elements(each) for each in (second, third)] == [["a"], ["a"]]
    assert waiting(world, second) == waiting(world, third) == []


def test_a_timer_among_several_fires_by_the_clock(world):
    matter = either(world)
    world.later(hours=2)
    timers.fire_due(world.now)
    assert (world.elements(matter), waiting(world, matter)) == (["a"], [])


@pytest.mark.one_database
def test_where_all_must_come_the_rows_go_one_after_another(world):
    event = all_of(catch("x", GROUND + MESSAGE + timer("PT1H")))
    world.draw("own", START + event + TASK + flow("start", "x", "a"), DEFINED)
    matter = world.start("own")
    messages.deliver_message(TENANT, "order", None, {}, world.now)
    assert (world.elements(matter), waiting(world, matter)) == ([], ["timer"])
    world.later(hours=2)
    timers.fire_due(world.now)
    assert (world.elements(matter), waiting(world, matter)) == (["a"], [])


def begun(world) -> int:
    return len(
        world.rows(
            sa.select(ProcessInstance.id).where(
                ProcessInstance.process_key == "own"
            )
        )
    )


def test_each_trigger_of_a_start_starts_an_instance(world):
    clocks = timer("R/P1D", "timeCycle") + timer("PT2H")
    event = (
        f'<startEvent id="x">{GROUND}{MESSAGE}{SIGNAL}{clocks}</startEvent>'
    )
    world.draw("own", event + TASK + flow("x", "a"), DEFINED)
    assert messages.deliver_message(TENANT, "order", None, {}, world.now) == 1
    assert begun(world) == 1
    messages.deliver_signal(TENANT, "flood", {}, world.now)
    while messages.relay(world.now):
        pass
    assert begun(world) == 2
    world.later(hours=3)
    assert event_starts.fire_due(world.now) == 1
    world.later(days=1)
    assert event_starts.fire_due(world.now) == 1
    rows = world.rows(sa.select(StartEvent).order_by(StartEvent.number))
    assert [(each.kind, each.state) for each in rows] == [
        ("message", "listening"),
        ("signal", "listening"),
        ("timer", "planned"),
        ("timer", "done"),
    ]


def test_two_conditions_of_one_start_start_one_instance(world):
    event = f'<startEvent id="x">{condition("level == 2")}{condition("level > 1")}</startEvent>'
    world.draw("own", event + TASK + flow("x", "a"))
    assert (
        event_starts.by_condition(TENANT, {"level": 2}, world.now).started == 1
    )
    assert (
        event_starts.by_condition(TENANT, {"level": 0}, world.now).started == 0
    )
    assert begun(world) == 1


TWO = (
    user("a", "b")
    + gateway("parallel", "g")
    + flow("start", "g", "a", "end")
    + flow("g", "b", "end")
)


def at_border(
    event: str, interrupting: bool = False, together: bool = False
) -> str:
    held = boundary("x", "a", GROUND + event, interrupting)
    held = all_of(held) if together else held
    return START + END + TWO + held + user("c") + flow("x", "c", "end")


def message(world) -> None:
    messages.deliver_message(TENANT, "order", None, {"grade": 2}, world.now)


def signal(world) -> None:
    messages.deliver_signal(TENANT, "flood", {}, world.now)
    while messages.relay(world.now):
        pass


def hour(world) -> None:
    world.later(hours=1)
    timers.fire_due(world.now)


def done(element_id: str, **data: object):
    def act(world) -> None:
        matter = world.rows(
            sa.select(ProcessInstance.id).where(
                ProcessInstance.process_key == "own"
            )
        )[0]
        world.complete(world.task(matter, element_id).id, "wang", **data)

    return act


CALLED = document(
    START + user("q1") + END + flow("start", "q1", "end"), key="called_one"
)
CALL = '<callActivity id="call" calledElement="${chosen}"/>'
PLAYED = {
    "either of three, by a message": (
        at_border(MESSAGE + SIGNAL + HOUR),
        (message, message),
    ),
    "either of three, by a signal and the clock": (
        at_border(MESSAGE + SIGNAL + HOUR),
        (signal, hour),
    ),
    "either of two, interrupting": (
        at_border(MESSAGE + timer("PT1H"), True),
        (hour,),
    ),
    "all of two": (at_border(MESSAGE + HOUR, together=True), (message, hour)),
    "all of two, the clock first": (
        at_border(MESSAGE + HOUR, True, together=True),
        (hour, message),
    ),
    "two timers": (at_border(timer("PT1H") + timer("PT2H")), (hour, hour)),
    "a condition that a message fulfils": (
        at_border(condition("grade == 2"))
        + catch("m", MESSAGE)
        + flow("g", "m", "end"),
        (message,),
    ),
    "a condition that does not interrupt": (
        at_border(condition("defined('b_on')")),
        (done("b"),),
    ),
    "a condition that interrupts": (
        at_border(condition("defined('b_on')"), True),
        (done("b"),),
    ),
    "a cron cycle": (
        at_border(timer("0 0 * * * ?", "timeCycle")),
        (hour, hour),
    ),
    "a cron cycle beside a message": (
        at_border(MESSAGE + timer("0 0 * * * ?", "timeCycle")),
        (hour, message, hour),
    ),
    "a call by expression": (
        START
        + END
        + '<scriptTask id="s" scriptFormat="python"><script>chosen = "errand"</script></scriptTask>'
        + user("a")
        + CALL
        + flow("start", "s", "a", "call", "end"),
        (done("a"),),
    ),
}


@pytest.mark.parametrize("name", PLAYED)
def test_a_back_test_of_the_same_diagram_is_the_same(world, name: str) -> None:
    body, acts = PLAYED[name]
    world.draw("own", body, DEFINED)
    matter = world.start("own")
    for act in acts:
        act(world)
    with transaction(writing=False) as session:
        replay, history = replay_of(session, matter)
        planned = {
            f"{matter}.{timer_id}": timer.due_at
            for timer_id, timer in replay.instance.timers.items()
        }
        assert sorted(
            f"{matter}.{task_id}" for task_id in replay.instance.tasks
        ) == sorted(task.id for task in world.tasks(matter))
        assert planned == {
            timer.id: timer.due_at for timer in world.timers(matter, "planned")
        }
        heard = world.rows(
            sa.select(EventSubscription.id).where(
                EventSubscription.instance_id == matter
            )
        )
        assert sorted(
            f"{matter}.{each}" for each in replay.instance.subscriptions
        ) == sorted(heard)
        assert course_of(replay.instance.history) == course_of(history)
