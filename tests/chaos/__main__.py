"""`./gridflow chaos`: an installation on real servers is struck at random while people work with it; then
every promise is checked against what was acknowledged."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from tests.chaos import blows, outages, promises
from tests.chaos.installation import Installation
from tests.chaos.visitors import Ledger, Visitor
from tests.servers import wait_until

PEOPLE = ("zhao", "qian", "wang", "li", "wang")


def play(
    seconds: float, seed: int, folder: Path, standby: bool
) -> tuple[Ledger, Counter[str], promises.Findings]:
    """Strikes for so long; what the visitors saw, which blows were dealt, and what holds afterwards."""
    here = Installation(folder)
    ledger = Ledger()
    stop = threading.Event()
    visitors = [
        Visitor(name, number, here.ports, ledger, stop)
        for number, name in enumerate(PEOPLE)
    ]
    try:
        here.start(standby)
        for visitor in visitors:
            visitor.start()
        wait_until(lambda: ledger.started, 60, "the first start")
        dealt = blows.deal(here, seconds, seed)
        before = ledger.acknowledged
        # Whoever was in the middle goes on, and everything serves again.
        wait_until(
            lambda: ledger.acknowledged > before + 5, 30, "service again"
        )
        stop.set()
        for visitor in visitors:
            visitor.join()
        with here.app.app_context():
            promises.await_timers(90)
            findings = promises.compare(ledger, here.var)
    finally:
        stop.set()
        here.end()
    return ledger, dealt, findings


def report(
    ledger: Ledger, dealt: Counter[str], findings: promises.Findings
) -> None:
    print(f"blows dealt                   {dealt.total()}")
    for name, count in sorted(dealt.items()):
        print(f"  {name.replace('_', ' '):<28}{count}")
    print(f"acknowledged starts           {len(ledger.started)}")
    print(f"acknowledged completions      {len(ledger.completed)}")
    print(f"timers fired                  {findings.timers_fired}")
    print(f"attachments                   {findings.attachments}")
    print(f"entries of histories          {findings.entries}")
    print(
        f"answers                       {dict(sorted(ledger.answers.items()))}"
    )
    print(f"slowest answer                {ledger.slowest:.1f} s")
    for name, found in findings.broken.items():
        print(f"{name:<40}{len(found)}")
        for each in found[:5]:
            print(f"    {each}")
    print("every promise is kept" if findings.kept else "NOT KEPT")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./gridflow chaos")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument(
        "--seed", type=int, help="deal the blows of an earlier run again"
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave the folder with the logs"
    )
    parser.add_argument(
        "--outages",
        action="store_true",
        help="measure what a visitor of ./gridflow run notices instead",
    )
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.randrange(1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="gridflow-chaos-"))
    print(f"seed {seed}, folder {folder}", flush=True)
    begun = time.monotonic()
    if options.outages:
        folder.chmod(0o755)
        outages.report(outages.play(folder))
        return 0
    try:
        told = play(options.minutes * 60, seed, folder, standby=True)
        report(*told)
        print(
            f"minutes                       {(time.monotonic() - begun) / 60:.1f}"
        )
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if told[2].kept else 1


if __name__ == "__main__":
    sys.exit(main())
