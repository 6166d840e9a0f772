"""限期授权: who was granted the sight of graded fields, or of one instance, until when and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body, inside


class DataGrant(Base):
    """A grant; only its revocation is written into it later."""

    __tablename__ = "data_grant"
    __table_args__ = (
        sa.Index(None, "addressee", "ends_at"),
        sa.Index(None, "tenant_id", "granted_at"),
        sa.Index(None, "instance_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    addressee: Mapped[str] = mapped_column(sa.String(120))
    """To whom: `user:NAME`, or a body's id."""
    addressee_name: Mapped[str] = mapped_column(sa.String(120))
    grade: Mapped[str] = mapped_column(sa.String(60))
    """Key of the grade whose fields are granted; empty where an instance is."""
    fields: Mapped[list[Any]]
    instance_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of the body that granted it: it holds for what lies there."""
    ends_at: Mapped[datetime]
    """From this instant on it is over, with nothing to run."""
    reason: Mapped[str] = mapped_column(sa.String(200))
    granted_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    granted_at: Mapped[datetime]
    revoked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str] = mapped_column(sa.String(200), default="")


@dataclass(frozen=True, slots=True)
class GrantRow:
    grant: DataGrant
    by: str
    """Name of who granted it."""
    number: str
    """Of the instance that is granted; empty for fields."""


def in_force(
    session: Session, addresses: Sequence[str], now: datetime
) -> Sequence[DataGrant]:
    """The grants to one of these addressees that hold at `now`."""
    query = sa.select(DataGrant).where(*_holds(addresses, now))
    return session.scalars(query.order_by(DataGrant.id)).all()


def is_granted(
    session: Session,
    addresses: Sequence[str],
    instance_id: str,
    now: datetime,
) -> bool:
    """Whether the sight of the instance is granted to one of these addressees at `now`."""
    query = sa.select(DataGrant.id).where(
        DataGrant.instance_id == instance_id, *_holds(addresses, now)
    )
    return session.scalar(query.limit(1)) is not None


def granted_to(
    session: Session, addresses: Sequence[str], now: datetime
) -> list[GrantRow]:
    """Those that hold at `now` for one of these addressees, the newest first."""
    return _rows(session, _holds(addresses, now), 200)


def granted_within(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    limit: int,
) -> list[GrantRow]:
    """Those that bodies there granted, over or not, the newest first."""
    there = inside(DataGrant.territory_path, tuple(paths))
    return _rows(session, [DataGrant.tenant_id == tenant_id, there], limit)


def granted_to_people_of(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    limit: int,
) -> list[GrantRow]:
    """Those to bodies there and to people who serve there, over or not, the newest first."""
    return _rows(session, _of_people(tenant_id, paths), limit)


def administers(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    grant_id: str,
) -> bool:
    """Whether the grant is to a body there, or to somebody who serves there."""
    query = sa.select(DataGrant.id).where(
        DataGrant.id == grant_id, *_of_people(tenant_id, paths)
    )
    return session.scalar(query) is not None


def _holds(
    addresses: Sequence[str], now: datetime
) -> list[sa.ColumnElement[bool]]:
    return [
        DataGrant.addressee.in_(addresses),
        DataGrant.ends_at > now,
        DataGrant.revoked_at.is_(None),
    ]


def _of_people(
    tenant_id: str, paths: Sequence[str]
) -> list[sa.ColumnElement[bool]]:
    bodies = sa.select(Body.id).where(
        Body.tenant_id == tenant_id, inside(Body.territory_path, tuple(paths))
    )
    people = (
        sa.select(sa.literal("user:") + Person.username)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.tenant_id == tenant_id, Membership.body_id.in_(bodies))
    )
    return [
        DataGrant.tenant_id == tenant_id,
        sa.or_(
            DataGrant.addressee.in_(bodies), DataGrant.addressee.in_(people)
        ),
    ]


def _rows(
    session: Session, wanted: Sequence[sa.ColumnElement[bool]], limit: int
) -> list[GrantRow]:
    query = (
        sa.select(
            DataGrant,
            Person.display_name,
            sa.func.coalesce(ProcessInstance.business_key, ""),
        )
        .join(Person, Person.id == DataGrant.granted_by)
        .outerjoin(
            ProcessInstance, ProcessInstance.id == DataGrant.instance_id
        )
        .where(*wanted)
        .order_by(DataGrant.granted_at.desc(), DataGrant.id)
        .limit(limit)
    )
    return [GrantRow(*row) for row in session.execute(query)]
