"""The rules by which conditions, scripts, templates and tables are read, each edition as it was when a
deployment was published: a later one never changes what is in force."""

from __future__ import annotations

from enum import IntEnum


class Edition(IntEnum):
    """An edition of the rules. What is published today counts by the newest."""

    FIRST = 1
    """A truth value counts as 0 or 1 where it is compared, and is written `True`. FEEL in cells takes what is
    not empty for true."""
    SECOND = 2
    """A truth value is neither a number nor a text: it is refused in calculations and orders and where it is
    compared with what another language takes for the same, and written `true`. FEEL in cells has FEEL's own
    truths. Not so in the total of a table that collects (`SUM`, `MIN`, `MAX`)."""
    THIRD = 3
    """A cell of a table is FEEL wherever FEEL makes something of it, and only else an expression of ours: a
    list is fulfilled by what stands in it, a condition over other variables by being true, and `not(> 5)` by
    no unknown value."""


CURRENT = max(Edition)


def edition_of(number: object) -> Edition:
    """The edition that a deployment says: the first where it says none, the newest known where it says a
    newer one."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        return Edition.FIRST
    return Edition(min(number, CURRENT))
