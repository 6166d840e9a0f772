"""Two workflow engines that others wrote, beside Gridflow in one run: so no ratio compares two machines.

Viewflow (Django, PostgreSQL) completes the tasks of a small rework loop. bpmn-engine (Node.js, in memory)
plays the same loop as a diagram. Each is installed into `var/peers`; Gridflow uses neither.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from orchestrator.engine import advance, load_definition
from orchestrator.engine import commands as c
from tests.bench.city import NOW

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "var" / "peers"
DIAGRAM = HERE / "loop.bpmn"
PYTHON_PEERS = ("django-viewflow==2.4.0", "psycopg[binary]==3.3.9")
NODE_PEERS = ("bpmn-engine@25.0.1",)


def peers(
    url: sa.URL, our_cpu: float, count: int
) -> Iterator[tuple[str, float, str]]:
    """Each figure as (key, value, words).

    `url` is a PostgreSQL on a socket of this machine; the peers' database is made in it. `our_cpu` is the
    processor time of a completion through Gridflow's service, in seconds, measured in this run. Raises
    CalledProcessError where a peer cannot be installed or does not run.
    """
    _install()
    viewflow = _viewflow(url, count)
    yield (
        "viewflow_completion_cpu_ms",
        1e3 * viewflow["cpu"],
        "Viewflow's processor time of a completion with one gateway, its database's included, ms",
    )
    yield (
        "completion_cpu_to_viewflow",
        our_cpu / viewflow["cpu"],
        "of that: a completion of the case diagram here, with its form, clock, history and search",
    )
    node = _bpmn_engine(count)
    ours = _advance(count)
    yield (
        "bpmn_engine_ms",
        node["memory"],
        "bpmn-engine's processor time of a completion in memory, ms",
    )
    yield (
        "bpmn_engine_stored_ms",
        node["stored"],
        "the same with its state read before and taken after each, ms",
    )
    yield (
        "engine_to_bpmn_engine",
        ours / node["stored"],
        f"of that: the engine here on the same loop ({ours:.3f} ms), its state read and taken each time",
    )


def _install() -> None:
    """Makes the peers' environments once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    python = FOLDER / "venv" / "bin" / "python"
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(python.parents[1])])
    _run([str(python), "-m", "pip", "install", "--quiet", *PYTHON_PEERS])
    package = FOLDER / "package.json"
    if not package.exists():
        package.write_text('{"name": "peers", "private": true}\n')
    npm = shlex.split(os.environ.get("PEERS_NPM") or "npm")
    _run([*npm, "install", "--no-audit", "--no-fund", *NODE_PEERS])


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, cwd=FOLDER, check=True, stdout=sys.stderr)


def _viewflow(url: sa.URL, count: int) -> dict[str, float]:
    """Seconds of a completion: by the clock and of the processor."""
    engine = sa.create_engine(
        url.set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS peers")
        connection.exec_driver_sql("CREATE DATABASE peers")
    engine.dispose()
    python = FOLDER / "venv" / "bin" / "python"
    host = str(url.query["host"])
    return _told(
        [str(python), "-m", "viewflow_loop", host, "peers", str(count + 20)]
    )


def _bpmn_engine(count: int) -> dict[str, float]:
    """Milliseconds of a completion: in memory, and with the state stored between two."""
    node = os.environ.get("PEERS_NODE") or shutil.which("node") or "node"
    return _told(
        [node, "engine_loop.mjs", str(FOLDER), str(DIAGRAM), str(count)]
    )


def _told(command: Sequence[str]) -> dict[str, float]:
    done = subprocess.run(
        command, cwd=HERE, check=True, stdout=subprocess.PIPE
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _advance(count: int) -> float:
    """Milliseconds of a completion by the engine alone: it reads its state and writes it each time."""
    definition = load_definition({"loop.bpmn": DIAGRAM.read_bytes()}, "loop")
    outcome = advance(definition, None, c.StartProcessInstance({}), NOW)
    spent = 0.0
    for step in range(count + 20):
        [task] = [
            effect.task_id
            for effect in outcome.effects
            if isinstance(effect, c.UserTaskOpened)
        ]
        command = c.CompleteUserTask(task, {"verdict": "rework"})
        begin = time.thread_time()
        outcome = advance(definition, outcome.state, command, NOW)
        spent += time.thread_time() - begin if step >= 20 else 0
    return 1e3 * spent / count
