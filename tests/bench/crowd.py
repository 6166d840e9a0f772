"""200 people at once for five minutes: signing in, inbox, lists, search, the public board, opening tasks and
completing them, with pauses to think. The real web server serves them."""

from __future__ import annotations

import html
import os
import random
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests
import sqlalchemy as sa
from flask import Flask

from orchestrator.services.people.passwords import hash_password
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from tests.bench.city import NOW, TENANT, new_case, person
from tests.bench.sign_ins import PASSWORD, served

Figure = tuple[str, float, str]
THINK_SECONDS = (4.0, 12.0)
COME_SECONDS = 20.0
"""All have come after so long."""
EVERY_DAY = ("/", "/", "/cases", "/cases?q=楼道", "/started", "/done")
OFFICE = "zd-wgb"
_TASKS = re.compile(r'href="/task/([0-9a-f]+\.[^"?#/]+)["?#]')
_HIDDEN = re.compile(
    r'<input type="hidden" name="([^"]+)"[^>]*? value="([^"]*)"'
)


@dataclass
class Answers:
    """What all of them were answered."""

    seconds: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Page → how long each answer took."""
    states: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, page: str, state: str, taken: float) -> None:
        with self.lock:
            self.states[state] += 1
            self.seconds[page].append(taken)


@dataclass
class Colleague:
    """One of them, on a connection of his own."""

    name: str
    port: int
    answers: Answers
    until: float
    rng: random.Random

    def work(self) -> None:
        time.sleep(self.rng.uniform(0, COME_SECONDS))
        self.session = requests.Session()
        while time.monotonic() < self.until and not self._signs_in():
            # Whoever got no answer tries again.
            time.sleep(self.rng.uniform(*THINK_SECONDS))
        while time.monotonic() < self.until:
            if self.rng.random() < 0.3:
                self._do_a_task()
            else:
                self._ask("GET", self.rng.choice(EVERY_DAY))
            time.sleep(self.rng.uniform(*THINK_SECONDS))

    def _signs_in(self) -> bool:
        page = self._ask("GET", "/sign-in")
        given = {
            **_hidden(page),
            "username": self.name,
            "password": PASSWORD,
        }
        self._ask("POST", "/sign-in", given)
        return "session" in self.session.cookies

    def _do_a_task(self) -> None:
        tasks = _TASKS.findall(self._ask("GET", "/"))
        if not tasks:
            return
        task = self.rng.choice(tasks)
        page = self._ask("GET", f"/task/{task}", named="/task")
        if "complete" not in page:
            return
        given = {
            **_hidden(page),
            "decision": "self",
            "opinion": "本中心协调处理",
        }
        self._ask("POST", f"/task/{task}/complete", given, named="/complete")

    def _ask(
        self,
        method: str,
        path: str,
        given: dict[str, str] | None = None,
        named: str = "",
    ) -> str:
        begun = time.perf_counter()
        try:
            answer = self.session.request(
                method,
                f"http://127.0.0.1:{self.port}{path}",
                data=given,
                timeout=60,
                allow_redirects=False,
            )
        except requests.RequestException:
            self.answers.note(named or path, "none", 60.0)
            return ""
        taken = time.perf_counter() - begun
        page = f"{method} {named or path.partition('?')[0]}"
        self.answers.note(page, str(answer.status_code), taken)
        return answer.text


def crowd(
    app: Flask, many: int, seconds: float, item: str
) -> Iterator[Figure]:
    """Milliseconds and errors of `many` people who work at once for so long, with the load of the machine."""
    names = _colleagues(many)
    for number in range(many * 2):
        new_case(number, person("zd-wgy1"), item)
    answers = Answers()
    with served(str(app.config["SQLALCHEMY_DATABASE_URI"])) as port:
        until = time.monotonic() + seconds
        threads = [
            threading.Thread(
                target=Colleague(
                    name, port, answers, until, random.Random(number)
                ).work
            )
            for number, name in enumerate(names)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    load = os.getloadavg()[1]
    taken = sorted(one for page in answers.seconds.values() for one in page)
    failed = sum(
        count
        for state, count in answers.states.items()
        if state == "none" or state >= "500"
    )
    states = dict(sorted(answers.states.items()))
    yield (
        "crowd_p95_ms",
        _share(taken, 0.95) * 1000,
        f"95 of 100 answers to {many} people in {seconds:.0f} s; half in {_share(taken, 0.5) * 1000:.0f} ms; "
        f"load average {load:.1f} with those who ask",
    )
    yield (
        "crowd_failed",
        failed,
        f"of {len(taken)} requests had no answer or a failure: {states}",
    )
    for page, times in sorted(answers.seconds.items()):
        times.sort()
        yield (
            f"crowd_p95_ms_{page.replace(' ', '_')}",
            _share(times, 0.95) * 1000,
            f"{len(times)} answers, half in {_share(times, 0.5) * 1000:.0f} ms",
        )


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


def _colleagues(many: int) -> list[str]:
    """Names of so many people of the township's office, which has the tasks, whose password is PASSWORD."""
    hashed = hash_password(PASSWORD)
    clerk = person(OFFICE)
    names = [f"crowd-{number}" for number in range(many)]
    with transaction() as session:
        office = sa.select(Membership.body_id).where(
            Membership.person_id == clerk
        )
        bodies = session.scalars(office).all()
        for name in names:
            colleague = Person(
                tenant_id=TENANT,
                username=name,
                display_name=name,
                password_hash=hashed,
            )
            session.add(colleague)
            session.flush()
            session.add_all(
                Membership(
                    person_id=colleague.id,
                    body_id=body_id,
                    from_on=NOW.date(),
                )
                for body_id in bodies
            )
    return names


def _hidden(page: str) -> dict[str, str]:
    return {
        name: html.unescape(value) for name, value in _HIDDEN.findall(page)
    }
