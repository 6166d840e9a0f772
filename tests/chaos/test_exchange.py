"""The launcher's web server, killed or exchanged while somebody asks: nobody is refused."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "deploy" / "launcher"))

import listening  # noqa: E402
import services  # noqa: E402

PLAIN = "tests.chaos.plain_app:application"


class Town:
    """A web server as the launcher runs it, and a visitor who asks without a pause."""

    def __init__(self, port: int, web: services.WebService) -> None:
        self.address = f"http://127.0.0.1:{port}/"
        self.web = web
        self.seen: set[int] = set()
        self.failed: list[str] = []
        self.stop = threading.Event()

    def ask(self) -> int:
        """Number of the process that answered."""
        with urlopen(self.address, timeout=30) as answer:
            return int(answer.read().split()[0])

    def of_the_present(self, number: int) -> bool:
        """Whether the process belongs to the present web server."""
        present = self.web.process
        return (
            present is not None
            and psutil.pid_exists(number)
            and (psutil.Process(number).ppid() == present.pid)
        )

    def visit(self) -> None:
        while not self.stop.is_set():
            try:
                self.seen.add(self.ask())
            except OSError as failure:
                self.failed.append(str(failure))

    def settled(self) -> bool:
        """Whether the present web server serves and nobody of an earlier one is left."""
        self.web.watch()
        return self.web.serves and not self.web.formers


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    (tmp_path / "log").mkdir()
    monkeypatch.setattr(services, "VAR", tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    door = listening.take("127.0.0.1", str(port))
    command = [sys.executable, "-m", "gunicorn"]
    command += ["--config", "python:deploy.serving", PLAIN]
    command += ["--bind", f"fd://{door.fileno()}"]
    web = services.WebService(
        "web", command, env=dict(os.environ), listening=door.fileno()
    )
    here = Town(port, web)
    wait_until(here.settled, 20, "the web server")
    visitor = threading.Thread(target=here.visit)
    visitor.start()
    try:
        wait_until(lambda: here.seen, 10, "a page")
        yield here
    finally:
        here.stop.set()
        visitor.join()
        door.close()
        web.stop()


def stopped_children(number: int) -> set[int]:
    """Numbers of all processes that this process started; it is stopped and starts no more."""
    parent = psutil.Process(number)
    parent.suspend()
    wait_until(lambda: parent.status() == psutil.STATUS_STOPPED, 10)
    return {child.pid for child in parent.children()}


def test_nobody_is_refused_while_the_killed_first_process_is_replaced(
    town: Town,
) -> None:
    first = town.web.process
    assert first is not None
    left = stopped_children(first.pid)
    os.kill(first.pid, signal.SIGKILL)
    wait_until(lambda: town.web.watch() or town.web.process is not first, 10)
    town.web.watch()
    number = town.ask()
    # On a busy machine the next one may be there already.
    assert number in left or town.of_the_present(number)
    wait_until(town.settled, 20, "the next web server")
    assert town.of_the_present(town.ask())
    assert town.failed == []


def test_nobody_is_refused_while_the_web_server_is_exchanged(
    town: Town,
) -> None:
    first = town.web.process
    assert first is not None
    town.web.exchange()
    assert town.web.exchanging
    wait_until(town.settled, 20, "the next web server")
    assert town.web.process is not first and first.poll() == 0
    assert town.of_the_present(town.ask())
    assert town.failed == []
    assert not town.web.exchanging


def test_a_next_web_server_that_does_not_start_leaves_the_present_one(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    first = town.web.process
    command = list(town.web.command)
    town.web.command = [sys.executable, "-c", "raise SystemExit(3)"]
    town.web.exchange()
    wait_until(lambda: town.web.watch() or not town.web.exchanging, 10)
    assert town.web.process is first and town.web.serves
    assert town.settled() and town.of_the_present(town.ask())
    assert town.failed == [] and "已退出" not in capsys.readouterr().err
    town.web.command = command


def test_a_next_web_server_that_neither_serves_nor_ends_is_given_up(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = town.web.process
    command = list(town.web.command)
    monkeypatch.setattr(services, "LONGEST_BEGINNING", 0.5)
    town.web.command = [sys.executable, "-c", "import signal; signal.pause()"]
    town.web.exchange()
    idle = town.web.process
    assert idle is not None and idle is not first
    wait_until(lambda: town.web.watch() or not town.web.exchanging, 10)
    assert idle.poll() == -signal.SIGKILL
    assert town.web.process is first and town.web.serves
    assert town.settled() and town.of_the_present(town.ask())
    assert town.failed == []
    town.web.command = command


def test_an_address_that_somebody_listens_on_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with pytest.raises(listening.SetUpFailed, match="GRIDFLOW_PORT"):
            listening.take("127.0.0.1", port)
