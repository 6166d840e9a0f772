"""Instances that set each other off by messages and signals, nobody doing anything, stop with a sentence."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import messages
from orchestrator.services.execution import event_chains
from orchestrator.store.incidents import Incident, OutboxMessage
from orchestrator.store.instances import ProcessInstance
from tests.engine.diagrams import END, START, flow, user
from tests.services.world import TENANT

MESSAGE, SIGNAL = '<message id="e" name="go"/>', '<signal id="e" name="go"/>'


def event(kind: str) -> str:
    return f'<{kind}EventDefinition {kind}Ref="e"/>'


def answering(kind: str, times: int) -> str:
    """Begins by the event and throws it so many times."""
    names = [f"t{each}" for each in range(times)]
    thrown = "".join(
        f'<intermediateThrowEvent id="{name}">{event(kind)}</intermediateThrowEvent>'
        for name in names
    )
    begin = f'<startEvent id="start">{event(kind)}</startEvent>'
    return begin + END + thrown + flow("start", *names, "end")


def relay(world, most: int = 2_500) -> int:
    """How many instances there are when nothing is on its way any more."""
    for _round in range(200):
        if not world.rows(
            sa.select(OutboxMessage.id).where(OutboxMessage.sent_at.is_(None))
        ):
            break
        messages.relay(world.now)
        assert len(world.rows(sa.select(ProcessInstance.id))) < most
    assert not world.rows(
        sa.select(OutboxMessage.id).where(OutboxMessage.sent_at.is_(None))
    )
    return len(world.rows(sa.select(ProcessInstance.id)))


def incidents(world) -> set[tuple[str, str]]:
    return {
        (each.kind, each.message) for each in world.rows(sa.select(Incident))
    }


@pytest.fixture
def short(monkeypatch) -> None:
    monkeypatch.setattr(event_chains, "MOST_HOPS", 8)


def test_a_message_that_starts_its_own_thrower_ends_after_a_number_of_hops(
    world, short
) -> None:
    world.draw("echo", answering("message", 1), MESSAGE)
    assert messages.deliver_message(TENANT, "go", None, {}, world.now) == 1
    assert relay(world) == 9
    ((kind, told),) = incidents(world)
    assert kind == "event-chain" and "“go”" in told and "互相触发" in told


@pytest.mark.one_database
def test_one_that_starts_two_of_itself_ends_after_a_number_of_events(
    world, monkeypatch
) -> None:
    """Two to the power of fifty instances otherwise."""
    monkeypatch.setattr(event_chains, "MOST_EVENTS", 60)
    world.draw("echo", answering("message", 2), MESSAGE)
    messages.deliver_message(TENANT, "go", None, {}, world.now)
    assert 30 < relay(world) < 200
    assert {kind for kind, _told in incidents(world)} == {"event-chain"}


def passing_on(heard: str, thrown: str) -> str:
    """Waits for one signal and throws the other, again and again."""
    signal = '<signalEventDefinition signalRef="{}"/>'
    caught = f'<intermediateCatchEvent id="c">{signal.format(heard)}</intermediateCatchEvent>'
    throws = f'<intermediateThrowEvent id="t">{signal.format(thrown)}</intermediateThrowEvent>'
    return (
        START
        + '<exclusiveGateway id="g"/>'
        + caught
        + throws
        + flow("start", "g", "c", "t", "g")
    )


def test_signals_that_many_hear_and_answer_end(world, monkeypatch) -> None:
    """Three answer three, who answer three: three to the power of fifty signals otherwise."""
    monkeypatch.setattr(event_chains, "MOST_EVENTS", 30)
    both = '<signal id="x" name="x"/><signal id="y" name="y"/>'
    world.draw("one", passing_on("x", "y"), both)
    world.draw("other", passing_on("y", "x"), both)
    for key in ("one", "other") * 3:
        world.start(key)
    messages.deliver_signal(TENANT, "x", {}, world.now)
    relay(world)
    assert {kind for kind, _told in incidents(world)} == {"event-chain"}
    assert len(world.rows(sa.select(OutboxMessage.id))) < 500


@pytest.mark.one_database
def test_one_signal_reaches_all_who_wait_however_many(
    world, monkeypatch
) -> None:
    monkeypatch.setattr(event_chains, "MOST_EVENTS", 3)
    caught = f'<intermediateCatchEvent id="c">{event("signal")}</intermediateCatchEvent>'
    world.draw(
        "waiting",
        START + caught + user("a") + END + flow("start", "c", "a", "end"),
        SIGNAL,
    )
    matters = [world.start("waiting") for _number in range(6)]
    messages.deliver_signal(TENANT, "go", {}, world.now)
    relay(world)
    assert [world.elements(matter) for matter in matters] == [["a"]] * 6
    assert incidents(world) == set()
