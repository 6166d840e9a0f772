"""Valkey with Sentinel: the master dies, another takes its place, and the queue goes on by itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import sqlalchemy as sa
from flask import current_app
from rq import Queue
from rq.serializers import JSONSerializer

from orchestrator import jobs
from orchestrator.services.installation import redis_server
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from tests.chaos.cluster import free_port
from tests.servers import valkey_binary, wait_until
from tests.services.world import World

pytestmark = [pytest.mark.redis, pytest.mark.one_database]
PASSWORD = "wangge-17"


class Watched:
    """A master and a replica with a password, and the Sentinel that watches them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = [free_port(), free_port()]
        self.sentinel = free_port()
        self.url = f"sentinel://:{PASSWORD}@127.0.0.1:{self.sentinel}/wangge/2"
        first, second = self.ports
        self.running = [
            self._start(first),
            self._start(second, f"replicaof 127.0.0.1 {first}"),
        ]
        told = (
            f"sentinel monitor wangge 127.0.0.1 {first} 1\n"
            f"sentinel auth-pass wangge {PASSWORD}\n"
            "sentinel down-after-milliseconds wangge 1000\n"
            "sentinel failover-timeout wangge 2000\n"
        )
        wait_until(self._follows, 10, "the replica")
        self.running.append(self._start(self.sentinel, told, "--sentinel"))
        wait_until(self._is_known, 20, "the replica at the Sentinel")

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()

    def server(self, port: int) -> redis.Redis:
        return redis.Redis(port=port, password=PASSWORD, decode_responses=True)

    def _start(
        self, port: int, told: str = "", *options: str
    ) -> subprocess.Popen[bytes]:
        file = self.folder / f"{port}.conf"
        lines = f"port {port}\nbind 127.0.0.1\ndir {self.folder}\n{told}\n"
        if not options:
            lines += (
                f'save ""\nrequirepass {PASSWORD}\nmasterauth {PASSWORD}\n'
            )
        file.write_text(lines)
        with (self.folder / f"{port}.log").open("wb") as log:
            return subprocess.Popen(
                [valkey_binary(), str(file), *options],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _follows(self) -> bool:
        try:
            told = self.server(self.ports[1]).info("replication")
        except redis.RedisError:
            return False
        return told["master_link_status"] == "up"

    def _is_known(self) -> bool:
        try:
            asked = redis.Redis(port=self.sentinel, decode_responses=True)
            return bool(asked.sentinel_slaves("wangge"))
        except redis.RedisError:
            return False


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "valkeys"
    folder.mkdir()
    servers = Watched(folder)
    yield servers
    servers.end()


def test_the_queue_goes_on_after_the_master_died(
    world: World, spawn, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = current_app.extensions["gridflow"]
    monkeypatch.setattr(
        type(settings), "redis_url", watched.url, raising=False
    )
    assert jobs.queue_answers()
    first, second = (watched.server(port) for port in watched.ports)
    assert first.info("replication")["role"] == "master"
    worker = spawn("worker", GRIDFLOW_REDIS_URL=watched.url)
    wait_until(lambda: _waits(first), 20, "a worker")
    watched.running[0].kill()
    wait_until(jobs.queue_answers, 20, "the new master")
    assert second.info("replication")["role"] == "master"
    instance_id = world.start("waiting")
    due = datetime.now(UTC) - timedelta(seconds=1)
    with transaction() as session:
        session.execute(sa.update(TimerJob).values(due_at=due))
    later = datetime.now(UTC) + timedelta(minutes=5)
    wait_until(lambda: jobs.wake_up_at(later), 10, "a plan in the new queue")
    # No clock runs: the worker fires it, from the new master's queue.
    Queue(
        jobs.CLOCK_QUEUE,
        connection=redis_server.connect(watched.url),
        serializer=JSONSerializer,
    ).enqueue("orchestrator.jobs.fire_due", result_ttl=0)
    wait_until(lambda: world.timers(state="fired"), 20, "the timer")
    assert world.elements(instance_id) == ["look"]
    assert worker.poll() is None


def _waits(server: redis.Redis) -> bool:
    """Whether a worker waits there for a job."""
    return bool(server.info("clients")["blocked_clients"])
