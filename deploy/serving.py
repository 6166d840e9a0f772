"""The web server of the product: gunicorn keeps the processes, waitress reads whole requests before one takes
a thread.

Loaded as `gunicorn --config python:deploy.serving app:create_app()`. docs/decisions/0011-web-server.md gives
the figures.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import resource
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

from gunicorn.workers.base import Worker
from prometheus_client import multiprocess
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.receiver import FixedStreamReceiver
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import RequestEntityTooLarge

MEGABYTE = 1024 * 1024
HEADER_SECONDS = 15
"""How long the first line and the headers of a request may take, and how long a new connection may say
nothing."""
FIRST_WORD_SECONDS = 1
"""How long a server that ends waits for the first request of a connection that it has taken."""
IDLE_SECONDS = 60
"""How long a connection may wait for its next request."""
GRACE_SECONDS, LEAST_BYTES_A_SECOND = 30, 1024
"""After the grace, a body that is sent or an answer that is read slower than this on average is given up."""
LONGEST_SECONDS = 1800
MOST_CONNECTIONS = 2_000
"""Of a process; the bound of open files may make it fewer."""
MOST_OF_ONE_ADDRESS = 100
"""Waiting connections of one address in a process: one more closes the one that has waited longest."""
LARGEST_HEADER = 32 * 1024
LARGEST_UPLOAD = (
    int(os.environ.get("GRIDFLOW_MAX_ATTACHMENT_MB") or 10) * 6 + 3
) * MEGABYTE
"""A little more than the application takes, so that its own page says what is too large."""
LARGEST_DISCARDED = 1024 * MEGABYTE
"""A larger body is read and dropped, so that the browser shows the answer; beyond this the connection is
closed."""
MOST_SIGN_INS_WAITING = 150
STOP_SECONDS = 10
LEFT_SECONDS = 60
"""So long processes without their first one serve on."""
BEHIND_PROXY = os.environ.get("GRIDFLOW_TRUSTED_PROXIES", "0") not in ("", "0")
"""All connections then come from the proxy, which bounds the visitors."""


class Discarded(FixedStreamReceiver):
    """A body whose bytes are counted and dropped."""

    def received(self, data: bytes) -> int:
        taken = min(self.remain, len(data))
        self.remain -= taken
        self.completed = self.remain == 0
        return taken


class Parser(HTTPRequestParser):
    """A request; one whose body is too large goes to the application without it, which answers 413 in the
    reader's language."""

    def received(self, data: bytes) -> int:
        if isinstance(self.body_rcv, Discarded):
            taken = self.body_rcv.received(data)
            self.completed = self.body_rcv.completed
            return taken
        taken = super().received(data)
        too_large = (
            isinstance(self.error, RequestEntityTooLarge)
            and not self.chunked
            and not self.expect_continue
        )
        if too_large and self.content_length <= LARGEST_DISCARDED:
            self.error, self.completed = None, False
            self.body_rcv = Discarded(
                self.content_length, self.body_rcv.getbuf()
            )
        return taken


