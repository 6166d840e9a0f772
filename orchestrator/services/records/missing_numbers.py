"""Numbers that are missing in a yearly series. An instance gets the next number in the transaction that
begins it, and the product never takes one away: what is missing was deleted behind it, even where no heads
had been noted before."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.store.instances import NumberSeries, ProcessInstance

TOLD = 20
"""Missing numbers of a series that are named."""


def find(session: Session, tenant_id: str | None = None) -> Iterator[str]:
    """Each missing number of the city, or of all; the first ones of a series that lacks many."""
    query = sa.select(NumberSeries).order_by(
        NumberSeries.tenant_id,
        NumberSeries.prefix,
        NumberSeries.year,
    )
    if tenant_id is not None:
        query = query.where(NumberSeries.tenant_id == tenant_id)
    for series in session.scalars(query).all():
        yield from _of_series(session, series)


def _of_series(session: Session, series: NumberSeries) -> Iterator[str]:
    begin = f"{series.prefix}-{series.year}-"
    key = ProcessInstance.business_key
    of_series = (
        ProcessInstance.tenant_id == series.tenant_id,
        key.startswith(begin, autoescape=True),
    )
    count = session.scalar(sa.select(sa.func.count(key)).where(*of_series))
    # Nearly always: the numbers themselves need not be read.
    if count and count >= series.last:
        return
    there = set(session.scalars(sa.select(key).where(*of_series)))
    found = 0
    for number in range(1, series.last + 1):
        business_key = number_text(begin, number)
        if business_key in there:
            continue
        yield business_key
        found += 1
        if found == TOLD:
            return


def sentence(business_key: str) -> str:
    """The sentence for a missing number."""
    return say(
        "编号应当连续，“{business_key}”曾经立项，现在查不到；请与备份核对，查明去向",
        business_key=business_key,
    )


def number_text(begin: str, number: int) -> str:
    """The number as it is written behind prefix and year."""
    return f"{begin}{number:05d}"
