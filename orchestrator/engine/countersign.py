"""会签: five usual ways in which several people decide together, as presets over a multi-instance user task.

The task's extension property `countersign` names the way; each answer is collected, and the task is done as
soon as the outcome is certain. What came of it is a variable that a gateway can read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from orchestrator.engine.values import Value
from orchestrator.sentences import say

WAYS = {
    "all": say("全部同意"),
    "any": say("任一同意"),
    "in-turn": say("依次会签"),
    "ratio": say("按比例通过"),
    "veto": say("一票否决"),
}
"""Way → how officials call it."""
PROPERTY = "countersign"
_SHARE = re.compile(r"([0-9]{1,3})(?:[%％]|/([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Countersign:
    """How the answers of a multi-instance task are counted."""

    way: str
    """One of WAYS."""
    vote: str
    """The form's field that each fills in."""
    agree: str
    refuse: str
    """Values of the field that mean consent and refusal; any other is neither."""
    share: Fraction | None
    """Of `ratio`: the share of all that must consent, above 0 and at most 1; None where what is written is no
    such share."""
    votes: str
    """Variable with the list of answers, in the order of the collection."""
    result: str
    """Variable that says whether it has passed."""

    @property
    def sequential(self) -> bool:
        return self.way == "in-turn"

    @property
    def called(self) -> str:
        """`按比例通过（60%）`."""
        way = WAYS[self.way]
        if self.way == "ratio":
            return say("{way}（{share}）", way=way, share=in_words(self.share))
        return way

    def certain(self, given: Sequence[Value], total: int) -> bool:
        """Whether the answers given decide the outcome, or need not be waited for any longer; all are heard
        where all must consent."""
        agreed, refused = self.counts(given)
        if self.way == "any":
            return agreed > 0
        if self.way in ("in-turn", "veto"):
            return refused > 0
        if self.way == "ratio":
            others = len(given) - agreed
            return self.passed(given, total) or others > total * (
                1 - (self.share or 1)
            )
        return False

    def passed(self, given: Sequence[Value], total: int) -> bool:
        """Whether it has passed with these answers, when `total` are asked."""
        agreed, refused = self.counts(given)
        if not total:
            return False
        if self.way == "any":
            return agreed > 0
        if self.way == "veto":
            return refused == 0
        if self.way == "ratio":
            return agreed >= total * (self.share or 1)
        return agreed == total

    def counts(self, given: Sequence[Value]) -> tuple[int, int]:
        """How many consent and how many refuse."""
        return sum(value == self.agree for value in given), sum(
            value == self.refuse for value in given
        )


def read(properties: Mapping[str, str]) -> Countersign | None:
    """The preset of a task's extension properties; None where it has none of WAYS."""
    way = properties.get(PROPERTY, "")
    if way not in WAYS:
        return None
    return Countersign(
        way=way,
        vote=properties.get("countersignVote") or "decision",
        agree=properties.get("countersignAgree") or "approve",
        refuse=properties.get("countersignRefuse") or "reject",
        share=_share(properties.get("countersignRatio", "")),
        votes=properties.get("countersignVotes") or "votes",
        result=properties.get("countersignResult") or "countersign_passed",
    )


def _share(text: str) -> Fraction | None:
    """`60`, `60%` or `2/3` as a share; None for anything else."""
    match = _SHARE.fullmatch(text.strip())
    if match is None:
        return None
    whole = int(match[2] or 100)
    if not whole:
        return None
    share = Fraction(int(match[1]), whole)
    if 0 < share <= 1:
        return share
    return None


def in_words(share: Fraction | None) -> str:
    """`60%` where it is a whole percentage, else `2/3`; empty for None."""
    if share is None:
        return ""
    percent = share * 100
    if percent.denominator == 1:
        return f"{percent.numerator}%"
    return f"{share.numerator}/{share.denominator}"
