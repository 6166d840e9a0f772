"""The jobs that RQ runs and the rounds of the clock. Each calls one service. No other module of the
orchestrator reads the time.

Redis holds one wake-up job, for the timer that is due next. Whoever fires that timer plans the job for the
following one. Besides, the clock reads the table of timers every few seconds. When Redis loses its jobs,
timers fire some seconds late, and nothing else happens. A job carries no time and no value: it reads the
table, so it may run twice, too early, or not at all.
"""

from __future__ import annotations

import logging
import math
import random
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from flask import Flask, current_app
from rq import Queue, get_current_job
from rq.exceptions import DuplicateJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import UnixSignalDeathPenalty
from rq.worker import SimpleWorker
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.services import jurisdictions
from orchestrator.services.assessment import period_closing, recurring_work
from orchestrator.services.clocks import (
    found_words,
    lapsed_requests,
    late_tasks,
    messages,
    recalculation,
    suspension_reviews,
    temporary_items,
    timers,
    unclaimed_tasks,
    upkeep,
)
from orchestrator.services.designing import git_commits
from orchestrator.services.figures import counting
from orchestrator.services.installation import (
    database,
    health,
    presence,
    process_watch,
    redis_server,
    traces,
)
from orchestrator.services.instances import event_starts, stranded_tasks
from orchestrator.services.notifications import collecting, delivery, due
from orchestrator.services.records import history_checks

CLOCK_QUEUE = "gridflow-clock"
"""Wake-ups of timers and the outbox."""
QUEUES = (CLOCK_QUEUE,)
"""Every queue a worker must serve."""
JOB_TIMEOUT_SECONDS = 120
HORIZON = timedelta(hours=1)
"""Wake-ups are planned no further ahead: the clock looks again long before."""

log = logging.getLogger("gridflow.clock")


class Overtime(BaseException):
    """A job ran too long. Not an Exception: a handler's failure is caught, the end of the job's time must not
    be."""


class _FirmDeathPenalty(UnixSignalDeathPenalty):  # type: ignore[misc]
    def __init__(
        self,
        timeout: int,
        _exception: type[Exception],
        **named: Any,
    ) -> None:
        super().__init__(timeout, Overtime, **named)


class ClockWorker(SimpleWorker):  # type: ignore[misc]
    """Runs jobs in its own process: a fork for each costs thirty times the job."""

    death_penalty_class = _FirmDeathPenalty

    def heartbeat(self, *args: Any, **named: Any) -> None:
        """Between two jobs, and every few minutes while there is none."""
        process_watch.note_alive(database.settings().alive_file)
        super().heartbeat(*args, **named)


# ---- jobs


def fire_due() -> None:
    """Fires the due timers, carries the outbox, plans the next wake-up. RQ may run it early: what is not due
    is left alone."""
    now = datetime.now(UTC)
    if not _may_fire(now):
        return
    with traces.span("worker.fire_due"):
        _fire(timers.fire_due, now)


# ----
# processes


def queue_answers() -> bool:
    """Whether the Redis of the settings can be reached; True where none is set."""
    connection = _connect()
    try:
        return connection is None or bool(connection.ping())
    except redis.RedisError:
        return False


def queue_lengths() -> dict[str, int]:
    """Jobs that wait to be run, and jobs that failed within the last hour; empty where Redis is not set or
    away."""
    connection = _connect()
    if connection is None:
        return {}
    queue = Queue(
        CLOCK_QUEUE, connection=connection, serializer=JSONSerializer
    )
    try:
        return {
            "queued_jobs": queue.count,
            "failed_jobs": queue.failed_job_registry.count,
        }
    except redis.RedisError:
        return {}


def redis_version() -> str | None:
    """What the server of the settings says it is; None where it is not set or away."""
    connection = _connect()
    if connection is None:
        return None
    try:
        outcome = connection.info("server")
    except redis.RedisError:
        return None
    if "valkey_version" in outcome:
        return f"Valkey {outcome['valkey_version']}"
    return f"Redis {outcome['redis_version']}"


