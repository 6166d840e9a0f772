"""`./gridflow bench`: one table of figures and ratios, all measured in this run on a real PostgreSQL."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.bench.measures import PEERS, SECTIONS, measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="./gridflow bench")
    parser.add_argument(
        "--quick", action="store_true", help="smaller numbers, under a minute"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=SECTIONS,
        default=SECTIONS,
        help="these sections of the table alone",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="Viewflow and bpmn-engine beside it in the same run; they are installed into var/peers",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="also write the figures here"
    )
    options = parser.parse_args()
    chosen = (*options.only, PEERS) if options.peers else options.only
    figures: dict[str, float] = {}
    for name, value, words in measure(options.quick, chosen):
        figures[name] = value
        print(f"{name:<28}{value:>12,.3f}  {words}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
