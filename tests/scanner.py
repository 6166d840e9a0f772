"""A real ClamAV daemon for tests, with signatures of its own: the public ones change daily and need a
network."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.servers import wait_until

# The test file of eicar.org, in two parts: a scanner that reads this folder shall find none.
EICAR = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-"
    rb"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
)
LARGEST = "512K"
"""Of a file that it takes, less than the product does."""


def program() -> str | None:
    """Debian's `clamd` (package clamav-daemon), which stands outside of most users' PATH."""
    return shutil.which("clamd", path=f"{os.environ['PATH']}:/usr/sbin")


class Clamd:
    """A running daemon on a unix socket, which tests may stop, halt and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "clamd.ctl"
        self.process: subprocess.Popen[bytes] | None = None
        signatures = folder / "signatures"
        signatures.mkdir()
        line = f"Test.Eicar:0:*:{EICAR.hex()}\n"
        (signatures / "own.ndb").write_text(line)
        settings = {
            "LocalSocket": self.socket,
            "DatabaseDirectory": signatures,
            "TemporaryDirectory": folder,
            "Foreground": "yes",
            "StreamMaxLength": LARGEST,
        }
        lines = [f"{name} {value}\n" for name, value in settings.items()]
        (folder / "clamd.conf").write_text("".join(lines))

    def start(self) -> None:
        command = [str(program()), "-c", str(self.folder / "clamd.conf")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self.answers, 10, "clamd")

    def answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX) as probe,
        ):
            probe.connect(str(self.socket))
            probe.sendall(b"zPING\0")
            return probe.recv(16) == b"PONG\0"
        return False

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def clamd() -> Iterator[Clamd]:
    """A running daemon in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="gfav-"))
    daemon = Clamd(folder)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()
        shutil.rmtree(folder, ignore_errors=True)
