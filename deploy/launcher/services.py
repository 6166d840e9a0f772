"""The child processes of `./gridflow run`, each started again when it dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from environment import ROOT, VAR
from occupancy import Occupancy

_BACK_OFF_SECONDS = (0, 1, 2, 5, 10)
_LARGEST_LOG = 20 * 1024 * 1024
"""Bytes after which a log begins anew; the one before is kept as `.1`."""
_STOP_SECONDS = 15
"""How long a process may take to finish what it has in hand."""
LONGEST_BEGINNING = 180
"""Seconds that another web server may take to serve before it is given up and the present one kept."""
READY_FD = "GRIDFLOW_READY_FD"
"""Variable with the number of a pipe: the web server writes into it when a process of it serves."""


@dataclass
class Service:
    """A child process that is started again, ever more slowly, when it dies."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    start_at: float = 0.0
    started_at: float = 0.0
    env: dict[str, str] = field(default_factory=dict)
    occupancy: Occupancy | None = None

    @property
    def log(self) -> Path:
        return VAR / "log" / f"{self.name}.log"

    def start(self) -> None:
        self._spawn({}, [])

    def watch(self) -> None:
        """Starts it when it is due; notes a death and plans the next start; keeps its log bounded."""
        self._begin_log_anew()
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is not None:
            self._note_death(code)

    def renew(self) -> None:
        """Ends it, with what it has in hand finished; the next look starts it."""
        self.stop()
        self.process = None
        self.start_at = 0.0

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is not None:
            _kill_group(self.process.pid)
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(self.process.pid)
            self.process.wait()

    def _spawn(self, named: dict[str, str], descriptors: list[int]) -> None:
        if self.occupancy:
            descriptors = [*descriptors, self.occupancy.descriptor]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**self.env, **named},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=descriptors,
            )
        self.started_at = time.monotonic()

    def _note_death(self, code: int) -> None:
        assert self.process is not None
        self._clear_away(self.process.pid)
        if time.monotonic() - self.started_at > 60:
            self.failures = 0
        longest = len(_BACK_OFF_SECONDS) - 1
        pause = _BACK_OFF_SECONDS[min(self.failures, longest)]
        print(
            f"{self.name} 已退出（{code}），{pause} 秒后重启，日志 var/log/{self.name}.log",
            file=sys.stderr,
            flush=True,
        )
        self.failures += 1
        self.process = None
        self.start_at = time.monotonic() + pause

    def _clear_away(self, group: int) -> None:
        """Children of one that was killed, RQ's scheduler for one, would live on."""
        _kill_group(group)

    def _begin_log_anew(self) -> None:
        """The service goes on writing into the same file: it appends, so that the file may be cut."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > _LARGEST_LOG:
                shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)


@dataclass
class Former:
    """Processes of the web server that serve until the next one does."""

    group: int
    process: subprocess.Popen[bytes] | None = None
    """Their first process, where it lives."""
    told_at: float = 0.0
    """When they were told to end; 0: not yet."""

    def lives(self) -> bool:
        """Whether their first process does."""
        return self.process is not None and self.process.poll() is None

    def dismiss(self) -> bool:
        """Tells them to finish what they have in hand and end, and kills them after _STOP_SECONDS; returns
        whether they are gone."""
        now = time.monotonic()
        lives = self.lives()
        if not self.told_at:
            self.told_at = now
            if lives and self.process is not None:
                self.process.terminate()
            else:
                _signal_group(self.group, signal.SIGTERM)
            return False
        if now - self.told_at > _STOP_SECONDS:
            _kill_group(self.group)
            if self.process is not None:
                self.process.wait()
            return True
        try:
            os.killpg(self.group, 0)
        except ProcessLookupError:
            return True
        return False


@dataclass
class WebService(Service):
    """The web server, on a socket that the launcher holds.

    Processes whose first one was killed serve until another web server does, and so do those of a web server
    that is exchanged.
    """

    listening: int = -1
    """Number of the socket."""
    formers: list[Former] = field(default_factory=list)
    serves: bool = False
    _pipe: int = -1
    _exchanged: Former | None = None

    def start(self) -> None:
        self._close_pipe()
        self._pipe, theirs = os.pipe()
        os.set_blocking(self._pipe, False)
        self.serves = False
        try:
            self._spawn({READY_FD: str(theirs)}, [self.listening, theirs])
        finally:
            os.close(theirs)

    def watch(self) -> None:
        super().watch()
        if not self.serves and self.process is not None:
            self.serves = self._says_so()
            if self.serves:
                self._exchanged = None
            elif self._takes_too_long():
                self._give_up()
        if self.serves:
            self.formers = [
                former for former in self.formers if not former.dismiss()
            ]

    def exchange(self) -> None:
        """Starts another web server beside this one, which goes when the other serves; if the other ends
        before it serves, this one stays."""
        if self.process is None or self.process.poll() is not None:
            return
        self._exchanged = Former(self.process.pid, self.process)
        self.formers.append(self._exchanged)
        self.start()

    @property
    def exchanging(self) -> bool:
        """Whether another one is being started beside the one that serves."""
        return self._exchanged is not None

    def stop(self) -> None:
        super().stop()
        self._close_pipe()
        for former in self.formers:
            while not former.dismiss():
                time.sleep(0.05)
        self.formers.clear()

    def _note_death(self, code: int) -> None:
        former = self._exchanged
        self._exchanged = None
        if former is None or not former.lives():
            self.serves = False
            super()._note_death(code)
            return
        # The one that was to take its place is dead before it served anybody.
        assert self.process is not None
        _kill_group(self.process.pid)
        self.formers.remove(former)
        self.process = former.process
        self.serves = True

    def _takes_too_long(self) -> bool:
        """Whether another web server neither serves nor ends, as one that waits for something for ever."""
        waited = time.monotonic() - self.started_at
        return self.exchanging and waited > LONGEST_BEGINNING

    def _give_up(self) -> None:
        assert self.process is not None
        _kill_group(self.process.pid)
        self._note_death(self.process.wait())

    def _clear_away(self, group: int) -> None:
        self.formers.append(Former(group))

    def _says_so(self) -> bool:
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self._pipe, 1))
        return False

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pipe = -1


def _kill_group(group: int) -> None:
    _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
