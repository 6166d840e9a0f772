"""What happens to timers when RQ is early, Redis forgets, and workers die: nothing is lost and nothing fires
twice."""

from __future__ import annotations

import os
import signal
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from rq import Queue
from rq.registry import FailedJobRegistry, ScheduledJobRegistry
from rq.serializers import JSONSerializer

from orchestrator import jobs
from orchestrator.services.clocks import timers
from orchestrator.services.records import history
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from tests.servers import wait_until
from tests.services.world import World

pytestmark = pytest.mark.redis


def _waiting(world: World, seconds: float, count: int = 1) -> list[str]:
    """Matters whose timers fall due in some seconds of real time."""
    ids = [world.start("waiting") for _ in range(count)]
    due = datetime.now(UTC) + timedelta(seconds=seconds)
    with transaction() as session:
        session.execute(
            sa.update(TimerJob)
            .where(TimerJob.instance_id.in_(ids))
            .values(due_at=due)
        )
    return ids


def _queue(world: World) -> Queue:
    connection = redis.Redis.from_url(
        world.app.extensions["gridflow"].redis_url
    )
    return Queue(
        jobs.CLOCK_QUEUE, connection=connection, serializer=JSONSerializer
    )


def _fired(world: World, count: int = 1):
    return lambda: len(world.timers(state="fired")) == count


def _assert_fired_once(world: World, ids: list[str]) -> None:
    for instance_id in ids:
        (timer,) = world.timers(instance_id)
        assert (timer.state, timer.fired_count) == ("fired", 1)
        assert world.history(instance_id).count("timer-fired") == 1
        assert world.elements(instance_id) == ["look"]
        assert history.verify(instance_id) == []


def test_a_deadline_fires_through_rq_and_the_worker_counts_it(
    world, spawn, tmp_path
):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    alive = tmp_path / "alive"
    ids = _waiting(world, 2.5)
    (timer,) = world.timers()
    assert jobs.wake_up_at(timer.due_at)
    # No clock runs: RQ alone wakes.
    spawn(
        "worker",
        GRIDFLOW_METRICS_LISTEN=address,
        GRIDFLOW_ALIVE_FILE=str(alive),
    )
    wait_until(_fired(world), 12, "the timer")
    (timer,) = world.timers()
    assert timer.fired_at >= timer.due_at
    _assert_fired_once(world, ids)
    assert FailedJobRegistry(queue=_queue(world)).count == 0
    with urllib.request.urlopen(f"http://{address}/metrics") as answer:
        counts = answer.read().decode()
    assert "gridflow_timer_lateness_seconds_count 1.0" in counts
    assert alive.exists()


def test_the_clock_plans_the_wake_up_of_the_next_timer_once(world):
    _waiting(world, 40, count=3)
    (due,) = {timer.due_at for timer in world.timers()}
    for _ in range(3):
        jobs.tick()
    scheduled = ScheduledJobRegistry(queue=_queue(world))
    (job_id,) = scheduled.get_job_ids()
    planned = scheduled.get_scheduled_time(job_id)
    assert timedelta(0) <= planned - due < timedelta(seconds=1)


def test_redis_killed_and_emptied_loses_nothing(world, spawn, redis_server):
    ids = _waiting(world, 6)
    jobs.tick()
    assert ScheduledJobRegistry(queue=_queue(world)).count == 1
    spawn("worker")
    spawn("clock")
    redis_server.lose_everything()
    wait_until(_fired(world), 15, "the timer")
    _assert_fired_once(world, ids)
    later = _waiting(world, 60)
    wait_until(
        lambda: ScheduledJobRegistry(queue=_queue(world)).count == 1,
        10,
        "a new plan in the new Redis",
    )
    assert world.elements(later[0]) == []


def test_without_redis_the_clock_still_fires(world, redis_server):
    redis_server.kill()
    ids = _waiting(world, -1)
    assert jobs.tick().fired == 1
    assert jobs.tick().fired == 0
    _assert_fired_once(world, ids)


def test_two_workers_and_a_clock_fire_each_timer_once(world, spawn):
    ids = _waiting(world, 3, count=60)
    jobs.tick()
    for _ in range(2):
        spawn("worker")
    spawn("clock")
    queue = _queue(world)
    for _ in range(6):  # as if RQ had run the job again and again
        queue.enqueue("orchestrator.jobs.fire_due", result_ttl=0)
    wait_until(_fired(world, len(ids)), 20, "all timers")
    _assert_fired_once(world, ids)


def test_a_job_that_rq_runs_early_fires_nothing_and_plans_itself_anew(world):
    (instance_id,) = _waiting(world, 30)
    (timer,) = world.timers()
    queue = _queue(world)
    job_id = jobs.wake_up_at(timer.due_at)
    # RQ's scheduler, fast by half a minute, hands the job out now.
    registry = ScheduledJobRegistry(queue=queue)
    registry.remove(job_id)
    queue.enqueue_job(queue.fetch_job(job_id))
    worker = jobs.ClockWorker(
        [queue], connection=queue.connection, serializer=JSONSerializer
    )
    worker.work(burst=True, logging_level="WARNING")
    assert world.elements(instance_id) == []
    (planned_id,) = registry.get_job_ids()
    assert registry.get_scheduled_time(planned_id) >= timer.due_at
    assert FailedJobRegistry(queue=queue).count == 0


def test_a_worker_killed_while_it_fires_leaves_a_timer_that_fires_once(
    world, spawn, tmp_path
):
    ids = _waiting(world, 0, count=3)
    hung = tmp_path / "hung"
    worker = spawn(
        str(Path(__file__).with_name("hung_worker.py")), HUNG_FILE=str(hung)
    )
    _queue(world).enqueue("orchestrator.jobs.fire_due", result_ttl=0)
    wait_until(hung.exists, 15, "the worker to be in the middle")
    assert world.timers(state="fired") == []
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    wait_until(
        lambda: timers.sweep(datetime.now(UTC)).fired or _fired(world, 3)(),
        10,
        "the sweep",
    )
    _assert_fired_once(world, ids)


def test_a_job_that_takes_too_long_is_ended_even_inside_a_handler_that_catches_everything(
    world, monkeypatch
):
    from orchestrator.handlers import TOPICS

    def stubborn(_context):
        signal.sigtimedwait([signal.SIGUSR1], 20)
        return {}

    monkeypatch.setitem(TOPICS, "errand.record", stubborn)
    monkeypatch.setattr(jobs, "fire_due", lambda: world.review(errand))
    errand = world.start()
    queue = _queue(world)
    job = queue.enqueue("orchestrator.jobs.fire_due", job_timeout=1)
    jobs.ClockWorker(
        [queue], connection=queue.connection, serializer=JSONSerializer
    ).work(burst=True, logging_level="CRITICAL")
    assert job.get_status(refresh=True) == "failed"
    assert world.elements(errand) == ["review"]
    assert history.verify(errand) == []
