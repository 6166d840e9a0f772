"""How much of SpiffWorkflow runs: the share of its function lines reached while all our diagrams are read and
played.

`python -m tests.bench.library` prints a line a module. Lines that run at import do not count. A figure to
look at, not a goal.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import SpiffWorkflow

from orchestrator.engine.errors import EngineError
from tests.engine.drawn import DRAWN
from tests.engine.test_walks import OURS, SHARED, _process_id
from tests.engine.walks import Walker, domain

ROOT = Path(SpiffWorkflow.__file__).parent
_OPTIMIZED = 0x02
"""Flag of a code object that is a function's, not a class's or a module's."""


def main() -> None:
    reached = _traced(_play_all)
    table = {}
    for path in sorted(ROOT.rglob("*.py")):
        lines = _function_lines(path)
        table[str(path.relative_to(ROOT))] = (
            len(lines & reached.get(str(path), set())),
            len(lines),
        )
    for name, (ran, lines) in sorted(
        table.items(), key=lambda entry: -entry[1][0]
    ):
        if ran:
            print(f"{name:<60}{ran:>6} of {lines:>5}")
    ran, lines = (
        sum(ran for ran, _lines in table.values()),
        sum(lines for _ran, lines in table.values()),
    )
    print(f"{'all':<60}{ran:>6} of {lines:>5} = {100 * ran / lines:.1f} %")
    others = ("serializer", "dmn", "spiff", "camunda")
    core = [
        counts
        for name, counts in table.items()
        if not any(part in name for part in others)
    ]
    ran, lines = (
        sum(ran for ran, _lines in core),
        sum(lines for _ran, lines in core),
    )
    print(
        f"{'without serializers, DMN and other dialects':<60}{ran:>6} of {lines:>5} = "
        f"{100 * ran / lines:.1f} %"
    )


def _play_all() -> None:
    plays: list[tuple[dict[str, bytes], str]] = [
        (resources, "p") for resources in DRAWN.values()
    ]
    for path in OURS:
        neighbours = {
            each.name: each.read_bytes() for each in path.parent.glob("*.bpmn")
        }
        plays.append(
            ({**SHARED, **neighbours}, _process_id(path.read_bytes()))
        )
    for resources, key in plays:
        for seed in range(4):
            _play(resources, key, random.Random(seed))


def _play(resources: dict[str, bytes], key: str, rng: random.Random) -> None:
    choices = domain(resources)

    def values() -> dict[str, Any]:
        return {name: rng.choice(options) for name, options in choices.items()}

    try:
        play = Walker(resources, key, values())
        for _step in range(30):
            moves = play.moves()
            if not moves:
                return
            kind, name = rng.choice(moves)
            play.move(kind, name, {} if kind == "fire" else values())
    except EngineError:
        return


def _traced(run: Callable[[], None]) -> dict[str, set[int]]:
    """File of the library → lines that ran."""
    reached: dict[str, set[int]] = {}

    def inside(frame: FrameType, event: str, _arg: object) -> Any:
        if event == "line":
            reached.setdefault(frame.f_code.co_filename, set()).add(
                frame.f_lineno
            )
        return inside

    def called(frame: FrameType, _event: str, _arg: object) -> Any:
        return (
            inside if frame.f_code.co_filename.startswith(str(ROOT)) else None
        )

    sys.settrace(called)
    try:
        run()
    finally:
        sys.settrace(None)
    return reached


def _function_lines(path: Path) -> set[int]:
    found: set[int] = set()
    others: set[int] = set()

    def collect(code: CodeType, outside: bool) -> None:
        (others if outside else found).update(
            line for _start, _end, line in code.co_lines() if line
        )
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                collect(
                    constant, outside and not constant.co_flags & _OPTIMIZED
                )

    collect(compile(path.read_text(encoding="utf-8"), str(path), "exec"), True)
    return found - others


if __name__ == "__main__":
    main()
