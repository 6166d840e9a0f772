"""A round of the clock: what fails in one of its parts keeps no other part waiting, and is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from orchestrator import jobs
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import TimerJob
from tests.services.world import World


@contextmanager
def _failing(table: str) -> Iterator[None]:
    """Within the block, the database fails whatever reads or writes the table."""

    def fail(
        _connection: sa.Connection,
        clause: sa.Executable,
        *_values: object,
    ) -> None:
        if table in str(clause):
            raise OperationalError(str(clause), {}, OSError("a bad page"))

    sa.event.listen(db.engine, "before_execute", fail)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "before_execute", fail)


def _due(world: World) -> str:
    """A matter whose timer is due by the machine's clock."""
    instance_id = world.start("waiting")
    with transaction() as session:
        session.execute(
            sa.update(TimerJob).values(
                due_at=datetime.now(UTC) - timedelta(minutes=1)
            )
        )
    return instance_id


@pytest.mark.parametrize("act", [jobs.tick, jobs.fire_due])
@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("timer_job", "timers could not all be fired"),
        ("start_event", "processes could not all be started"),
        ("outbox_message", "messages could not all be delivered"),
    ],
)
def test_a_table_that_cannot_be_read_keeps_nothing_else_waiting(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    act: Callable[[], object],
    table: str,
    sentence: str,
) -> None:
    waiting, done = _due(world), []
    monkeypatch.setattr(jobs, "wake_up_at", lambda _due: done.append("plan"))
    monkeypatch.setattr(
        jobs,
        "CHORES",
        (jobs.Chore(lambda _now: done.append("chore"), "never"),),
    )
    monkeypatch.setattr(
        jobs,
        "FIRING",
        (
            *jobs.FIRING,
            jobs.Chore(lambda _now: done.append("last"), "never"),
        ),
    )
    with _failing(table), caplog.at_level(logging.ERROR, jobs.log.name):
        act()
    assert sentence in caplog.text
    planned = [] if table == "start_event" else ["plan"]
    chores = ["chore"] if act is jobs.tick else []
    assert done == ["last", *planned, *chores]
    fired = [] if table == "timer_job" else ["look"]
    assert world.elements(waiting) == fired


@pytest.mark.one_database
@pytest.mark.parametrize("failing", range(len(jobs.CHORES)))
def test_a_chore_that_fails_keeps_no_other_one_waiting(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failing: int,
) -> None:
    done: list[int] = []

    def act(number: int) -> None:
        done.append(number)
        if number == failing:
            raise OperationalError("SELECT", {}, OSError("a bad page"))

    chores = tuple(
        jobs.Chore(lambda _now, number=number: act(number), chore.failed)
        for number, chore in enumerate(jobs.CHORES)
    )
    monkeypatch.setattr(jobs, "CHORES", chores)
    jobs.tick()
    assert done == list(range(len(chores)))
    assert chores[failing].failed in caplog.text


@pytest.mark.parametrize(
    "failure",
    [OperationalError("SELECT", {}, OSError("away")), ValueError("no time")],
)
def test_whatever_fails_before_a_round_the_next_round_sends(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
) -> None:
    """A thread that ends is noticed by nobody."""
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda _seconds: None)
    asked: list[datetime] = []

    def may_fire(now: datetime) -> bool:
        asked.append(now)
        if len(asked) == 1:
            raise failure
        return True

    monkeypatch.setattr(jobs, "_may_fire", may_fire)
    chore = jobs.Chore(lambda _now: stop.set(), "not done")
    jobs._do_until(stop, world.app, (chore,))
    assert len(asked) == 2
    assert "a round could not be finished; trying again" in caplog.text


def test_what_cannot_be_planned_is_sent_none_the_less(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The notifications of a day that cannot be gathered keep neither the others nor the commits waiting."""
    done: list[str] = []
    stop = threading.Event()

    def fail(_now: datetime) -> None:
        raise OperationalError("SELECT", {}, OSError("a bad page"))

    def send(_now: datetime) -> None:
        done.append("sent")
        stop.set()

    first, second, third = jobs.SENDING
    monkeypatch.setattr(
        jobs,
        "SENDING",
        (
            jobs.Chore(fail, first.failed),
            jobs.Chore(send, second.failed),
            jobs.Chore(lambda _now: done.append("committed"), third.failed),
        ),
    )
    jobs._do_until(stop, world.app, jobs.SENDING)
    assert done == ["sent", "committed"]
    assert first.failed in caplog.text
