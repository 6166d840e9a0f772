"""`./gridflow bench`: one table of figures and ratios, all measured in this run on a real PostgreSQL."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.bench.measures import SECTIONS, measure


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
        "--json", type=Path, metavar="FILE", help="also write the figures here"
    )
    options = parser.parse_args()
    figures: dict[str, float] = {}
    for name, value, words in measure(options.quick, options.only):
        figures[name] = value
        print(f"{name:<28}{value:>12,.3f}  {words}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
