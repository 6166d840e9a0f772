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
    FOURTH = 4
    """Inputs and results of a table compare days and times as its cells do. A value that is not of its
    column's type stops the decision, as in Camunda 7, and a truth is no number where results are compared
    (ANY, PRIORITY, OUTPUT ORDER)."""
    FIFTH = 5
    """What is unknown in FEEL is null where it is a value (an input, a result, an entry of a list), and not
    false. FEEL's functions take no other kinds than theirs, `is defined` knows no null, and a truth is no
    number in the total of a table that collects."""
    SIXTH = 6
    """`==` and `!=` of two kinds that Camunda 7 and Flowable cannot turn into one stop the instance: a text
    that spells no number beside a number, a truth or a list beside a number, a list beside a truth. Not so in
    the cells of tables, which are FEEL."""
    SEVENTH = 7
    """An empty text beside a day, a time or a duration is nothing, and a day is its midnight beside a text of
    a day with a time. Both stopped the instance or the decision, in conditions and scripts as in cells."""
    EIGHTH = 8
    """What a type of a DMN file allows counts also in lists, in components and in types defined by it. A
    result of the type of a day with a time is one, at midnight of UTC where it is a day, and one of years and
    months is no duration of days. A column of days or times stops the decision for a text that is none."""


CURRENT = max(Edition)
KINDS_IN_CELLS = Edition.FIFTH
"""The newest edition by whose rules cells of tables compare two kinds: the sixth's are not theirs."""


def edition_of(number: object) -> Edition:
    """The edition that a deployment says: the first where it says none, the newest known where it says a
    newer one."""
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        return Edition.FIRST
    return Edition(min(number, CURRENT))
