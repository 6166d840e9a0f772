"""`./gridflow chaos --outages`: how long a visitor notices what happens to the servers of `./gridflow run`.

He asks for the public board every 50 ms, each time on a connection of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from tests.chaos.cluster import Cluster, free_port
from tests.servers import wait_until

ROOT = Path(__file__).parents[2]
EVERY_SECONDS = 0.05
GIVES_UP_SECONDS = 30


@dataclass
class Asked:
    """One request of the visitor: seconds of the monotonic clock."""

    begun: float
    ended: float
    good: bool


@dataclass
class Visitor:
    """Somebody who asks every 50 ms, whatever became of the questions before."""

    address: str
    answers: list[Asked] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def asks(self) -> bool:
        """Asks once; whether the page came."""
        begun = time.monotonic()
        good = False
        with (
            contextlib.suppress(OSError),
            urlopen(self.address, timeout=GIVES_UP_SECONDS) as answer,
        ):
            good = answer.status == 200 and bool(answer.read())
        self.answers.append(Asked(begun, time.monotonic(), good))
        return good

    @contextlib.contextmanager
    def asking(self) -> Iterator[None]:
        """He asks as long as the block lasts."""
        self.answers.clear()
        self._stop.clear()
        asker = threading.Thread(target=self._go_on)
        asker.start()
        try:
            yield
        finally:
            self._stop.set()
            asker.join()

    def _go_on(self) -> None:
        with ThreadPoolExecutor(200) as pool:
            while not self._stop.wait(EVERY_SECONDS):
                pool.submit(self.asks)

    def since(self, instant: float) -> list[Asked]:
        """What he asked from then on."""
        return [asked for asked in self.answers if asked.begun >= instant]


@dataclass(frozen=True)
class Outage:
    """What he noticed of one event."""

    name: str
    asked: int
    refused: int
    """Questions without a page."""
    slowest: float
    """Seconds of the slowest page."""
    without: float
    """Seconds from the first question without a page to the first page after the last such question."""


def measured(name: str, answers: list[Asked], since: float) -> Outage:
    """The outage in the answers; `since`: the instant from which it counts, where nobody is served before."""
    refused = [asked for asked in answers if not asked.good]
    good = [asked for asked in answers if asked.good]
    slowest = max((asked.ended - asked.begun for asked in good), default=0.0)
    without = 0.0
    if refused:
        last = max(asked.begun for asked in refused)
        began = max(since, min(asked.begun for asked in refused))
        after = [asked.ended for asked in good if asked.begun > last]
        ended = min(after, default=float("inf"))
        without = max(0.0, ended - began)
    return Outage(name, len(answers), len(refused), slowest, without)


class Town:
    """`./gridflow run` on a PostgreSQL of its own."""

    def __init__(self, folder: Path) -> None:
        (folder / "cluster").mkdir(parents=True)
        self.cluster = Cluster(folder / "cluster")
        self.port = free_port()
        self.log = folder / "log"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GRIDFLOW_")
        }
        self.env = {
            **inherited,
            "GRIDFLOW_VAR_DIR": str(folder / "var"),
            "GRIDFLOW_PORT": str(self.port),
            "GRIDFLOW_DATABASE_URL": self.cluster.url,
        }
        self.visitor = Visitor(f"http://127.0.0.1:{self.port}/public/")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns at once; who wants the page waits for it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [ROOT / "gridflow", "run", "zhenjiang"],
                env=self.env,
                stdout=log,
                stderr=log,
            )

    def serves(self) -> None:
        wait_until(self.visitor.asks, 120, "the public board")

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
        self.cluster.end()

    def web_processes(self) -> list[int]:
        """The processes of the one web server, its first one first; empty while two of them are there, or
        while one has not parted yet."""
        assert self.process is not None
        firsts = _children(self.process.pid, "deploy.serving")
        if len(firsts) != 1:
            return []
        others = _children(firsts[0], "deploy.serving")
        if len(others) < 2:
            return []
        return firsts + others


def _children(process_id: int, named: str) -> list[int]:
    """Children of the process whose command holds the name."""
    told = subprocess.run(
        ["pgrep", "-P", str(process_id), "-f", named],
        capture_output=True,
        text=True,
    )
    return [int(number) for number in told.stdout.split()]


def _after(
    town: Town, name: str, strike: Callable[[Town], float | None]
) -> Outage:
    """Asks for a second, strikes, and asks until it has been good again for two. `strike` may return the
    instant from which an outage counts."""
    visitor = town.visitor
    with visitor.asking():
        wait_until(lambda: len(visitor.answers) > 20, 10, "pages before")
        begun = time.monotonic()
        counts = strike(town)
        settled = time.monotonic()
        wait_until(lambda: _is_well(visitor, settled), 60, "pages after")
    return measured(name, visitor.since(begun), counts or begun)


def _is_well(visitor: Visitor, settled: float) -> bool:
    now = time.monotonic()
    recent = [
        asked for asked in list(visitor.answers) if asked.begun > now - 2
    ]
    return (
        now > settled + 2.5
        and len(recent) > 15
        and all(asked.good for asked in recent)
    )


EVENTS: tuple[tuple[str, Callable[[Town], float | None]], ...] = (
    ("web server's first process killed", lambda town: _kill(town, 0)),
    ("another process of it killed", lambda town: _kill(town, 1)),
    ("./gridflow restart", lambda town: _restart(town)),
    ("PostgreSQL killed for 5 s", lambda town: _lose(town, signal.SIGKILL)),
    ("stopped at once for 5 s", lambda town: _lose(town, signal.SIGQUIT)),
    ("stopped fast for 5 s", lambda town: _lose(town, signal.SIGINT)),
    ("stop, and start while it stops", lambda town: _start_anew(town)),
)
"""Of a lost database the time without pages counts from its return on."""


def play(folder: Path) -> list[Outage]:
    """Each event once, on an installation that serves."""
    town = Town(folder)
    outages = []
    try:
        town.start()
        # The database comes later than the product, as after a power cut.
        wait_until(lambda: "再试" in town.log.read_text(), 60, "a wait")
        town.cluster.begin()
        town.serves()
        for name, strike in EVENTS:
            wait_until(town.web_processes, 60, "one web server")
            outages.append(_after(town, name, strike))
    finally:
        town.end()
    return outages


def _kill(town: Town, number: int) -> None:
    """Kills that process of the web server, 0 being its first."""
    processes = wait_until(town.web_processes, 60, "one web server")
    os.kill(processes[number], signal.SIGKILL)


def _restart(town: Town) -> None:
    subprocess.run([ROOT / "gridflow", "restart"], env=town.env, check=True)


def _lose(town: Town, how: int) -> float:
    """The instant at which the database answers again."""
    town.cluster.stop(town.cluster.primary, how)
    time.sleep(5)
    (town.cluster.primary.data / "postmaster.pid").unlink(missing_ok=True)
    town.cluster.start(town.cluster.primary)
    return time.monotonic()


def _start_anew(town: Town) -> None:
    """The second start comes while the first is stopping."""
    first = town.process
    assert first is not None
    first.terminate()
    town.start()
    first.wait(60)


def report(outages: list[Outage]) -> None:
    print(
        f"{'event':<50}{'asked':>7}{'no page':>9}{'slowest':>9}{'without':>9}"
    )
    for outage in outages:
        print(
            f"{outage.name:<50}{outage.asked:>7}{outage.refused:>9}"
            f"{outage.slowest:>8.2f}s{outage.without:>8.2f}s"
        )
