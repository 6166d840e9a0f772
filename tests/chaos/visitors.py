"""People who work while everything breaks, and the ledger in which they note what was acknowledged."""

from __future__ import annotations

import html
import itertools
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import requests

from tests.chaos.installation import PASSWORD

_PDF = b"%PDF-1.4\n%%EOF\n"
_HIDDEN = re.compile(
    r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)"'
)
_TASKS = re.compile(r'href="/task/([0-9a-f]+\.[^"?#/]+)["?#]')
OF_OURS = " · 网格流程</title>"
"""Stands on every page of the product."""
PATIENCE_SECONDS = 120
"""How long a person sends the same form again before he gives it up."""


@dataclass
class Ledger:
    """What the visitors saw."""

    wanted: set[str] = field(default_factory=set)
    """Subjects and opinions that were sent at least once."""
    started: dict[str, str] = field(default_factory=dict)
    """Subject → process instance, of acknowledged starts."""
    completed: dict[str, str] = field(default_factory=dict)
    """Opinion → task, of acknowledged completions."""
    answers: Counter[str] = field(default_factory=Counter)
    """Status, or `none` where no answer came."""
    strange: list[str] = field(default_factory=list)
    """Beginnings of error pages that are not the product's."""
    slowest: float = 0.0
    """Seconds of the slowest answer."""

    @property
    def acknowledged(self) -> int:
        return len(self.started) + len(self.completed)


class Visitor(threading.Thread):
    """Somebody who starts petitions or reviews them until he is told to stop."""

    def __init__(
        self,
        username: str,
        number: int,
        ports: list[int],
        ledger: Ledger,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"{username}-{number}", daemon=True)
        self.username = username
        self.ports = ports
        self.ledger = ledger
        self.stop = stop
        self.session = requests.Session()
        self.signed_in = False
        self.numbers = itertools.count(1)

    def run(self) -> None:
        while not self.stop.is_set():
            if not self.signed_in:
                self._sign_in()
            elif self.username in ("zhao", "qian"):
                self._send_petition()
            else:
                self._do_a_task()
            self.stop.wait(random.uniform(0.05, 0.4))

    def ask(
        self, method: str, path: str, **given: object
    ) -> requests.Response | None:
        """The answer of either web server; None where none came."""
        address = f"http://127.0.0.1:{random.choice(self.ports)}{path}"
        begun = time.monotonic()
        try:
            answer = self.session.request(
                method,
                address,
                timeout=(2, 20),
                allow_redirects=False,
                **given,  # type: ignore[arg-type]
            )
        except requests.RequestException:
            self.ledger.answers["none"] += 1
            return None
        self.ledger.answers[str(answer.status_code)] += 1
        taken = time.monotonic() - begun
        self.ledger.slowest = max(self.ledger.slowest, taken)
        if answer.status_code >= 500 and OF_OURS not in answer.text:
            self.ledger.strange.append(
                f"{answer.status_code} {path}: {answer.text[:200]!r}"
            )
        return answer

    def _sign_in(self) -> None:
        page = self.ask("GET", "/sign-in")
        if page is None or page.status_code != 200:
            return
        given = {
            **_hidden(page.text),
            "username": self.username,
            "password": PASSWORD,
        }
        answer = self.ask("POST", "/sign-in", data=given)
        self.signed_in = answer is not None and answer.status_code == 302

    def _send_petition(self) -> None:
        body = "civil-affairs:990100"
        path = f"/start/petition/teston:{body}"
        page = self.ask("GET", path)
        if page is None or page.status_code != 200:
            return
        subject = f"路灯 {self.name} {next(self.numbers)}"
        given = {**_hidden(page.text), "subject": subject}
        paper = ("灯.pdf", _PDF + subject.encode(), "application/pdf")
        answer = self._insist(path, subject, given, {"file:files": paper})
        if answer is not None and "/instance/" in answer.headers["Location"]:
            instance_id = answer.headers["Location"].rpartition("/")[2]
            self.ledger.started[subject] = instance_id

    def _do_a_task(self) -> None:
        inbox = self.ask("GET", "/")
        if inbox is None or inbox.status_code != 200:
            return
        tasks = _TASKS.findall(inbox.text)
        if not tasks:
            return
        task_id = random.choice(tasks)
        page = self.ask("GET", f"/task/{task_id}")
        if page is None or page.status_code != 200:
            return
        opinion = f"同意 {self.name} {next(self.numbers)}"
        given = {**_hidden(page.text), "decision": "pass", "opinion": opinion}
        is_review = 'name="opinion"' in page.text
        path = f"/task/{task_id}/complete"
        answer = self._insist(path, opinion, given)
        if answer is not None and is_review:
            self.ledger.completed[opinion] = task_id

    def _insist(
        self,
        path: str,
        token: str,
        given: dict[str, str],
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> requests.Response | None:
        """Sends the same form, with the same key, until it is acknowledged or refused."""
        self.ledger.wanted.add(token)
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            answer = self.ask("POST", path, data=given, files=files)
            if answer is not None and answer.status_code == 302:
                return answer
            if answer is not None and answer.status_code < 500:
                return None
            time.sleep(0.3)
        return None


def _hidden(page: str) -> dict[str, str]:
    return {
        name: html.unescape(value) for name, value in _HIDDEN.findall(page)
    }