def run_worker() -> None:
    """Serves QUEUES with RQ's scheduler until SIGTERM. Returns at once where no Redis is set."""
    connection = _connect()
    if connection is None:
        log.warning(
            "no GRIDFLOW_REDIS_URL: timers are swept by the clock alone"
        )
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    leave = process_watch.stay_present(
        "worker", app, lambda: datetime.now(UTC)
    )
    process_watch.serve_counts(database.settings().metrics_listen)
    try:
        ClockWorker(
            list(QUEUES), connection=connection, serializer=JSONSerializer
        ).work(with_scheduler=True, logging_level="WARNING")
    finally:
        leave()


def run_clock(slow: Sequence[Chore] = ()) -> None:
    """Sweeps every `sweep_seconds` until SIGTERM, with jitter, so that several clocks do not march in
    step. `slow`: what takes long, done in a thread of its own."""
    stop = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    # A slow receiver or a long print keeps no timer waiting.
    for chores in (SENDING, slow):
        threading.Thread(
            target=_do_until, args=(stop, app, chores), daemon=True
        ).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    seconds = database.settings().sweep_seconds
    # From the loop itself, not from a thread: a clock that hangs is then told as silent.
    mine = presence.this_process("clock", datetime.now(UTC))
    renewed_at: datetime | None = None
    process_watch.serve_counts(database.settings().metrics_listen)
    while not stop.is_set():
        now = datetime.now(UTC)
        if renewed_at is None or now - renewed_at >= presence.EVERY:
            renewed_at = now
            process_watch.renew(mine, now)
        try:
            with traces.span("clock.tick"):
                tick()
        except Exception:
            log.exception("a round could not be finished; trying again")
        process_watch.note_alive(database.settings().alive_file)
        stop.wait(seconds * random.uniform(0.8, 1.2))
    process_watch.leave(mine)


def _do_until(
    stop: threading.Event, app: Flask, chores: Sequence[Chore]
) -> None:
    """Does the chores again and again, one after the other, in a thread of its own."""
    with app.app_context():
        seconds = database.settings().sweep_seconds
    while not stop.is_set():
        # Whatever fails: nobody would notice that the thread has ended.
        try:
            with app.app_context():
                _do_all(chores, datetime.now(UTC))
        except Exception:
            log.exception("a round could not be finished; trying again")
        stop.wait(seconds)


def _do_all(chores: Sequence[Chore], now: datetime) -> None:
    if _may_fire(now):
        for chore in chores:
            do(chore, now)


def tick() -> timers.FireReport | None:
    """One round of the clock: fires what is due, carries the outbox, plans the next wake-up, does the other
    chores. None when no timer could be fired: the database is away, this machine's clock differs from the
    database's, so that something would be done early, or the sweep failed."""
    now = datetime.now(UTC)
    try:
        if not _may_fire(now):
            return None
    except SQLAlchemyError:
        log.exception("the database cannot be reached; trying again")
        return None
    report = _fire(timers.sweep, now)
    for chore in CHORES:
        # Many chores after a long outage take minutes: each shows that the clock goes on.
        process_watch.note_alive(database.settings().alive_file)
        do(chore, now)
    return report


def _fire(
    sweep: Callable[[datetime], timers.FireReport], now: datetime
) -> timers.FireReport | None:
    """Fires what is due and plans the next wake-up; what fails keeps nothing else waiting. Returns None when
    the timers failed."""
    report = None
    try:
        report = sweep(now)
    except Exception:
        log.exception("timers could not all be fired; trying again")
    for chore in FIRING:
        do(chore, now)
    try:
        wake_up_at(_soonest(report, now))
    except Exception:
        log.exception("the next wake-up could not be planned; trying again")
    return report


@dataclass(frozen=True, slots=True)
class Chore:
    """What the clock does beside firing timers."""

    act: Callable[[datetime], object]
    failed: str
    """What the log says when it failed."""
    every: timedelta = timedelta()
    """It is done no more often."""


