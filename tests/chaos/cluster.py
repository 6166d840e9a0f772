"""A real PostgreSQL with fsync, a primary and a synchronous standby, that may be killed, restarted and failed
over."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers import as_somebody_else, postgres_binaries, wait_until

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "120",
    "wal_sender_timeout": "5s",
    "shared_buffers": "32MB",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """One server of the cluster."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=3,
        )

    def answers(self) -> bool:
        with contextlib.suppress(psycopg.Error), self.connect():
            return True
        return False


class Cluster:
    """Two nodes; commits wait for the standby where there is one."""

    def __init__(self, folder: Path) -> None:
        binaries = postgres_binaries()
        assert binaries is not None, "no PostgreSQL found"
        folder.chmod(0o755)
        self._prefix, self._binaries = as_somebody_else(binaries, folder)
        self.nodes = [
            Node(self._folder(folder, name), free_port()) for name in "ab"
        ]
        self.primary, self.standby = self.nodes
        self.replicated = False

    @property
    def url(self) -> str:
        """Of whichever node is the primary."""
        hosts = "&".join(f"host=127.0.0.1:{node.port}" for node in self.nodes)
        return f"postgresql+psycopg://postgres@/gridflow?{hosts}&target_session_attrs=read-write"

    def begin(self) -> None:
        """An empty primary without a standby."""
        self._run("initdb", "-D", self.primary.data, *_INITDB)
        self.start(self.primary)
        self._sql("CREATE DATABASE gridflow")

    def start(self, node: Node) -> None:
        options = [
            part
            for name, value in _SETTINGS.items()
            for part in ("-c", f"{name}={value}")
        ]
        command = [
            *self._prefix,
            self._binaries / "postgres",
            "-D",
            node.data,
            "-k",
            node.folder,
            "-p",
            str(node.port),
            *options,
        ]
        with (node.folder / "log").open("ab") as log:
            node.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        wait_until(node.answers, 30, f"PostgreSQL in {node.folder}")

    def stop(self, node: Node, how: int) -> None:
        """SIGINT stops fast, SIGQUIT at once, SIGKILL as a power cut does."""
        if node.process is None:
            return
        if how == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(node.process.pid, how)
        else:
            node.process.send_signal(how)
        node.process.wait(60)
        node.process = None
        time.sleep(0.2)

    def restart(self, how: int) -> None:
        self.stop(self.primary, how)
        (self.primary.data / "postmaster.pid").unlink(missing_ok=True)
        self.start(self.primary)

    def follow(self) -> None:
        """The other node becomes a copy of the primary, and commits wait for it."""
        node = self.standby
        shutil.rmtree(node.data, ignore_errors=True)
        self._run(
            "pg_basebackup",
            *("-h", "127.0.0.1", "-p", str(self.primary.port)),
            *("-U", "postgres", "-D", node.data),
            *("-R", "-X", "stream", "-c", "fast", "--no-sync"),
        )
        self.start(node)
        self._sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self._sql("SELECT pg_reload_conf()")
        wait_until(self._is_synchronous, 30, "the standby")
        self.replicated = True

    def fail_over(self) -> None:
        """The primary dies as in a power cut, the standby takes its place, and a new standby follows it."""
        if not self.replicated:
            return
        self.replicated = False
        self.stop(self.primary, signal.SIGKILL)
        # Nobody waits for a standby that is not there yet.
        self._run("pg_ctl", "-D", self.standby.data, "promote", "-w")
        self.primary, self.standby = self.standby, self.primary
        self._sql("ALTER SYSTEM RESET synchronous_standby_names")
        self._sql("SELECT pg_reload_conf()")
        self.follow()

    def drop_connections(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self._sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'gridflow' AND pid <> pg_backend_pid()"
            )

    def end(self) -> None:
        for node in self.nodes:
            self.stop(node, signal.SIGQUIT)

    def _is_synchronous(self) -> bool:
        with self.primary.connect() as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            ).fetchone()
        return found is not None

    def _sql(self, statement: str) -> None:
        with self.primary.connect() as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [*self._prefix, self._binaries / program, *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )

    def _folder(self, parent: Path, name: str) -> Path:
        folder = parent / name
        folder.mkdir()
        if "setpriv" in self._prefix:
            shutil.chown(folder, "nobody")
        return folder


_INITDB = (
    "-A",
    "trust",
    "-U",
    "postgres",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-instructions",
    "--no-sync",
)
