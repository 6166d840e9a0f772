"""Small diagrams of our own in six dialects, one construct each: every one is imported, passes the checks and
is played to its end."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import commands as c
from orchestrator.engine import load_definition
from tests.engine.diagrams import NOW
from tests.engine.walks import Walker

FILES = sorted((Path(__file__).parent / "collection").glob("*.bpmn"))
KEY = "p0"
VALUES = {
    "answer": "yes",
    "amount": 7,
    "people": ["x", "y"],
    "pass": "1",
    "pass_value": "1",
    "number": "1",
}
BODY = 'camunda:candidateGroups="office@county"'
ENOUGH = 60
"""Moves after which a diagram is taken to go round for ever."""


def played(content: bytes, values: dict[str, object]) -> list[str]:
    """The elements passed on the way to the end. Fails where the import, the checks or the engine stop it."""
    diagram = re.sub(
        r'camunda:candidateGroups="[^"]*"', BODY, convert(content).diagram
    )
    resources = {f"{KEY}.bpmn": diagram.encode()}
    assert [
        (each.element_id, each.message)
        for each in check(resources)
        if each.severity == "error"
    ] == []
    play = Walker.__new__(Walker)
    play.definition, play.environment = (
        load_definition(resources, KEY),
        c.Environment(),
    )
    play.now, play.effects, play.all = NOW, [], []
    play.do(c.StartProcessInstance(dict(values)))
    for _move in range(ENOUGH):
        if play.ended:
            return play.passed
        kind, name = _next(play)
        more = {f"{name}_next": []} if name == "p" else {}
        play.move(kind, name, {**values, **more} if kind != "fire" else {})
    raise AssertionError(f"still open: {play.seen()}")


def _next(play: Walker) -> tuple[str, str]:
    """Work before events: what nobody waits for happens when nothing else can."""
    order = ("complete", "answer", "message", "signal", "fire")
    return min(play.moves(), key=lambda move: (order.index(move[0]), move[1]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("answer", ["yes", "no"])
def test_it_is_imported_checked_and_played_to_its_end(
    path: Path, answer: str
) -> None:
    passed = played(
        path.read_bytes(),
        {**VALUES, "answer": answer if "again" not in path.stem else "yes"},
    )
    assert passed


def test_the_collection_is_large_and_every_dialect_has_its_part() -> None:
    assert len(FILES) >= 60
    assert all(
        number >= 10
        for number in Counter(
            path.stem.partition("_")[0] for path in FILES
        ).values()
    )
