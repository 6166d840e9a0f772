"""How long another visitor's page takes while many people sign in at once, beside the same page in quiet. The
real web server serves it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from orchestrator.services.people.passwords import hash_password
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.bench.city import TENANT
from tests.servers import wait_until

Figure = tuple[str, float, str]
ROOT = Path(__file__).parents[2]
PASSWORD = "wangge-bench-1"
PAGE = "/public/"
PATIENCE_SECONDS = 60
MOST_TRIES = 50


def sign_ins(app: Flask, many: int) -> Iterator[Figure]:
    """Milliseconds of a stranger's page in quiet and while `many` people send their passwords at once, and
    the ratio of the two."""
    names = _accounts(many)
    with served(str(app.config["SQLALCHEMY_DATABASE_URI"])) as port:
        for _warm in range(20):
            _page_ms(port)
        quiet = sorted(_page_ms(port) for _ in range(60))
        doors = [_Door.opened(port, name) for name in names]
        with ThreadPoolExecutor(many) as pool:
            begun = time.perf_counter()
            sent = [pool.submit(door.enter) for door in doors]
            rush = sorted(_while(port, sent))
            seconds = time.perf_counter() - begun
        came = [entered.result() for entered in sent]
    mid, late = quiet[len(quiet) // 2], rush[int(len(rush) * 0.95)]
    yield (
        "sign_ins_page_ratio",
        rush[len(rush) // 2] / mid,
        f"a stranger's page while {many} people sign in at once over the same in quiet ({mid:.0f} "
        f"ms; 95 of 100 within {late:.0f} ms)",
    )
    tries = Counter(entered.tries for entered in came if entered.is_in)
    yield (
        "sign_ins_seconds",
        seconds,
        f"until the last of {many} was in; tries a person → people: {dict(sorted(tries.items()))}",
    )
    waited = sorted(entered.seconds for entered in came)
    yield (
        "sign_ins_p95_s",
        waited[int(len(waited) * 0.95)],
        f"s until 95 of 100 were in, all tries together (half of them {waited[len(waited) // 2]:.1f} s)",
    )
    yield (
        "sign_ins_unanswered",
        float(sum(not entered.is_in for entered in came)),
        f"people who had no answer within {PATIENCE_SECONDS} s or never came in; goal 0",
    )


@dataclass(frozen=True, slots=True)
class _Entered:
    """How one person came in."""

    tries: int
    seconds: float
    is_in: bool


def _accounts(many: int) -> list[str]:
    """Names of so many people whose password is PASSWORD."""
    hashed, names = (
        hash_password(PASSWORD),
        [f"bench-{number}" for number in range(many)],
    )
    with transaction() as session:
        session.add_all(
            Person(
                tenant_id=TENANT,
                username=each,
                display_name=each,
                password_hash=hashed,
            )
            for each in names
        )
    return names


@contextmanager
def served(database_url: str) -> Iterator[int]:
    """The product's web server on that database; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        tempfile.TemporaryDirectory() as folder,
        (Path(folder) / "log").open("wb") as log,
    ):
        env = {
            **os.environ,
            "GRIDFLOW_PORT": str(port),
            "GRIDFLOW_VAR_DIR": folder,
            "GRIDFLOW_DATABASE_URL": database_url,
        }
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "python:deploy.serving",
            "app:create_app()",
        ]
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: _answers(port), 60, "the web server")
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _answers(port: int) -> bool:
    try:
        return _page_ms(port) > 0
    except OSError:
        return False


def _page_ms(port: int) -> float:
    begun = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", PAGE)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status
    return (time.perf_counter() - begun) * 1_000


def _while(port: int, sent: list[Future[_Entered]]) -> Iterator[float]:
    yield _page_ms(port)
    while not all(each.done() for each in sent):
        yield _page_ms(port)


@dataclass
class _Door:
    """The sign-in page as one person has it open."""

    port: int
    name: str
    cookie: str
    token: str

    @classmethod
    def opened(cls, port: int, name: str) -> _Door:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/sign-in")
        answer = connection.getresponse()
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', answer.read().decode()
        )
        cookies = [
            value.partition(";")[0]
            for key, value in answer.getheaders()
            if key.lower() == "set-cookie"
        ]
        connection.close()
        assert found
        return cls(port, name, "; ".join(cookies), found[1])

    def enter(self) -> _Entered:
        """Sends the password until he is in: a busy server asks to try again."""
        begun = time.perf_counter()
        body = urlencode(
            {
                "username": self.name,
                "password": PASSWORD,
                "csrf_token": self.token,
            }
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": self.cookie,
        }
        is_in, tries = False, 0
        while not is_in and tries < MOST_TRIES:
            tries += 1
            status = self._sent(body, headers)
            if status is None:
                break
            assert status in (302, 503), (self.name, status)
            is_in = status == 302
        return _Entered(tries, time.perf_counter() - begun, is_in)

    def _sent(self, body: str, headers: dict[str, str]) -> int | None:
        """The answer's status; None where none comes."""
        connection = HTTPConnection(
            "127.0.0.1", self.port, timeout=PATIENCE_SECONDS
        )
        try:
            connection.request("POST", "/sign-in", body, headers)
            answer = connection.getresponse()
            answer.read()
        except OSError:
            return None
        finally:
            connection.close()
        return answer.status
