"""The runner for directories of the DMN conformance suite tells a right value from a refusal, a stop and a
wrong value, of another kind too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.standard_tests import (
    PASSED,
    REFUSED,
    STOPPED,
    WRONG,
    main,
    run,
)

FOLDER = Path(__file__).parent / "conformance"


def test_a_directory_of_right_values_passes() -> None:
    outcomes = list(run(FOLDER / "grading"))
    assert {outcome.told for outcome in outcomes} == {""}
    assert [(each.case, each.decision, each.how) for each in outcomes] == [
        ("many", "Case Grade", PASSED),
        ("many", "Shares", PASSED),
        ("few", "Case Grade", PASSED),
    ]


def test_refused_stopped_and_wrong_values_are_told_apart() -> None:
    found = {each.decision: each for each in run(FOLDER / "four_ways")}
    assert {name: each.how for name, each in found.items()} == {
        "right": PASSED,
        "refused": REFUSED,
        "stopped": STOPPED,
        "kind": WRONG,
        "day": WRONG,
        "none": WRONG,
        "missing": REFUSED,
    }
    assert found["kind"].told == "'1' for 1"
    assert "除数为零" in found["stopped"].told


def test_the_command_prints_each_directory_and_counts_wrong_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(FOLDER) == 3
    printed = capsys.readouterr().out
    assert "grading {'passed': 3}" in printed
    assert "wrong all day: '2026-03-01' for" in printed
