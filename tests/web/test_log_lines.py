"""What a log line hides of a failure's words."""

from __future__ import annotations

import pytest

from web.log_lines import hidden


@pytest.mark.parametrize(
    "number",
    [
        "010-62345678",
        "0511-84421234",
        "02988886666",
        "(0511) 8442 1234",
        "+86-511-84421234",
        "13812345678",
        "+8613812345678",
        "8613812345678",
        "138-1234-5678",
        "138 1234 5678",
        "32110219900101123X",
        "400-820-8820",
    ],
)
def test_numbers_of_telephones_and_identity_cards_are_hidden(
    number: str,
) -> None:
    told = hidden(f"could not keep '{number}', line 12")
    assert told == "could not keep '…', line 12"


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-27 10:15:00 took 0.05112345678 seconds",
        "row 100200300 of 4000000",
        "File jobs.py, line 138, in tick",
        "instance 01hzy3k9q8b7c6d5e4f3g2",
    ],
)
def test_what_is_no_telephone_stays(harmless: str) -> None:
    assert hidden(harmless) == harmless


@pytest.mark.parametrize(
    "behind",
    ["", "\n[SQL: INSERT INTO person]", "\n\nThe above exception was raised"],
)
def test_values_of_several_lines_are_hidden_with_their_row(
    behind: str,
) -> None:
    row = "DETAIL:  Failing row contains (7, Wang\nJianjun (old)\nlane 3)."
    told = hidden(f"error\n{row}{behind}")
    assert told == f"error\nDETAIL:  Failing row contains (…).{behind}"
    key = "Key (name, place)=(Wang, lane\n3) already exists."
    assert hidden(key) == "Key (name, place)=(…) already exists."


def test_long_lines_are_hidden_in_one_look() -> None:
    """Where each of their places is looked at to the end, it takes hours."""
    lines = ["a" * 400_000, "86-" * 200_000, "x)=(" * 100_000]
    told = [hidden(f"{line} to wang@example.cn") for line in lines]
    assert [line[-8:] for line in told] == ["aaa to …", "86- to …", "x)=(…"]
