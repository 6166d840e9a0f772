"""The one reading of `deadline:NAME`."""

from __future__ import annotations

import pytest

from orchestrator.engine import deadline_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("deadline:review", "review"),
        ("deadline:review_again", "review_again"),
        ("deadline:", None),
        ("deadline:two words", None),
        ("P3D", None),
        ('${"deadline:review"}', None),
    ],
)
def test_a_text_that_is_the_name_of_a_deadline_and_nothing_else(
    text: str, name: str | None
) -> None:
    assert deadline_names.named(text) == name


def test_a_text_that_chooses_names_its_deadlines_in_its_order() -> None:
    text = """${"deadline:urgent" if urgent else 'deadline:usual'}"""
    assert list(deadline_names.all_named(text)) == ["urgent", "usual"]


def test_a_name_is_read_to_its_end() -> None:
    assert list(deadline_names.all_named("deadline:review_again")) == [
        "review_again"
    ]
    assert list(deadline_names.all_named("a_deadline:review")) == []
