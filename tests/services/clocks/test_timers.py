"""Timers: each fires once, late or not, alone or among thousands; one that cannot becomes an incident and the
others go on."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import timers
from orchestrator.services.instances import incidents
from orchestrator.services.records import history
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.services.world import MONDAY, dialect

pytestmark = pytest.mark.both_databases


def test_a_minute_before_it_is_due_nothing_fires_and_a_minute_after_it_the_superior_is_asked(
    world,
):
    errand = world.start()
    due = world.task(errand, "review").due_at
    before = timers.fire_due(due - timedelta(minutes=1))
    assert (before.fired, before.next_due_at) == (0, due)
    assert world.elements(errand) == ["review"]
    after = timers.fire_due(due + timedelta(minutes=1))
    assert (after.fired, after.failed, after.next_due_at) == (1, 0, None)
    assert world.elements(errand) == ["review", "urge"]
    (timer,) = world.timers(errand)
    assert (timer.state, timer.lag_ms, timer.fired_count) == (
        "fired",
        60_000,
        1,
    )
    assert timers.fire_due(due + timedelta(minutes=2)).fired == 0
    assert world.history(errand).count("timer-fired") == 1
    assert history.verify(errand) == []


def test_a_timer_that_fires_months_late_fires(world):
    errand = world.start("waiting")
    (timer,) = world.timers(errand)
    report = timers.fire_due(timer.due_at + timedelta(days=400))
    assert (report.fired, report.failed) == (1, 0)
    (timer,) = world.timers(errand)
    assert (timer.state, timer.lag_ms) == ("fired", 400 * 86_400_000)


def test_a_completed_task_takes_its_timer_with_it(world):
    errand = world.start()
    world.review(errand)
    assert timers.fire_due(MONDAY + timedelta(days=365)).fired == 0
    assert "urge" not in world.elements(errand)


def test_two_workers_that_sweep_at_once_fire_every_timer_once(world):
    started = [world.start("waiting") for _ in range(120)]
    now, reports = MONDAY + timedelta(hours=1), []
    ready = threading.Barrier(3)

    def sweep() -> None:
        with world.app.app_context():
            ready.wait()
            reports.append(timers.sweep(now))

    workers = [threading.Thread(target=sweep) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(report.fired for report in reports) == len(started)
    assert {timer.fired_count for timer in world.timers()} == {1}
    assert len(
        world.rows(
            sa.text("SELECT id FROM user_task WHERE element_id = 'look'")
        )
    ) == len(started)


def test_a_timer_of_a_matter_that_somebody_is_working_on_waits_for_the_next_sweep(
    world,
):
    if dialect() == "sqlite":
        return  # one writer at a time: the sweep itself waits
    busy, free = world.start("waiting"), world.start("waiting")
    now = MONDAY + timedelta(hours=1)
    with transaction() as session:
        session.execute(
            sa.select(ProcessInstance.id)
            .where(ProcessInstance.id == busy)
            .with_for_update()
        )
        assert timers.sweep(now).fired == 1
        assert world.elements(free) == ["look"]
    assert timers.sweep(now).fired == 1
    assert world.elements(busy) == ["look"]


def test_one_timer_that_cannot_fire_becomes_an_incident_and_the_others_fire(
    world,
):
    good = [world.start("waiting") for _ in range(3)]
    bad = world.start("looking_up", subject="坏")
    good.append(world.start("looking_up", subject="好"))
    report = timers.fire_due(MONDAY + timedelta(hours=1))
    assert (report.fired, report.failed) == (4, 1)
    (incident,) = world.rows(sa.select(Incident))
    assert (incident.instance_id, incident.kind, incident.element_id) == (
        bad,
        "no-flow-taken",
        "choose",
    )
    assert [world.instance(each).state for each in good] == [
        "active",
        "active",
        "active",
        "completed",
    ]
    assert timers.fire_due(MONDAY + timedelta(hours=2)).fired == 0
    assert "timer-fired" not in world.history(bad), (
        "what failed did not happen"
    )
    assert history.verify(bad) == []


def test_a_timer_of_a_matter_that_does_not_run_waits_until_it_runs_again(
    world,
):
    errand = world.start("waiting")
    change = sa.update(ProcessInstance).where(ProcessInstance.id == errand)
    with transaction() as session:
        session.execute(change.values(state="suspended"))
    assert timers.fire_due(MONDAY + timedelta(hours=1)).fired == 0
    with transaction() as session:
        session.execute(change.values(state="active"))
    assert timers.fire_due(MONDAY + timedelta(hours=1)).fired == 1


def test_a_timer_that_failed_fires_after_its_cause_is_gone_and_the_incident_is_retried(
    world, monkeypatch
):
    bad = world.start("looking_up", subject="坏")
    now = MONDAY + timedelta(hours=1)
    timers.fire_due(now)
    (incident,) = world.rows(sa.select(Incident))
    row = world.instance(bad)
    mended = row.engine_state.replace("坏".encode(), "好".encode())
    with transaction() as session:
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == bad)
            .values(engine_state=mended)
        )
    incidents.retry(incident.id, by=world.person("zhou"), now=now)
    assert timers.sweep(now).fired == 1
    assert world.instance(bad).state == "completed"


def test_when_the_database_refuses_one_timer_of_a_batch_it_becomes_an_incident_and_the_others_fire(
    world,
):
    model = world.start("waiting")
    timers.fire_due(MONDAY + timedelta(minutes=20))
    world.later(minutes=30)
    first, second, third = (world.start("waiting") for _ in range(3))
    _occupy(world.task(model, "look").id, model, second)
    report = timers.fire_due(MONDAY + timedelta(hours=1))
    assert (report.fired, report.failed) == (2, 1)
    assert (world.elements(first), world.elements(third)) == (
        ["look"],
        ["look"],
    )
    (incident,) = world.rows(sa.select(Incident))
    assert (incident.instance_id, incident.kind) == (second, "timer-failed")
    assert timers.fire_due(MONDAY + timedelta(hours=2)).fired == 0


def test_a_timer_that_cannot_even_leave_an_incident_does_not_stop_the_others(
    world,
):
    first, second, third = (world.start("waiting") for _ in range(3))
    with (
        transaction() as session
    ):  # every further history entry of it meets one that is there already
        session.execute(
            sa.update(ProcessInstance)
            .where(ProcessInstance.id == second)
            .values(history_seq=0)
        )
    report = timers.fire_due(MONDAY + timedelta(hours=1))
    assert (report.fired, report.failed) == (2, 1)
    assert (world.elements(first), world.elements(third)) == (
        ["look"],
        ["look"],
    )
    assert world.elements(second) == []


def test_thousands_of_timers_due_in_one_minute_fire_in_one_sweep(world):
    """Two thousand here; the bench has ten thousand and the time."""
    template = world.start("waiting")
    _clone(template, 1_999)
    report = timers.sweep(MONDAY + timedelta(hours=1))
    assert report.fired == 2_000
    assert (
        len(
            world.rows(
                sa.select(TimerJob.id).where(TimerJob.state == "planned")
            )
        )
        == 0
    )


def _clone(instance_id: str, count: int) -> None:
    """Copies of an instance that waits for its timer."""
    with transaction() as session:
        instance = (
            session.execute(
                sa.select(ProcessInstance.__table__).where(
                    ProcessInstance.id == instance_id
                )
            )
            .mappings()
            .one()
        )
        timer = (
            session.execute(
                sa.select(TimerJob.__table__).where(
                    TimerJob.instance_id == instance_id
                )
            )
            .mappings()
            .one()
        )
        task = timer["id"].rpartition(".")[2]
        ids = [f"clone-{number:06d}" for number in range(count)]
        session.execute(
            sa.insert(ProcessInstance.__table__),
            [{**instance, "id": each, "business_key": each} for each in ids],
        )
        session.execute(
            sa.insert(TimerJob.__table__),
            [
                {**timer, "id": f"{each}.{task}", "instance_id": each}
                for each in ids
            ],
        )


def _occupy(task_id: str, of: str, by: str) -> None:
    """A task row of `of` stands under the id that the next one of `by` wants: its outcome cannot be
    written."""
    with transaction() as session:
        row = (
            session.execute(
                sa.select(UserTask.__table__).where(UserTask.id == task_id)
            )
            .mappings()
            .one()
        )
        session.execute(
            sa.insert(UserTask.__table__),
            [{**row, "id": row["id"].replace(of, by)}],
        )


def test_one_instance_that_floods_the_clock_leaves_the_others_their_turn(
    world, monkeypatch
):
    monkeypatch.setattr(timers, "MOST_OF_ONE", 4)
    monkeypatch.setattr(timers, "BATCH", 3)
    flood, other = world.start("waiting"), world.start("waiting")
    _more_timers(flood, 9)
    now = MONDAY + timedelta(hours=1)
    report = timers.sweep(now)
    assert (report.fired, report.next_due_at) == (5, now), (
        "four of the one, and the other's; somebody should look again at once"
    )
    assert world.elements(other) == ["look"]
    assert [timers.sweep(now).fired for _again in range(3)] == [4, 2, 0]
    assert world.elements(flood) == ["look"]


@pytest.mark.one_database
def test_a_timer_that_took_much_work_is_the_last_of_its_instance_in_the_sweep(
    world, monkeypatch
):
    monkeypatch.setattr(timers, "DEAR", 1)
    dear, other = world.start("waiting"), world.start("waiting")
    _more_timers(dear, 5)
    now = MONDAY + timedelta(hours=1)
    assert timers.sweep(now).fired == 2
    assert world.elements(other) == ["look"]


def test_a_batch_that_took_much_work_ends_early_and_the_next_one_goes_on(
    world, monkeypatch
):
    ids = [world.start("waiting") for _ in range(4)]
    monkeypatch.setattr(timers, "ACT", 1)
    batches = []
    real = timers._fire_batch
    monkeypatch.setattr(
        timers,
        "_fire_batch",
        lambda *given, **named: (
            batches.append(real(*given, **named)) or batches[-1]
        ),
    )
    report = timers.sweep(MONDAY + timedelta(hours=1))
    assert (report.fired, batches) == (4, [(1, 0)] * 4 + [(0, 0)])
    assert all(world.elements(each) == ["look"] for each in ids)


def _more_timers(instance_id: str, count: int) -> None:
    """As many due timers more, before its own, of steps that it no longer is at."""
    with transaction() as session:
        timer = (
            session.execute(
                sa.select(TimerJob.__table__).where(
                    TimerJob.instance_id == instance_id
                )
            )
            .mappings()
            .one()
        )
        before = timer["due_at"] - timedelta(minutes=5)
        rows = [
            {**timer, "id": f"{instance_id}.gone{number}", "due_at": before}
            for number in range(count)
        ]
        session.execute(sa.insert(TimerJob.__table__), rows)
