"""What members are paid for a month: by post, by grade of the assessment, by rewards that were granted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

FEN = 100
"""分 of a 元."""
MOST_YUAN = 1_000_000
"""元 that a single amount comes to at most."""
_MONTH = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class PayRules:
    """[members.pay] of the profile."""

    base: Mapping[str, int]
    """Post → 元 a month; a post that is not there brings nothing."""
    grades: Mapping[str, int]
    """Grade of the assessment → 元; empty: no assessment is asked for."""
    assessment: str
    """Key of the rule by which members are assessed; empty with `grades`."""
    procedure: str
    """Key of the procedure that grants rewards; empty: none does."""
    allowances: tuple[str, ...]
    """Kinds of rewards (`reward_kind`) that are allowances; the others are rewards."""
    drafted_by: tuple[str, ...]
    """`role@level` of whoever draws a sheet up and checks it."""
    approved_by: tuple[str, ...]
    """`role@level` of whoever approves it."""
    citation: str


@dataclass(frozen=True, slots=True)
class Granted:
    """A reward or allowance that was granted in the month."""

    instance_id: str
    number: str
    kind: str
    amount: int
    """分."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the rules bring one member, in 分."""

    base: int
    performance: int
    reward: int
    allowance: int


def amounts(
    rules: PayRules,
    post: str,
    grade: str,
    granted: Sequence[Granted],
) -> Amounts:
    """What somebody of that post and grade gets by the rules. Each reward counts once."""
    once = {each.instance_id: each for each in granted}.values()
    allowance = sum(
        each.amount for each in once if each.kind in rules.allowances
    )
    whole = sum(each.amount for each in once)
    return Amounts(
        rules.base.get(post, 0) * FEN,
        rules.grades.get(grade, 0) * FEN,
        whole - allowance,
        allowance,
    )


def first_and_last(period: str) -> tuple[date, date] | None:
    """The days of a month that is written 2026-11; None for anything else."""
    written = _MONTH.fullmatch(period)
    if written is None:
        return None
    first = date(int(written[1]), int(written[2]), 1)
    after = (first + timedelta(days=32)).replace(day=1)
    return first, after - timedelta(days=1)


def month_before(day: date) -> str:
    """The month before the one of that day, as a sheet names it."""
    return f"{day.replace(day=1) - timedelta(days=1):%Y-%m}"


def in_yuan(fen: int) -> str:
    """An amount as a sheet shows it: 1234.50."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // FEN}.{abs(fen) % FEN:02d}"


def from_yuan(text: str) -> int | None:
    """分 of an amount that somebody typed; None where it is none, or above a million 元."""
    if not text:
        return 0
    written = re.fullmatch(r"(\d{1,7})(?:\.(\d{1,2}))?", text)
    if written is None:
        return None
    yuan = int(written[1])
    rest = (written[2] or "0").ljust(2, "0")
    fen = yuan * FEN + int(rest)
    if fen > MOST_YUAN * FEN:
        return None
    return fen


def fen_paid(value: Any) -> int:
    """分 of what a form says was paid in 元; 0 where it says no amount that a sheet takes."""
    try:
        amount = Decimal(str(value or 0))
    except ArithmeticError:
        return 0
    # Compared first: of a number such as 1e999999 there is no product.
    if not amount.is_finite() or not 0 < amount <= MOST_YUAN:
        return 0
    return int((amount * FEN).to_integral_value())
