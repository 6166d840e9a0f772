"""`./gridflow bench`: one table of figures and ratios, all measured in this run on a real PostgreSQL."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.bench.measures import measure, measure_pages


def main() -> None:
    parser = argparse.ArgumentParser(prog="./gridflow bench")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, under a minute")
    parser.add_argument("--pages", action="store_true", help="only the pages, few matters beside many")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    measured = measure_pages(options.quick) if options.pages else measure(options.quick)
    for name, value, words in measured:
        figures[name] = value
        print(f"{name:<28}{value:>12,.3f}  {words}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