class Channel(HTTPChannel):
    """A connection that is closed when a request does not come, or an answer is not read, in the time it may
    take."""

    parser_class = Parser

    def __init__(
        self,
        server: Server,
        sock: Any,
        addr: Any,
        adj: Adjustments,
        map: Any = None,
    ) -> None:
        self.phase, self.phase_began, self.moved = "idle", time.monotonic(), 0
        self.has_asked = False
        super().__init__(server, sock, addr, adj, map=map)
        server.make_room(self)

    def received(self, data: bytes) -> bool:
        self.moved += len(data)
        before = self.request
        done = bool(super().received(data))
        if self.request is not None and self.request is not before:
            self._enter("header")
        return done

    def asked(self) -> None:
        """A whole request is there; what it waits afterwards counts anew."""
        self.has_asked = True
        self._enter("serving")

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = int(super().send(data, do_close))
        self.moved += sent
        return sent

    def _enter(self, phase: str) -> None:
        if phase != self.phase:
            self.phase, self.phase_began, self.moved = (
                phase,
                time.monotonic(),
                0,
            )

    def waits(self) -> bool:
        """Whether it waits for its visitor: to ask, to send on, or to read on."""
        return not self.requests

    def is_busy(self) -> bool:
        """Whether somebody would miss an answer: a request is in hand or is being sent, an answer is being
        read, or a new visitor is about to ask."""
        if self.requests or self.total_outbufs_len or self.request is not None:
            return True
        came = time.monotonic() - self.phase_began
        return not self.has_asked and came < FIRST_WORD_SECONDS

    def is_overdue(self, now: float) -> bool:
        """Whether the visitor has taken longer than he may; `now` in seconds of the monotonic clock."""
        if not self.waits():
            self._enter("serving")
            return False
        request = self.request
        if self.total_outbufs_len:
            self._enter("sending")
        elif request is None:
            self._enter("idle")
        else:
            self._enter("body" if request.headers_finished else "header")
        lasted = now - self.phase_began
        if self.phase in ("idle", "header"):
            waits_for_more = self.phase == "idle" and self.has_asked
            return lasted > (
                IDLE_SECONDS if waits_for_more else HEADER_SECONDS
            )
        too_slow = (
            lasted > GRACE_SECONDS
            and self.moved < lasted * LEAST_BYTES_A_SECOND
        )
        return too_slow or lasted > LONGEST_SECONDS


class Server(TcpWSGIServer):
    """A listening socket. Whoever opens more connections than one visitor needs loses his own, not
    another's."""

    channel_class = Channel

    def add_task(self, task: Channel) -> None:
        """The channel's next whole request goes to a thread."""
        task.asked()
        super().add_task(task)

    def maintenance(self, now: float) -> None:
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(time.monotonic()):
                channel.will_close = True

    def make_room(self, newest: Channel) -> None:
        """Closes the connection that has waited longest, of the newest's address or of the one with the
        most."""
        waiting = [
            channel
            for channel in self.active_channels.values()
            if channel is not newest
            and channel.waits()
            and not channel.will_close
        ]
        of_address = Counter(value.addr[0] for value in waiting)
        if (
            not BEHIND_PROXY
            and of_address[newest.addr[0]] >= MOST_OF_ONE_ADDRESS
        ):
            address = newest.addr[0]
        elif (
            waiting
            and len(self.active_channels) > self.adj.connection_limit - 50
        ):
            address = of_address.most_common(1)[0][0]
        else:
            return
        min(
            (value for value in waiting if value.addr[0] == address),
            key=lambda value: value.phase_began,
        ).will_close = True


class Lanes:
    """Two queues of whole requests: passwords are checked in a lane of their own, so that a morning's rush
    delays no page."""

    def __init__(self, threads: int) -> None:
        self.pages, self.sign_ins = (
            ThreadedTaskDispatcher(),
            ThreadedTaskDispatcher(),
        )
        self.pages.set_thread_count(threads)
        self.sign_ins.set_thread_count(1)

    def add_task(self, channel: Channel) -> None:
        request = channel.requests[0]
        # Beyond the lane's length the application refuses at once, in words.
        signs_in = request.command == "POST" and request.path == "/sign-in"
        lane = (
            self.sign_ins
            if signs_in and len(self.sign_ins.queue) < MOST_SIGN_INS_WAITING
            else self.pages
        )
        lane.add_task(channel)

    def shutdown(self) -> None:
        for lane in (self.pages, self.sign_ins):
            lane.shutdown(timeout=1)


