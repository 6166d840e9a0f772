"""Diagrams as other tools write them: each does here what it does there, or says in a sentence why not.

What each does there stands in `foreign/expected.yaml`: the steps passed, in their order; how many user tasks
somebody had; or what refuses it.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.bpmn_checks import check
from orchestrator.bpmn_import import convert
from orchestrator.engine import commands as c
from orchestrator.engine.errors import EngineError
from tests.bpmn_import import outcomes
from tests.engine.walks import Walker

FOLDER = Path(__file__).parent / "foreign"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(
    (FOLDER / "expected.yaml").read_text(encoding="utf-8")
)
BODY = 'camunda:candidateGroups="office@county"'
ORDER = ("complete", "answer", "message", "signal", "fire")
"""Work before events: what nobody waits for happens when nothing else can."""
ENOUGH = 40


def imported(name: str) -> tuple[str, list[str]]:
    """The diagram in our dialect, its body one of ours, and why it is refused."""
    found = convert((FOLDER / f"{name}.bpmn").read_bytes())
    diagram = re.sub(r'camunda:candidateGroups="[^"]*"', BODY, found.diagram)
    if EXPECTED[name].get("chosen") == "bodies":
        diagram = re.sub(r"(<[\w:]*userTask) ", rf"\1 {BODY} ", diagram)
    errors = [
        each.message
        for each in check({"p0.bpmn": diagram.encode()})
        if each.severity == "error"
    ]
    told = [each.told for each in found.lines if each.verdict == "unsupported"]
    return diagram, [*errors, *told] if errors else []


def played(diagram: str, wanted: dict[str, Any]) -> Walker:
    """The instance at its end; every task brings the answers that the expectation gives for it."""
    answers = {
        name: list(given) if isinstance(given, list) else given
        for name, given in wanted.get("answers", {}).items()
    }
    order = ORDER[::-1] if wanted.get("events_first") else ORDER
    play = Walker(
        {"p0.bpmn": diagram.encode()}, "p0", wanted.get("variables", {})
    )
    for _move in range(ENOUGH):
        if play.ended:
            return play
        kind, name = min(
            play.moves(), key=lambda move: (order.index(move[0]), move[1])
        )
        given = answers.get(name, {})
        play.move(
            kind, name, given.pop(0) if isinstance(given, list) else given
        )
    raise AssertionError(f"still open: {play.seen()}")


@pytest.mark.parametrize("name", EXPECTED)
def test_it_does_what_it_does_where_it_comes_from_or_is_refused_by_name(
    name: str,
) -> None:
    wanted = EXPECTED[name]
    diagram, reasons = imported(name)
    if "refused" in wanted:
        assert any(wanted["refused"] in each for each in reasons), reasons
        return
    assert reasons == []
    if "stops" in wanted:
        with pytest.raises(EngineError, match=wanted["stops"]):
            played(diagram, wanted)
        return
    play = played(diagram, wanted)
    steps = [
        each
        for each in play.all
        if isinstance(each, c.ActivityCompleted)
        and each.element_type != "sequenceFlow"
    ]
    assert [each.element_id for each in steps] == wanted["then"]
    if wanted.get("stays_inside"):
        assert not any(isinstance(each, c.SignalThrown) for each in play.all)
    if "tasks" in wanted:
        assert (
            sum(isinstance(each, c.UserTaskOpened) for each in play.all)
            == wanted["tasks"]
        )


def test_every_diagram_says_what_is_expected_and_every_dialect_has_its_part() -> (
    None
):
    assert {path.stem for path in FOLDER.glob("*.bpmn")} == EXPECTED.keys()
    assert all(
        number >= 5
        for number in Counter(
            name.partition("_")[0] for name in EXPECTED
        ).values()
    )


def test_the_document_says_what_becomes_of_each() -> None:
    """`python -m tests.bpmn_import.outcomes` writes it anew."""
    text = outcomes.DOCUMENT.read_text(encoding="utf-8")
    assert text.endswith("\n" + outcomes.written())