FIRING = (
    Chore(event_starts.fire_due, "processes could not all be started"),
    Chore(messages.relay, "messages could not all be delivered"),
)
"""What falls due beside timers, before the next wake-up is planned."""
SENDING = (
    Chore(delivery.plan_digests, "notifications could not be sent"),
    Chore(delivery.send, "notifications could not be sent"),
    Chore(git_commits.send, "drafts could not be committed"),
)
"""What a thread of its own does: a slow receiver keeps no timer waiting."""
CHORES = (
    Chore(
        temporary_items.expire, "temporary items could not all be taken off"
    ),
    Chore(jurisdictions.take_effect, "not all that is due took effect"),
    Chore(recalculation.settle, "due dates could not all be recounted"),
    Chore(late_tasks.sweep, "late tasks could not all be seen to"),
    Chore(unclaimed_tasks.sweep, "late tasks could not all be seen to"),
    # It unpacks the variables of every running request.
    Chore(
        lapsed_requests.end_all,
        "requests about what has ended could not all be ended",
        every=timedelta(seconds=20),
    ),
    Chore(collecting.collect, "not everybody could be notified"),
    Chore(suspension_reviews.open_due, "a suspension could not be reviewed"),
    Chore(due.sweep, "not everybody could be notified"),
    Chore(counting.settle, "the figures could not be renewed"),
    Chore(
        period_closing.settle,
        "the assessment could not go on",
        every=timedelta(minutes=10),
    ),
    Chore(
        recurring_work.settle,
        "the assessment could not go on",
        every=timedelta(minutes=10),
    ),
    Chore(upkeep.tidy, "old uploads could not all be removed"),
    Chore(found_words.go_on, "the search's words could not be renewed"),
    # It reads every open task.
    Chore(
        stranded_tasks.sweep,
        "tasks that nobody can do could not all be noted",
        every=timedelta(minutes=1),
    ),
    Chore(history_checks.go_on, "the history could not be checked on"),
)
"""In this order; what goes wrong in one keeps no timer and no other one waiting."""
_done_at: dict[tuple[str, Chore], datetime] = {}
"""Database and chore → when it was last begun."""


def do(chore: Chore, now: datetime) -> None:
    """Does the chore unless it was begun less than its `every` ago; a failure is told in the log alone."""
    if chore.every:
        mark = (database.settings().database_url, chore)
        if now - _done_at.get(mark, now - chore.every) < chore.every:
            return
        _done_at[mark] = now
    try:
        chore.act(now)
    except Exception:
        log.exception("%s; trying again", chore.failed)


def _may_fire(now: datetime) -> bool:
    """Whether this machine's clock can be relied upon; tells it where not."""
    agrees = health.clock_agrees(now)
    if not agrees:
        log.error(
            "this machine's clock and the database's differ by 30 seconds or more; nothing is fired"
        )
    return agrees


def _soonest(
    report: timers.FireReport | None, now: datetime
) -> datetime | None:
    """When the next timer of an instance or of a deployment falls due."""
    dues = [event_starts.next_due(now)]
    if report is not None:
        dues.append(report.next_due_at)
    return min(filter(None, dues), default=None)


def wake_up_at(due: datetime | None) -> str | None:
    """Plans one wake-up job for that instant, once however often it is asked for; returns its id, None when
    none was planned.

    RQ cuts instants to whole seconds and would run up to a second early, so the next whole second is taken. A
    Redis that is away does no harm: the sweep goes on without it.
    """
    now = datetime.now(UTC)
    if due is None or due > now + HORIZON:
        return None
    connection = _connect()
    if connection is None:
        return None
    soonest = int(now.timestamp()) + 1
    second = max(math.ceil(due.timestamp()), soonest)
    running = get_current_job()
    if running is not None and running.id == f"wake-{second}":
        second += 1  # this very job was run early; its own id stays taken until it ends
    queue = Queue(
        CLOCK_QUEUE, connection=connection, serializer=JSONSerializer
    )
    job = Job.create(
        "orchestrator.jobs.fire_due",
        id=f"wake-{second}",
        connection=connection,
        origin=CLOCK_QUEUE,
        timeout=JOB_TIMEOUT_SECONDS,
        result_ttl=0,
        failure_ttl=3600,
        serializer=JSONSerializer,
    )
    try:
        queue.schedule_job(
            job, datetime.fromtimestamp(second, UTC), unique=True
        )
    except DuplicateJobError:
        pass
    except redis.RedisError:
        log.warning("Redis cannot be reached; the sweep goes on without it")
        return None
    return str(job.id)


_connections: dict[str, redis.Redis] = {}


def _connect() -> redis.Redis | None:
    url = database.settings().redis_url
    if url is None:
        return None
    if url not in _connections:
        _connections[url] = redis_server.connect(url)
    return _connections[url]
