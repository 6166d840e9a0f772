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
    """A sentence for each missing number of the city, or of all; the first of a series that lacks many."""
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
    there = set(
        session.scalars(
            sa.select(key).where(
                ProcessInstance.tenant_id == series.tenant_id,
                key.startswith(begin, autoescape=True),
            ),
        ),
    )
    if len(there) >= series.last:
        return
    told = 0
    for number in range(1, series.last + 1):
        business_key = number_text(begin, number)
        if business_key in there:
            continue
        yield say(
            "{business_key}：编号是连续的，这一件立过，现在没有了",
            business_key=business_key,
        )
        told += 1
        if told == TOLD:
            return


def number_text(begin: str, number: int) -> str:
    """The number as it is written behind prefix and year."""
    return f"{begin}{number:05d}"
