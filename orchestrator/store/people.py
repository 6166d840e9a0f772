"""People, and which bodies they serve."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.store.base import Base


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40), index=True)
    username: Mapped[str] = mapped_column(sa.String(60), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    session_epoch: Mapped[int] = mapped_column(default=0)
    """Raised to end every session of this person."""
    locale: Mapped[str] = mapped_column(sa.String(12), default="zh_Hans_CN")
    active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (sa.UniqueConstraint("person_id", "body_id"), sa.Index(None, "body_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"))
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    from_on: Mapped[date]
    until_on: Mapped[date | None]
