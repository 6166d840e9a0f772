"""`./gridflow fuzz`: rounds of requests that nobody sends by hand, until the time is over. A round's seed
makes the same requests again."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import servers
from tests.fuzz import city, described

FIRST_SEED = 1
REQUESTS = 900
OF_EACH_OPERATION = 60


def main() -> int:
    """Ends with 1 after a round in which something was answered by a server error or not as described."""
    given = _read()
    ends = time.monotonic() + given.minutes * 60
    statuses: Counter[int] = Counter()
    seed = given.seed
    while True:
        wrong = _round(seed, given.postgres, statuses)
        print(_line(seed, statuses), flush=True)
        if wrong:
            print(wrong, file=sys.stderr)
            print(f"--seed {seed}", file=sys.stderr)
            return 1
        if time.monotonic() >= ends:
            return 0
        seed += 1


def _read() -> argparse.Namespace:
    options = argparse.ArgumentParser("./gridflow fuzz", description=__doc__)
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--seed", type=int, default=FIRST_SEED)
    options.add_argument("--postgres", action="store_true")
    return options.parse_args()


def _round(seed: int, on_postgres: bool, statuses: Counter[int]) -> str:
    """What went wrong, with the requests; empty: nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not on_postgres:
            return _asked(
                f"sqlite:///{folder / 'a.sqlite'}", folder, seed, statuses
            )
        with servers.postgres() as url:
            return _asked(
                url.format(database="postgres"), folder, seed, statuses
            )


def _asked(url: str, folder: Path, seed: int, statuses: Counter[int]) -> str:
    with city.fuzzed_city(url, folder) as (app, ids):
        watch = city.watched(app, ids, seed, REQUESTS)
        statuses.update(watch.statuses)
        if watch.found:
            return "\n".join(watch.found)
        try:
            asked = described.compared(app, ids, seed, OF_EACH_OPERATION)
        except (AssertionError, ExceptionGroup) as different:
            return "".join(_lines_of(different))
        statuses.update(asked)
    return ""


def _lines_of(different: BaseException) -> list[str]:
    import traceback

    return traceback.format_exception(different)[-40:]


def _line(seed: int, statuses: Counter[int]) -> str:
    counts = ", ".join(f"{key}: {statuses[key]}" for key in sorted(statuses))
    return f"seed {seed}: {statuses.total()} requests so far; {counts}"


if __name__ == "__main__":
    sys.exit(main())
