"""The city's table of addresses: found while a place is typed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import address_search
from orchestrator.store import addresses as store
from orchestrator.store.addresses import Address

MOST = 6
"""Addresses that are offered at once."""


@dataclass(
    frozen=True,
    slots=True,
)
class KnownAddress:
    """An address of the table, as it is offered."""

    text: str
    point: str
    """As a form carries it: `纬度,经度`."""
    grid: str
    """Code of the active grid in which it lies; empty where the table names none."""
    grid_name: str


def find(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
) -> list[KnownAddress]:
    """The addresses that fit the words best. One in a grid outside of the place at `path` is not offered."""
    every = sa.select(Address.id).where(Address.tenant_id == tenant_id)
    known = store.count_up_to(
        session,
        every,
        store.MOST_KNOWN,
    )
    rows = address_search.best(
        session,
        tenant_id,
        path,
        text,
        known,
        MOST,
    )
    return [_offered(address, name) for address, name in rows]


def _offered(address: Address, grid_name: str | None) -> KnownAddress:
    point = f"{address.latitude:.6f},{address.longitude:.6f}"
    if grid_name is None:
        return KnownAddress(
            address.text,
            point,
            "",
            "",
        )
    return KnownAddress(
        address.text,
        point,
        address.grid_code,
        grid_name,
    )


def page(
    session: Session,
    tenant_id: str,
    path: str,
    text: str,
) -> list[KnownAddress]:
    """What the administrator sees: those that fit the words, or the first ones."""
    if text:
        return find(
            session,
            tenant_id,
            path,
            text,
        )
    rows = session.execute(
        address_search.shown(tenant_id).order_by(Address.id).limit(MOST)
    ).all()
    return [_offered(address, name) for address, name in rows]


def count(session: Session, tenant_id: str) -> int:
    """How many addresses the city has."""
    every = sa.select(sa.func.count()).where(Address.tenant_id == tenant_id)
    return session.scalar(every) or 0