class BufferedWorker(Worker):
    """A process of gunicorn's that serves its sockets with waitress until it is told to stop."""

    left_at = 0.0
    """When it was seen that the first process is gone."""

    def run(self) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        limit = _raise_open_files()
        # A slow reader's answer waits on disk, not in a thread, however large it is.
        adjustments = Adjustments(
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=min(MOST_CONNECTIONS, limit // 2),
            cleanup_interval=1,
            asyncore_use_poll=True,
            max_request_header_size=LARGEST_HEADER,
            max_request_body_size=LARGEST_UPLOAD,
            outbuf_high_watermark=LARGEST_DISCARDED,
            clear_untrusted_proxy_headers=False,
            ident=None,
            sockets=[value.sock for value in self.sockets],
        )
        self.map: dict[int, Any] = {}
        self.lanes = Lanes(self.cfg.threads)
        servers = [
            self._server(value.sock, adjustments) for value in self.sockets
        ]
        while self.alive and not self._is_left():
            self._turn(0.5)
        self._drain(servers)

    def _is_left(self) -> bool:
        """Whether its first process is gone and nobody will come in its place. Where somebody else holds the
        socket, as the launcher does, this process serves until it is told that the next one does."""
        if self.ppid == os.getppid():
            return False
        holds_itself = not isinstance(self.cfg.address[0], int)
        now = time.monotonic()
        self.left_at = self.left_at or now
        return holds_itself or now - self.left_at > LEFT_SECONDS

    def _server(self, sock: socket.socket, adjustments: Adjustments) -> Server:
        outcome = (sock.family, sock.type, sock.proto, sock.getsockname())
        given = {
            "dispatcher": self.lanes,
            "adj": adjustments,
            "sockinfo": outcome,
            "bind_socket": False,
        }
        return Server(self.wsgi, self.map, _sock=sock, **given)

    def _turn(self, seconds: float) -> None:
        self.notify()
        wasyncore.loop(timeout=seconds, map=self.map, use_poll=True, count=1)

    def _drain(self, servers: list[Server]) -> None:
        """Takes no more visitors and finishes what whole requests and unread answers are in hand."""
        for server in servers:
            server.accepting = False
            server.del_channel(self.map)
            server.socket.close()
        end = time.monotonic() + STOP_SECONDS
        while time.monotonic() < end:
            channels = [
                channel
                for server in servers
                for channel in server.active_channels.values()
            ]
            busy = [channel for channel in channels if channel.is_busy()]
            for channel in channels:
                channel.will_close = channel.will_close or channel not in busy
            if not busy:
                break
            self._turn(0.05)
        self.lanes.shutdown()


def _raise_open_files() -> int:
    """The number of files this process may open, raised as far as the system lets it."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def on_starting(server: Any) -> None:
    """What a first page compiles is there before the processes part. gunicorn calls this."""
    warm = getattr(server.app.wsgi(), "extensions", {}).get("gridflow.warm")
    if warm is not None:
        warm()


_leave: dict[int, Any] = {}
"""Number of a process → what it calls at its end."""


def post_worker_init(worker: Worker) -> None:
    """The process says from now on that it serves. gunicorn calls this."""
    _forget_the_dead()
    ready = os.environ.get("GRIDFLOW_READY_FD")
    if ready:
        # The launcher reads it until the first process serves.
        with contextlib.suppress(OSError):
            os.write(int(ready), b"1")
    begin = getattr(worker.wsgi, "extensions", {}).get("gridflow.serve")
    if begin is not None:
        _leave[worker.pid] = begin()


def worker_exit(_server: Any, worker: Worker) -> None:
    """The process says that it ends. gunicorn calls this in the process itself."""
    leave = _leave.pop(worker.pid, None)
    if leave is not None:
        leave()


def when_ready(_server: Any) -> None:
    """What is loaded before the processes part stays as long as they do: none looks through it again for
    garbage, and all share its memory. gunicorn calls this."""
    gc.collect()
    gc.freeze()


def child_exit(_server: Any, _worker: Worker) -> None:
    """What a dead process counted stays in the sums; its gauges go. gunicorn calls this."""
    _forget_the_dead()


def _forget_the_dead() -> None:
    """Takes away the gauges of processes that are gone, also of those whose first process was killed."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return
    for file in Path(folder).glob("gauge_live*_*.db"):
        number = file.stem.rpartition("_")[2]
        if not Path("/proc", number).exists():
            multiprocess.mark_process_dead(number)


# ---- gunicorn's
# settings

_HOST = os.environ.get("GRIDFLOW_HOST") or "127.0.0.1"
bind = f"{f'[{_HOST}]' if ':' in _HOST else _HOST}:{os.environ.get('GRIDFLOW_PORT') or 8000}"
worker_class = BufferedWorker
workers = 2
threads = 8
preload_app = True
graceful_timeout = STOP_SECONDS + 2
control_socket_disable = True
umask = 0o077
