"""What places and people are called in a city's second language, as its offices enter it."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base


class SecondName(Base):
    """A name of a grid, an area or a person, and what it is in the second language."""

    __tablename__ = "second_name"

    tenant_id: Mapped[str] = mapped_column(
        sa.String(40),
        primary_key=True,
    )
    text: Mapped[str] = mapped_column(
        sa.String(120),
        primary_key=True,
    )
    name: Mapped[str] = mapped_column(sa.String(200))


def second_names(
    session: Session, tenant_id: str, texts: Collection[str]
) -> dict[str, str]:
    """Name → what it is in the second language, of those that have one."""
    rows = session.execute(
        sa.select(
            SecondName.text,
            SecondName.name,
        ).where(
            SecondName.tenant_id == tenant_id,
            SecondName.text.in_(sorted(texts)),
        )
    )
    return {row.text: row.name for row in rows}
