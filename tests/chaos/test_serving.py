"""The web server under slow, silent and numerous strangers, and while it is stopped or killed. The page
served is a plain one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
from waitress.adjustments import Adjustments

from deploy import serving
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Name: "
POST = "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"


class Served:
    def __init__(
        self, port: int, process: subprocess.Popen, hold: Path
    ) -> None:
        self.port, self.process, self.hold = port, process, hold

    def page(self, path: str = "/") -> str:
        with urlopen(
            f"http://127.0.0.1:{self.port}{path}", timeout=20
        ) as answer:
            return answer.read().decode()

    def open(self, first: bytes) -> socket.socket:
        connection = socket.create_connection(
            ("127.0.0.1", self.port), timeout=20
        )
        connection.sendall(first)
        return connection

    def post(self, path: str, body: bytes) -> str:
        with self.open(
            POST.format(path=path, length=len(body)).encode() + body
        ) as connection:
            return b"".join(
                iter(lambda: connection.recv(65_536), b"")
            ).decode()

    def answers(self) -> bool:
        try:
            return bool(self.page())
        except OSError:
            return False


@pytest.fixture
def served(request, tmp_path: Path) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hold = tmp_path / "go"
    env = {
        **os.environ,
        "GRIDFLOW_HOST": "127.0.0.1",
        "GRIDFLOW_PORT": str(port),
        "HOLD_FILE": str(hold),
    }
    config = getattr(request, "param", "tests.chaos.impatient")
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        f"python:{config}",
        "tests.chaos.plain_app:application",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=log, stderr=log
        )
    here = Served(port, process, hold)
    wait_until(here.answers, 10, "the server")
    yield here
    hold.touch()
    process.terminate()
    process.wait(20)


def test_half_sent_requests_of_strangers_delay_no_page_and_are_given_up(
    served: Served,
) -> None:
    body = POST.format(path="/", length=90_000).encode()
    strangers = [
        served.open(first)
        for first in (HEAD, body, b"GET /", b"")
        for _each in range(30)
    ]
    dripping, stop = strangers[:60], threading.Event()

    def drip() -> None:
        while not stop.wait(0.2):
            for each in dripping:
                try:
                    each.send(b"a")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for _each in range(20):
            assert served.page()
        for each in strangers:
            assert _ended(each)
    finally:
        stop.set()
        thread.join()
    for each in strangers:
        each.close()


def _ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_who_opens_too_many_connections_loses_the_one_that_waited_longest(
    served: Served,
) -> None:
    mine = [served.open(HEAD) for _each in range(134)]
    assert _ended(mine[0])
    mine[-1].sendall(b"x\r\nConnection: close\r\n\r\n")
    assert b"200 OK" in mine[-1].recv(1_000)
    for each in mine:
        each.close()


def test_a_body_that_is_too_large_reaches_the_application_as_its_length_alone(
    served: Served,
) -> None:
    assert served.post("/", b"a" * 99_000).endswith(" 99000 99000")
    assert served.post("/", b"a" * 3_000_000).endswith(" 3000000 0")


def test_sign_ins_that_wait_leave_the_pages_their_threads(
    served: Served,
) -> None:
    with ThreadPoolExecutor(30) as pool:
        waiting = [
            pool.submit(served.post, "/sign-in", b"a") for _each in range(30)
        ]
        wait_until(
            Path(f"{served.hold}.reached").exists, 10, "the first sign-in"
        )
        assert served.page()
        served.hold.touch()
        assert all("200 OK" in each.result() for each in waiting)


def test_a_stop_finishes_what_is_in_hand(served: Served) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.page, "/hold")
        wait_until(Path(f"{served.hold}.reached").exists, 10, "the request")
        served.process.terminate()
        wait_until(lambda: not served.answers(), 10, "the end of new visits")
        served.hold.touch()
        assert answer.result()
    assert served.process.wait(20) == 0


@pytest.mark.parametrize("served", ["deploy.serving"], indirect=True)
def test_a_killed_process_is_replaced_while_the_other_serves(
    served: Served,
) -> None:
    first = int(served.page().split()[0])
    os.kill(first, signal.SIGKILL)
    seen: set[int] = set()

    def two() -> bool:
        # The killed one may have taken a visit before it was gone.
        with suppress(OSError):
            seen.add(int(served.page().split()[0]))
        return bool(seen - {first})

    wait_until(two, 10, "another process")
    assert served.process.poll() is None


def test_a_connection_waits_for_its_next_request_longer_than_for_its_first() -> (
    None
):
    adjustments = Adjustments(sockets=[])
    ours, theirs = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listening, ours, theirs:
        told = (
            listening.family,
            listening.type,
            listening.proto,
            listening.getsockname(),
        )
        server = serving.Server(
            None,
            {},
            _sock=listening,
            dispatcher=SimpleNamespace(add_task=lambda _channel: None),
            adj=adjustments,
            sockinfo=told,
            bind_socket=False,
        )
        address = ("127.0.0.1", 1)
        channel = serving.Channel(server, ours, address, adjustments, {})
        began = channel.phase_began
        assert channel.is_overdue(began + serving.HEADER_SECONDS + 1)
        # A whole request comes in one piece, and is answered between two looks.
        channel.received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        channel.requests.clear()
        asked_at = time.monotonic()
        assert not channel.is_overdue(asked_at)
        assert channel.phase_began >= asked_at
        assert not channel.is_overdue(asked_at + serving.HEADER_SECONDS + 1)
        assert channel.is_overdue(asked_at + serving.IDLE_SECONDS + 1)
