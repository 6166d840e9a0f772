"""Procedures that begin by themselves: by a message, a signal, a timer of the deployment; the version in
force takes each."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import DeploymentRefused, Forbidden, RuleViolated
from orchestrator.services import access, bundles, instances
from orchestrator.services.clocks import messages
from orchestrator.services.designing.replay import Record, Replay
from orchestrator.services.execution import locked_instance
from orchestrator.services.instances import event_starts
from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.start_events import StartEvent
from tests.engine.diagrams import END, START, flow, gateway, timer, user
from tests.services.world import TENANT, World

MESSAGE = '<message id="ms" name="order"/>'
SIGNAL = '<signal id="sg" name="flood"/>'
BY_MESSAGE = '<startEvent id="ordered"><messageEventDefinition messageRef="ms"/></startEvent>'
BY_SIGNAL = '<startEvent id="flooded"><signalEventDefinition signalRef="sg"/></startEvent>'
TASK = user("a") + END + flow("a", "end")


def by_timer(text: str, kind: str = "timeCycle") -> str:
    event = timer(text, kind)
    return (
        f'<startEvent id="timed"><documentation>依据：默认</documentation>{event}</startEvent>'
        + TASK
        + flow("timed", "a")
    )


def begun(world: World, key: str = "own") -> list[ProcessInstance]:
    return world.rows(
        sa.select(ProcessInstance)
        .where(ProcessInstance.process_key == key)
        .order_by(ProcessInstance.id)
    )


def test_a_message_starts_a_matter_at_its_start_event_with_what_it_brings(
    world,
):
    world.draw(
        "own",
        START
        + BY_MESSAGE
        + user("b")
        + TASK
        + flow("start", "b")
        + flow("ordered", "a"),
        MESSAGE,
    )
    assert (
        messages.deliver_message(
            TENANT,
            "order",
            None,
            {"subject": "路灯", "territory": "990100"},
            world.now,
        )
        == 1
    )
    (matter,) = begun(world)
    assert (
        world.elements(matter.id),
        matter.territory_code,
        matter.started_by,
    ) == (
        ["a"],
        "990100",
        None,
    )
    assert matter.variables["subject"] == "路灯"
    assert history.verify(matter.id) == []
    entry = world.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == matter.id, HistoryEntry.seq == 1
        )
    )[0]
    assert (entry.kind, entry.element_id, entry.data["name"]) == (
        "started",
        "ordered",
        "order",
    )
    assert world.elements(world.start("own")) == ["b"]


def test_a_matter_that_waits_for_the_message_comes_before_a_new_one(world):
    waits = (
        START
        + TASK
        + flow("start", "m", "a")
        + BY_MESSAGE
        + user("b")
        + flow("ordered", "b")
    )
    waits += (
        '<intermediateCatchEvent id="m"><messageEventDefinition messageRef="ms"/>'
        "</intermediateCatchEvent>"
    )
    world.draw("own", waits, MESSAGE)
    first = world.start("own")
    for expected in (1, 2):
        messages.deliver_message(TENANT, "order", None, {}, world.now)
        assert len(begun(world)) == expected
    assert world.elements(first) == ["a"]


def test_a_signal_that_another_matter_throws_starts_one_where_the_thrower_belongs(
    world,
):
    thrown = '<intermediateThrowEvent id="t"><signalEventDefinition signalRef="sg"/></intermediateThrowEvent>'
    world.draw(
        "own",
        START
        + thrown
        + user("b")
        + flow("start", "t", "b")
        + BY_SIGNAL
        + TASK
        + flow("flooded", "a"),
        SIGNAL,
    )
    thrower = world.start("own")
    while messages.relay(world.now):
        pass
    heard = [each for each in begun(world) if each.id != thrower]
    assert [
        (world.elements(each.id), each.territory_code) for each in heard
    ] == [(["a"], "990100")]


def test_a_signal_from_outside_reaches_every_process_that_it_starts(world):
    world.draw("own", BY_SIGNAL + TASK + flow("flooded", "a"), SIGNAL)
    assert messages.deliver_signal(TENANT, "flood", {}, world.now) == 1
    assert messages.relay(world.now) == 1
    assert [each.territory_code for each in begun(world)] == ["990000"]


def test_what_only_events_start_nobody_starts_by_hand(world):
    world.draw("own", BY_SIGNAL + TASK + flow("flooded", "a"), SIGNAL)
    with pytest.raises(Forbidden, match="不能由人发起"):
        world.start("own")
    with transaction(writing=False) as session:
        zhao = access.viewer(session, world.person("zhao"))
        offered = {
            definition.key
            for definition, _body in instances.startable(
                session, zhao, world.now
            )
        }
    assert "own" not in offered and "asking" in offered


def test_a_cycle_starts_one_matter_a_round_and_catches_up_one_after_a_stop(
    world,
):
    world.draw("own", by_timer("0 0 8 * * ?"))
    assert event_starts.fire_due(world.now) == 0
    world.later(days=1)
    assert event_starts.fire_due(world.now) == 1
    assert event_starts.fire_due(world.now) == 0
    world.later(days=5)
    assert event_starts.fire_due(world.now) == 1
    assert event_starts.next_due(world.now) == world.now.replace(
        hour=0
    ) + timedelta(days=1)
    assert [world.elements(each.id) for each in begun(world)] == [["a"], ["a"]]


@pytest.mark.parametrize(
    ("text", "kind", "rounds"),
    [
        ("PT1H", "timeDuration", 1),
        ("R2/PT1H", "timeCycle", 2),
        ("2026-03-02T10:00:00", "timeDate", 1),
    ],
)
def test_a_start_ends_with_its_last_round(world, text, kind, rounds):
    world.draw("own", by_timer(text, kind))
    for _hour in range(4):
        world.later(hours=1)
        event_starts.fire_due(world.now)
    assert len(begun(world)) == rounds
    assert world.rows(sa.select(StartEvent.state)) == ["done"]


def test_a_day_that_was_past_when_the_version_came_starts_nothing(world):
    world.draw("own", by_timer("2026-01-01", "timeDate"))
    assert event_starts.fire_due(world.now + timedelta(days=9)) == 0


def test_a_newer_version_takes_over(world):
    world.draw("own", by_timer("R/PT1H"))
    world.draw("own", by_timer("R/PT2H"))
    world.later(hours=1)
    assert event_starts.fire_due(world.now) == 0
    world.later(hours=1)
    assert event_starts.fire_due(world.now) == 1
    assert [each.definition_id for each in begun(world)] == [f"{TENANT}:own:2"]
    assert sorted(world.rows(sa.select(StartEvent.state))) == [
        "cancelled",
        "planned",
    ]
    with transaction() as session:
        event_starts.resume(session, TENANT, ["own"], world.now)
    assert sorted(world.rows(sa.select(StartEvent.state))) == [
        "cancelled",
        "planned",
    ]


def test_a_start_that_cannot_go_its_first_steps_says_why_and_the_next_round_is_tried(
    world,
):
    never = (
        gateway("exclusive", "g")
        + flow("timed", "g")
        + flow("g", "a", when="level == 'community'")
        + flow("g", "end", when="level == 'grid'")
    )
    body = by_timer("R/PT1H").replace(flow("timed", "a"), never)
    world.draw("own", body)
    for _round in range(2):
        world.later(hours=1)
        assert event_starts.fire_due(world.now) == 0
    (row,) = world.rows(sa.select(StartEvent))
    assert (
        begun(world) == []
        and row.state == "planned"
        and "没有一条出线的条件成立" in row.last_error
    )
    assert row.due_at > world.now


def test_a_message_whose_first_steps_fail_is_refused_with_the_reason(world):
    never = (
        gateway("exclusive", "g")
        + flow("ordered", "g")
        + flow("g", "a", when="level == 'community'")
        + flow("g", "end", when="level == 'grid'")
    )
    world.draw("own", BY_MESSAGE + TASK + never, MESSAGE)
    with pytest.raises(RuleViolated, match="没有一条出线的条件成立"):
        messages.deliver_message(TENANT, "order", None, {}, world.now)
    assert begun(world) == []


def test_one_message_starts_one_process(world):
    body = BY_MESSAGE + TASK + flow("ordered", "a")
    with pytest.raises(DeploymentRefused, match="order"):
        world.draw(
            "own",
            body + BY_MESSAGE.replace("ordered", "again") + flow("again", "a"),
            MESSAGE,
        )


def test_a_back_test_begins_where_the_matter_began(world):
    world.draw(
        "own",
        START
        + user("b")
        + flow("start", "b")
        + BY_MESSAGE
        + TASK
        + flow("ordered", "a"),
        MESSAGE,
    )
    messages.deliver_message(
        TENANT, "order", None, {"subject": "路灯"}, world.now
    )
    (matter,) = begun(world)
    with transaction(writing=False) as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS).where(
                ProcessInstance.id == matter.id
            )
        ).one()
        entries = session.scalars(
            sa.select(HistoryEntry).where(
                HistoryEntry.instance_id == matter.id
            )
        ).all()
        bundle = bundles.bundle_of(session, matter.definition_id)
        trace = Replay(
            session, bundle, Record(row, entries, {}, {}, bundle), {}
        ).run()
    assert (trace.failed, [each.element_id for each in trace.waiting]) == (
        "",
        ["a"],
    )


def test_a_condition_starts_a_matter_where_it_is_true(world):
    event = (
        '<startEvent id="risen"><conditionalEventDefinition><condition>level &gt; '
        "3</condition></conditionalEventDefinition></startEvent>"
    )
    world.draw("own", event + TASK + flow("risen", "a"))
    for level, expected in ((2, 0), (5, 1)):
        assert (
            event_starts.by_condition(
                TENANT, {"level": level}, world.now
            ).started
            == expected
        )
    assert (
        event_starts.by_condition(TENANT, {"other": 1}, world.now).started == 0
    )
    assert [world.elements(each.id) for each in begun(world)] == [["a"]]
    with pytest.raises(RuleViolated):
        event_starts.by_condition(TENANT, {"level": "高"}, world.now)


def test_a_condition_that_fails_stops_no_other_and_may_ask_for_the_day(world):
    for key, condition in (
        ("broken", "level &gt; 3"),
        ("daily", 'clock("today") &gt; "2026-01-01"'),
    ):
        event = (
            '<startEvent id="risen"><conditionalEventDefinition><condition>'
            f"{condition}</condition></conditionalEventDefinition></startEvent>"
        )
        world.draw(key, event + TASK + flow("risen", "a"))
    sent = {"level": "高"}
    told = event_starts.by_condition(TENANT, sent, world.now)
    assert (told.started, len(told.failed)) == (1, 1)
    assert [len(begun(world, key)) for key in ("broken", "daily")] == [0, 1]
