"""Question lists that a form takes from the profile: LISTS maps a group's `questions-source` to its
questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from forms import Question
from orchestrator.domain.jurisdiction import Jurisdiction, in_words
from orchestrator.sentences import say


def lists(profile: Jurisdiction) -> dict[str, Sequence[Question]]:
    """Every question list, as this profile fills it."""
    return {name: make(profile) for name, make in LISTS.items()}


def _negative_list(profile: Jurisdiction) -> Sequence[Question]:
    return [
        Question(
            f"negative_{rule.id}",
            f"{rule.text}？",
            in_words(rule.citation),
            rule.exception,
        )
        for rule in profile.negative_list
    ]


LISTS: Mapping[str, Callable[[Jurisdiction], Sequence[Question]]] = {
    "negative_list": _negative_list,
}
NAMES: Mapping[str, str] = {"negative_list": say("禁入（负面）清单")}
"""What a designer reads for each list."""
