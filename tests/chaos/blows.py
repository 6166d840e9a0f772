"""What is done to an installation while people work with it."""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import psutil
import redis

from tests.chaos.installation import FAKETIME, Installation, Service

KINDS = ("web", "worker", "clock")


def kill_a_service(here: Installation, rng: random.Random) -> None:
    """SIGKILL, for the web server its first process alone: the others must go by themselves."""
    service = rng.choice(here.of_kind(rng.choice(KINDS)))
    if service.process is not None:
        service.process.kill()


def kill_a_web_process(here: Installation, rng: random.Random) -> None:
    with contextlib.suppress(psutil.Error, IndexError):
        rng.choice(_children(rng.choice(here.of_kind("web")))).kill()


def halt_a_service(here: Installation, rng: random.Random) -> None:
    """SIGSTOP for some seconds, then SIGCONT: it wakes up in the middle of what it did."""
    service = rng.choice(here.of_kind(rng.choice(KINDS)))
    service.send(signal.SIGSTOP)
    time.sleep(rng.uniform(1, 5))
    service.send(signal.SIGCONT)


def kill_everything(here: Installation, _rng: random.Random) -> None:
    for service in here.services:
        service.send(signal.SIGKILL)


def drop_connections(here: Installation, _rng: random.Random) -> None:
    here.cluster.drop_connections()


def restart_postgresql_fast(here: Installation, _rng: random.Random) -> None:
    here.cluster.restart(signal.SIGINT)


def restart_postgresql_at_once(
    here: Installation, _rng: random.Random
) -> None:
    here.cluster.restart(signal.SIGQUIT)


def kill_postgresql(here: Installation, _rng: random.Random) -> None:
    here.cluster.restart(signal.SIGKILL)


def fail_over(here: Installation, _rng: random.Random) -> None:
    here.cluster.fail_over()


def flush_redis(here: Installation, _rng: random.Random) -> None:
    with contextlib.suppress(redis.RedisError):
        redis.Redis.from_url(here.valkey.url).flushall()


def kill_redis(here: Installation, rng: random.Random) -> None:
    here.valkey.kill()
    time.sleep(rng.uniform(0, 4))
    here.valkey.start()


def lose_redis(here: Installation, _rng: random.Random) -> None:
    here.valkey.lose_everything()


def fill_the_disk(here: Installation, rng: random.Random) -> None:
    """The disk of the attachments has no byte left for some seconds."""
    ballast = here.var / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(64 * 1024))
            file.flush()
    time.sleep(rng.uniform(1, 4))
    ballast.unlink(missing_ok=True)


def let_a_clock_jump(here: Installation, rng: random.Random) -> None:
    """A clock's machine is days fast or slow for some seconds."""
    service = rng.choice(here.of_kind("clock"))
    days = rng.choice(("+3d", "-3d"))
    service.extra = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": days}
    service.send(signal.SIGKILL)
    time.sleep(8)
    service.extra = {}
    service.send(signal.SIGKILL)


Blow = Callable[[Installation, random.Random], None]
EVERYDAY: tuple[Blow, ...] = (
    kill_a_service,
    kill_a_service,
    kill_a_web_process,
    kill_a_web_process,
    halt_a_service,
    drop_connections,
    flush_redis,
    kill_redis,
)
RARE: tuple[Blow, ...] = (
    kill_everything,
    restart_postgresql_fast,
    restart_postgresql_at_once,
    kill_postgresql,
    lose_redis,
)


def possible(here: Installation) -> tuple[Blow, ...]:
    """The rare blows that this machine lets us deal."""
    found = list(RARE)
    if here.cluster.replicated:
        found.append(fail_over)
    if here.small_disk:
        found.append(fill_the_disk)
    if FAKETIME.exists():
        found.append(let_a_clock_jump)
    return tuple(found)


def deal(here: Installation, seconds: float, seed: int) -> Counter[str]:
    """Blows at random for so long; name → how many."""
    rng = random.Random(seed)
    rare = possible(here)
    dealt: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        blows = EVERYDAY if rng.random() < 0.75 else rare
        blow = rng.choice(blows)
        blow(here, rng)
        dealt[blow.__name__] += 1
        time.sleep(rng.uniform(0.5, 4))
    return dealt


def _children(service: Service) -> list[psutil.Process]:
    if service.process is None:
        return []
    return psutil.Process(service.process.pid).children()
