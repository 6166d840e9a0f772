"""Messages and signals between matters, and starting and withdrawing them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    InstanceChanged,
    NotFound,
)
from orchestrator.services import instances
from orchestrator.services.clocks import messages, timers
from orchestrator.services.records import history
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.instances import EventSubscription, NumberSeries
from tests.services.world import MONDAY, TENANT


def test_a_message_reaches_the_matter_that_waits_under_its_key_and_no_other(
    world,
):
    lamp, bench = (
        world.start("asking", subject="路灯"),
        world.start("asking", subject="长椅"),
    )
    world.start("answering", subject="路灯")
    assert world.elements(lamp) == []
    assert messages.relay(world.now) == 1
    assert (world.elements(lamp), world.elements(bench)) == (
        ["read_answer"],
        [],
    )
    assert messages.relay(world.now) == 0
    left = world.rows(sa.select(EventSubscription.instance_id))
    assert set(left) == {bench}
    assert history.verify(lamp) == []


def test_a_message_that_comes_before_anybody_waits_is_kept_and_tried_again(
    world,
):
    world.start("answering", subject="路灯")
    assert messages.relay(world.now) == 0
    lamp = world.start("asking", subject="路灯")
    assert (
        messages.relay(world.now) == 0
    )  # not yet: the next try is in ten seconds
    assert messages.relay(world.now + timedelta(seconds=11)) == 1
    assert world.elements(lamp) == ["read_answer"]


def test_a_message_that_nobody_ever_waits_for_is_given_up(world):
    world.start("answering", subject="路灯")
    now = world.now
    for _ in range(messages.MAX_ATTEMPTS):
        messages.relay(now)
        now += timedelta(hours=2)
    (message,) = world.rows(sa.select(OutboxMessage))
    assert message.sent_at is not None
    assert message.last_error == "没有流程在等待这条消息"


def test_a_signal_reaches_every_matter_that_waits_for_it(world):
    waiting = [
        world.start("asking", subject=name) for name in ("路灯", "长椅")
    ]
    world.start("answering", subject="警报")
    while messages.relay(world.now):
        pass
    assert [world.elements(each) for each in waiting] == [
        ["take_shelter"],
        ["take_shelter"],
    ]


def test_a_matter_hears_its_own_signal_once_and_at_once(world):
    waiting = world.start("asking", subject="路灯")
    own = world.start("calling_out", subject="警报")
    assert world.elements(own) == ["hear_own"]
    while messages.relay(world.now):
        pass
    assert (world.elements(own), world.elements(waiting)) == (
        ["hear_own"],
        ["take_shelter"],
    )
    world.start("answering", subject="警报")
    while messages.relay(world.now):
        pass
    assert world.elements(own) == ["hear_next", "hear_own"]


def test_a_matter_is_withdrawn_by_who_started_it_while_nobody_has_acted(world):
    errand = world.start()
    with pytest.raises(Forbidden):
        instances.cancel(
            errand, "不办了", by=world.person("wang"), now=world.now
        )
    with pytest.raises(NotFound):  # who may not see it learns of none
        instances.cancel(
            errand, "不办了", by=world.person("sun"), now=world.now
        )
    instances.cancel(errand, "不办了", by=world.person("zhao"), now=world.now)
    assert (world.instance(errand).state, world.elements(errand)) == (
        "cancelled",
        [],
    )
    assert timers.fire_due(MONDAY + timedelta(days=99)).fired == 0
    with pytest.raises(InstanceChanged):
        instances.cancel(
            errand, "再撤", by=world.person("zhao"), now=world.now
        )
    with pytest.raises(NotFound):
        instances.cancel("no-such", "", by=world.person("zhao"), now=world.now)
    assert history.verify(errand) == []


def test_a_matter_on_which_somebody_acted_is_not_withdrawn(world):
    errand = world.start()
    world.review(errand, decision="back")
    with pytest.raises(InstanceChanged):
        instances.cancel(
            errand, "不办了", by=world.person("zhao"), now=world.now
        )
    assert world.elements(errand) == ["review"]


def test_a_withdrawn_matter_gets_no_message(world):
    lamp = world.start("asking", subject="路灯")
    instances.cancel(lamp, "不问了", by=world.person("zhao"), now=world.now)
    world.start("answering", subject="路灯")
    assert messages.relay(world.now) == 0
    assert world.rows(sa.select(EventSubscription)) == []


def test_numbers_are_given_in_order_and_a_refused_start_takes_none(world):
    world.start()
    with pytest.raises(FormInvalid) as refused:
        world.start(subject="")
    assert set(refused.value.errors) == {"subject"}
    second = world.start()
    assert world.instance(second).business_key == "办-2026-00002"
    assert world.rows(sa.select(NumberSeries.last)) == [2]


def test_a_body_that_may_not_start_it_is_refused(world):
    office = f"{TENANT}:grid-office:990100"
    with pytest.raises(Forbidden):
        instances.start(
            TENANT,
            "errand",
            {"subject": "路灯"},
            by=world.person("wang"),
            body_id=office,
            now=world.now,
        )
    with pytest.raises(
        Forbidden
    ):  # nor in the name of a body one does not serve
        police = f"{TENANT}:police:990100"
        instances.start(
            TENANT,
            "errand",
            {"subject": "路灯"},
            by=world.person("zhao"),
            body_id=police,
            now=world.now,
        )
