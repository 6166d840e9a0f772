"""Training of grid members: hours of a year, questions, examinations."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

SINGLE = "single"
MULTIPLE = "multiple"
JUDGE = "judge"
QUESTION_KINDS = (SINGLE, MULTIPLE, JUDGE)
"""单选、多选、判断."""
PRE_POST = "pre_post"
REGULAR = "regular"
SPECIAL = "special"
COURSE_KINDS = (PRE_POST, REGULAR, SPECIAL)
"""岗前培训、日常培训、重点培训."""
FEWEST_OPTIONS = 2
MOST_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class TrainingRules:
    """What a profile says of the training of grid members."""

    hours_per_year: int = 0
    """0: the profile names no number."""
    hours_citation: str = "default"
    warn_from_month: int = 10
    """From this month on who has too few hours is told."""
    pre_post: bool = False
    """Whether nobody takes a post up without having passed the pre-post training."""
    pre_post_citation: str = "default"


def is_short(rules: TrainingRules, minutes: int, on: date) -> bool:
    """Whether somebody is to be told that he lacks hours of this year."""
    wanted = rules.hours_per_year * 60
    return on.month >= rules.warn_from_month and minutes < wanted


def is_question(
    kind: str, options: Sequence[str], right: Collection[int]
) -> bool:
    """Whether a question of that kind can have these options, and these (from 0) as the right ones."""
    if not FEWEST_OPTIONS <= len(options) <= MOST_OPTIONS:
        return False
    if any(not 0 <= value < len(options) for value in right):
        return False
    if kind == MULTIPLE:
        return len(right) >= 2
    if kind == JUDGE and len(options) != 2:
        return False
    return kind in QUESTION_KINDS and len(right) == 1


def draw(questions: Sequence[str], many: int, seed: str) -> list[str]:
    """So many of the questions' ids in a random order that the seed decides."""
    return random.Random(seed).sample(
        sorted(questions), min(many, len(questions))
    )


def score(
    right: Mapping[str, Collection[int]],
    answers: Mapping[str, Collection[int]],
) -> int:
    """Per cent of the questions (id → right options) that were answered exactly so, rounded down."""
    if not right:
        return 0
    hits = 0
    for question, wanted in right.items():
        if set(answers.get(question, ())) == set(wanted):
            hits += 1
    return 100 * hits // len(right)
