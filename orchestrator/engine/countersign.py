"""会签: five usual ways in which several people decide together, as presets over a multi-instance user task.

The task's extension property `countersign` names the way; each answer is collected, and the task is done as
soon as the outcome is certain. What came of it is a variable that a gateway can read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    percent: int | None
    """Of `ratio`: the share of all that must consent, 1 to 100; None where what is written is no such
    number."""
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
            return say("{way}（{percent}%）", way=way, percent=self.percent)
        return way

    def certain(self, given: Sequence[Any], total: int) -> bool:
        """Whether the answers given decide the outcome, or need not be waited for any longer; all are heard
        where all must consent."""
        agreed, refused = self.counts(given)
        if self.way == "any":
            return agreed > 0
        if self.way in ("in-turn", "veto"):
            return refused > 0
        if self.way == "ratio":
            return self.passed(given, total) or (
                len(given) - agreed
            ) * 100 > total * (100 - (self.percent or 100))
        return False

    def passed(self, given: Sequence[Any], total: int) -> bool:
        """Whether it has passed with these answers, when `total` are asked."""
        agreed, refused = self.counts(given)
        if not total:
            return False
        if self.way == "any":
            return agreed > 0
        if self.way == "veto":
            return refused == 0
        if self.way == "ratio":
            return agreed * 100 >= total * (self.percent or 100)
        return agreed == total

    def counts(self, given: Sequence[Any]) -> tuple[int, int]:
        """How many consent and how many refuse."""
        return sum(each == self.agree for each in given), sum(
            each == self.refuse for each in given
        )


def read(properties: Mapping[str, str]) -> Countersign | None:
    """The preset of a task's extension properties; None where it has none of WAYS."""
    way = properties.get(PROPERTY, "")
    if way not in WAYS:
        return None
    percent = properties.get("countersignRatio", "").strip().rstrip("%％")
    if percent.isascii() and percent.isdigit() and len(percent) < 4:
        share = int(percent)
    else:
        share = 0
    return Countersign(
        way=way,
        vote=properties.get("countersignVote") or "decision",
        agree=properties.get("countersignAgree") or "approve",
        refuse=properties.get("countersignRefuse") or "reject",
        percent=share if 0 < share <= 100 else None,
        votes=properties.get("countersignVotes") or "votes",
        result=properties.get("countersignResult") or "countersign_passed",
    )
