"""Random walks by the hundred: `python -m tests.bench.walks --seed 7 --examples 500`.

Each is a random process, drawn by one of the kinds, on which the engine and the reference model agree after
every step. The same seed draws the same ones. What differs first is printed, as small as it could be made.
"""

from __future__ import annotations

import argparse
import time
import traceback
from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.engine.composed import composed
from tests.engine.diagrams import document
from tests.engine.drawn import DEFINED
from tests.engine.structured import bodies
from tests.engine.unstructured import graphs, wild_bodies
from tests.engine.walks import walk

Resources = Mapping[str, bytes]


def alone(drawn: st.SearchStrategy[str]) -> st.SearchStrategy[Resources]:
    """A process that calls no other one."""
    return drawn.map(lambda body: {"p.bpmn": document(body, DEFINED)})


KINDS: dict[str, st.SearchStrategy[Resources]] = {
    "structured": alone(bodies()),
    "wild": alone(wild_bodies()),
    "graphs": alone(graphs()),
    "composed": composed(),
}


def walks(kind: str, number: int, first: int) -> Callable[[], None]:
    """A run of that many walks."""

    @seed(first)
    @settings(
        max_examples=number,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(KINDS[kind], st.data())
    def run(resources: Resources, data: st.DataObject) -> None:
        walk(resources, "p", data.draw, codes=("E1", "E2"))

    return run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.walks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=[*KINDS])
    options = parser.parse_args()
    for kind in options.only:
        began = time.process_time()
        difference = ""
        try:
            walks(kind, options.examples, options.seed)()
        except Exception:
            difference = traceback.format_exc()
        took = time.process_time() - began
        agreed = "differ" if difference else "agree"
        print(
            f"{kind:<12} {options.examples} walks {agreed}, {took:.0f} s",
            flush=True,
        )
        if difference:
            print(difference)


if __name__ == "__main__":
    main()
