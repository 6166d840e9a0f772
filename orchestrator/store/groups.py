"""Which body somebody serves for being in a group of the directory that signs him in, or provisions him."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.territories import Body, inside

LONGEST_GROUP = 200


class GroupMapping(Base):
    """Who is in the group serves the body; who is not, does not."""

    __tablename__ = "group_mapping"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "group_name", "body_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    group_name: Mapped[str] = mapped_column(sa.String(LONGEST_GROUP))
    """The name that the directory gives it."""
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    """What who comes by it is called there; one that he has stays."""


def mappings_of(session: Session, tenant_id: str) -> Sequence[GroupMapping]:
    """All of the jurisdiction's whose body stands, by group."""
    return session.scalars(
        sa.select(GroupMapping)
        .join(Body, Body.id == GroupMapping.body_id)
        .where(
            GroupMapping.tenant_id == tenant_id,
            Body.dissolved_at.is_(None),
        )
        .order_by(GroupMapping.group_name, GroupMapping.body_id),
    ).all()


def reached_mappings(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
) -> Sequence[Any]:
    """(mapping, body's name) of bodies in these territories, by group."""
    return session.execute(
        sa.select(GroupMapping, Body.name)
        .join(Body, Body.id == GroupMapping.body_id)
        .where(
            GroupMapping.tenant_id == tenant_id,
            inside(Body.territory_path, paths),
        )
        .order_by(GroupMapping.group_name, Body.territory_path, Body.id),
    ).all()
