"""Workers, clocks and Valkey as processes of their own, which tests may kill."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.databases import forget, release
from tests.servers import Valkey, valkey
from tests.services.world import World, make_app, settings_for

ROOT = Path(__file__).parents[2]

Spawn = Callable[..., subprocess.Popen]


@pytest.fixture
def redis_server() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@pytest.fixture
def world(
    settled_url: str, tmp_path: Path, redis_server: Valkey
) -> Iterator[World]:
    """The city, at this very moment: what happens here happens in real time."""
    app = make_app(settings_for(settled_url, tmp_path, redis_server.url))
    with app.app_context():
        forget()
        yield World(app, now=datetime.now(UTC))
        release()


@pytest.fixture
def spawn(
    settled_url: str, tmp_path: Path, redis_server: Valkey
) -> Iterator[Spawn]:
    """Starts `flask worker` or `flask clock` (or a script) against the test's database and Valkey."""
    started: list[subprocess.Popen] = []
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GRIDFLOW_")
    }
    environment |= {
        "GRIDFLOW_DATABASE_URL": settled_url,
        "GRIDFLOW_REDIS_URL": redis_server.url,
        "GRIDFLOW_SWEEP_SECONDS": "1",
        "GRIDFLOW_VAR_DIR": str(tmp_path),
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
        "PYTHONPATH": str(ROOT),
    }

    def start(*command: str, **extra: str) -> subprocess.Popen:
        arguments = (
            command
            if command[0].endswith(".py")
            else ("-m", "flask", "--app", "app", *command)
        )
        log = (tmp_path / f"{Path(command[0]).stem}-{len(started)}.log").open(
            "wb"
        )
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**environment, **extra},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        # The whole group: a worker that was killed leaves its scheduler behind.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
