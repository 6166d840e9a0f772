"""A receive task without a message waits until an administrator or the interface triggers it, with the reason
on the record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.errors import NotFound
from orchestrator.services import bundles
from orchestrator.services.clocks import messages
from orchestrator.services.designing.replay import Record, Replay
from orchestrator.services.execution import locked_instance
from orchestrator.services.records import history
from orchestrator.store.instances import (
    EventSubscription,
    HistoryEntry,
    ProcessInstance,
)
from orchestrator.store.session import transaction
from tests.engine.diagrams import END, START, flow, user
from tests.services.world import TENANT

BODY = (
    START
    + END
    + '<receiveTask id="r" name="等候回执"/>'
    + user("a")
    + flow("start", "r", "a", "end")
)


def test_it_goes_on_when_it_is_triggered_and_only_once(world):
    world.draw("receipts", BODY)
    matter = world.start("receipts")
    (waiting,) = world.rows(sa.select(EventSubscription))
    assert (world.elements(matter), waiting.kind, waiting.element_id) == (
        [],
        "trigger",
        "r",
    )
    assert messages.deliver_message(TENANT, "", None, {}, world.now) == 0
    messages.trigger(waiting.id, "回执已收到", world.person("wang"), world.now)
    assert world.elements(matter) == ["a"]
    entry = world.rows(
        sa.select(HistoryEntry).where(HistoryEntry.kind == "triggered")
    )[0]
    assert (entry.element_id, entry.actor_id, entry.data["reason"]) == (
        "r",
        world.person("wang"),
        "回执已收到",
    )
    with pytest.raises(NotFound):
        messages.trigger(waiting.id, "再来", world.person("wang"), world.now)
    assert history.verify(matter) == []


def test_what_waits_for_a_message_or_a_signal_is_not_triggered(world):
    world.start("asking", subject="路灯")
    for waiting in world.rows(sa.select(EventSubscription.id)):
        with pytest.raises(NotFound):
            messages.trigger(
                waiting, "催一下", world.person("wang"), world.now
            )


def test_a_back_test_triggers_what_was_triggered(world):
    world.draw("receipts", BODY)
    matter = world.start("receipts")
    messages.trigger(
        world.rows(sa.select(EventSubscription.id))[0],
        "回执已收到",
        world.person("wang"),
        world.now,
    )
    world.complete(world.task(matter, "a").id, "wang")
    with transaction(writing=False) as session:
        trace = replayed(session, world, matter)
    assert (trace.failed, trace.ended) == ("", "end")


OF_A_BODY = BODY.replace(
    'name="等候回执"/>',
    'name="等候回执" camunda:candidateGroups="office@county"/>',
)


def test_the_people_of_a_body_find_it_among_their_tasks_and_trigger_it(world):
    world.draw("receipts", OF_A_BODY)
    matter = world.start("receipts")
    assert (
        world.rows(sa.select(EventSubscription)),
        world.elements(matter),
    ) == (
        [],
        ["r"],
    )
    waiting = world.task(matter, "r")
    with pytest.raises(NotFound):
        world.complete(waiting.id, "qian")
    world.complete(waiting.id, "wang")
    assert world.elements(matter) == ["a"]
    world.complete(world.task(matter, "a").id, "wang")
    with transaction(writing=False) as session:
        trace = replayed(session, world, matter)
    assert (trace.failed, trace.ended) == ("", "end")


def replayed(session, world, matter):
    """The matter, played again from its history."""
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS).where(
            ProcessInstance.id == matter
        )
    ).one()
    entries = session.scalars(
        sa.select(HistoryEntry)
        .where(HistoryEntry.instance_id == matter)
        .order_by(HistoryEntry.seq)
    ).all()
    bundle = bundles.bundle_of(session, world.instance(matter).definition_id)
    return Replay(
        session, bundle, Record(row, entries, {}, {}, bundle), {}
    ).run()
