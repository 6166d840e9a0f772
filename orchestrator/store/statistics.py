"""What PostgreSQL's planner knows of the tables."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid, ItemListEntry, ServiceItem
from orchestrator.store.territories import Body, Territory

REGISTERS = (Body, Grid, ItemListEntry, Membership, Person, ServiceItem)


def renew(session: Session) -> None:
    """Counts the registers of places, bodies and people for the planner, after very many rows came at once.

    Until PostgreSQL counts by itself, a minute later, it takes a new table
    for nearly empty and joins each of its rows with each. SQLite plans by
    its indexes alone.
    """
    if session.get_bind().dialect.name == "postgresql":
        names = [model.__tablename__ for model in (Territory, *REGISTERS)]
        session.execute(sa.text(f"ANALYZE {', '.join(names)}"))
