"""Public notices: the only rows that the public pages read, and nothing personal beyond their fields."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.paging import page_of
from orchestrator.store.territories import Territory


class PublicNotice(Base):
    __tablename__ = "public_notice"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "kind", "subject_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(20))
    """`item-list`, `grid` or `badge`."""
    subject_code: Mapped[str] = mapped_column(sa.String(32))
    """Territory of the list, code of the grid, number of the badge."""
    title: Mapped[str] = mapped_column(sa.String(200))
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Exactly the fields the jurisdiction publishes."""
    published_at: Mapped[datetime]
    """Last updated; the page shows it."""
    instance_id: Mapped[str | None] = mapped_column(sa.String(24))


def publishers(session: Session) -> dict[str, str]:
    """Jurisdictions that have published something: key → name."""
    published = sa.select(PublicNotice.tenant_id).distinct()
    cities = sa.select(Territory.tenant_id, Territory.name).where(
        Territory.parent_code.is_(None),
        Territory.tenant_id.in_(published),
    )
    return {
        row.tenant_id: row.name
        for row in session.execute(cities.order_by(Territory.code))
    }


def item_list_notices(session: Session, tenant_id: str) -> list[PublicNotice]:
    """The published item lists of a jurisdiction, by territory."""
    return list(
        session.scalars(
            sa.select(PublicNotice)
            .where(
                PublicNotice.kind == "item-list",
                PublicNotice.tenant_id == tenant_id,
            )
            .order_by(PublicNotice.subject_code),
        ),
    )


def item_list_name(session: Session, tenant_id: str) -> str:
    """What a jurisdiction calls its item lists: the title of a published one without its place; empty where
    none is published."""
    row = session.execute(
        sa.select(PublicNotice.title, Territory.name)
        .join(
            Territory,
            (Territory.tenant_id == PublicNotice.tenant_id)
            & (Territory.code == PublicNotice.subject_code),
        )
        .where(
            PublicNotice.kind == "item-list",
            PublicNotice.tenant_id == tenant_id,
        )
        .order_by(PublicNotice.published_at.desc())
        .limit(1),
    ).first()
    if row is None:
        return ""
    title: str = row.title
    return title.removeprefix(row.name)


def find_notice(
    session: Session,
    kind: str,
    tenant_id: str,
    subject_code: str,
) -> PublicNotice | None:
    """One public notice."""
    return session.scalar(
        sa.select(PublicNotice).where(
            PublicNotice.kind == kind,
            PublicNotice.tenant_id == tenant_id,
            PublicNotice.subject_code == subject_code,
        ),
    )


def page_grid_notices(
    session: Session,
    tenant_id: str,
    text: str,
    after: str = "",
    size: int = 50,
) -> tuple[list[PublicNotice], str | None]:
    """Published grids whose name holds the text or whose code begins with it, by code; and the key of the
    next page."""
    query = sa.select(PublicNotice).where(
        PublicNotice.kind == "grid",
        PublicNotice.tenant_id == tenant_id,
    )
    if text:
        query = query.where(
            sa.or_(
                PublicNotice.title.contains(text, autoescape=True),
                PublicNotice.subject_code.startswith(text, autoescape=True),
            ),
        )
    if after:
        query = query.where(PublicNotice.subject_code > after)
    by_code = query.order_by(PublicNotice.subject_code)
    rows = session.scalars(by_code.limit(size + 1)).all()
    return page_of(rows, size, lambda notice: notice.subject_code)
