"""How long dossiers are kept, and from when on the term counts."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.domain.retention import (
    KEEP,
    RetentionClass,
    RetentionRules,
    appraised,
    is_over,
    longest,
)

EVER = RetentionClass("ever", "永久", None, ("division",), ("major",))
THIRTY = RetentionClass("thirty", "30年", 30, ("appeal",), ("urgent",))
TEN = RetentionClass("ten", "10年", 10, ("case", "refusal"))
RULES = RetentionRules((EVER, TEN, THIRTY), "thirty", "规定")


@pytest.mark.parametrize(
    ("process", "priority", "kept_as"),
    [
        ("case", "", TEN),
        ("case", "normal", TEN),
        ("case", "urgent", THIRTY),
        ("case", "major", EVER),
        ("division", "urgent", EVER),
        ("unknown", "", THIRTY),
        ("unknown", "major", EVER),
    ],
)
def test_the_longest_class_that_names_a_dossier_keeps_it(
    process: str, priority: str, kept_as: RetentionClass
) -> None:
    assert RULES.class_of(process, priority) == kept_as
    assert RetentionRules().class_of(process, priority) is None
    assert longest([]) is None


def test_a_term_counts_from_the_first_of_january_after_the_end() -> None:
    until = TEN.until(date(2026, 1, 1))
    assert until == TEN.until(date(2026, 12, 31)) == date(2036, 12, 31)
    assert not is_over(until, date(2036, 12, 31))
    assert is_over(until, date(2037, 1, 1))
    assert EVER.until(date(2026, 1, 1)) is None
    assert not is_over(None, date(2999, 1, 1))


@pytest.mark.parametrize(
    ("answers", "years"),
    [
        ({"kept_by_archive": ["a"]}, 3),
        ({"kept_by_joint": ["a"]}, 10),
        ({"kept_by_archive": ["a"], "joint_view": KEEP}, 10),
        ({"archive_view": KEEP, "kept_by_joint": ["gone"]}, 3),
        ({}, 1),
    ],
)
def test_only_who_keeps_something_says_for_how_long(
    answers: dict[str, object], years: int
) -> None:
    terms = {"keep_years": 3, "joint_keep_years": 10}
    assert appraised({**terms, **answers}, ["a", "b"]).years == years
