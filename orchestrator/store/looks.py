"""Who looked at what: one row for a person, a subject and a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body, inside
from orchestrator.store.user_tasks import Attachment


class Look(Base):
    """That a person read something with personal data; never changed."""

    __tablename__ = "look"
    __table_args__ = (sa.Index(None, "person_id", "on"), sa.Index(None, "at"))

    subject: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    """`matter:ID` (an instance: rows keep the older word), `dossier:ID`, `archive:ID`, `file:ID`,
    `register:CODE` (a grid with its people),
    `account:ID`, or `list:NAME` and `export:NAME` for what holds many."""
    on: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    """ISO date in UTC."""
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    at: Mapped[datetime]
    """The first time on that day."""
    address: Mapped[str] = mapped_column(
        sa.String(45),
        default="",
        server_default="",
    )


def looks_of(
    session: Session,
    names: str,
    limit: int = 1_000,
) -> Sequence[Any]:
    """(look, username, name) of an instance, by its number or id, of a grid, by its code, or of a person, by
    his username; the newest first."""
    ids = sa.select(ProcessInstance.id).where(
        sa.or_(
            ProcessInstance.business_key == names,
            ProcessInstance.id == names,
        ),
    )
    instances = [
        f"{kind}:{value}"
        for value in session.scalars(ids)
        for kind in ("matter", "dossier", "archive")
    ]
    subjects = [*instances, f"register:{names}", f"file:{names}"]
    return session.execute(
        sa.select(Look, Person.username, Person.display_name)
        .join(Person, Person.id == Look.person_id)
        .where(sa.or_(Look.subject.in_(subjects), Person.username == names))
        .order_by(Look.at.desc(), Look.subject)
        .limit(limit),
    ).all()


@dataclass(frozen=True, slots=True)
class LookFilter:
    """Whose looks a page is to show, and at what."""

    tenant_id: str
    paths: Sequence[str]
    """Of the territories whose people looked, each with all below it."""
    names: str = ""
    """A user name, a person's name, an instance's number or a grid's code; empty: all."""
    since: datetime | None = None
    """From this instant on, for a day; None: all."""


def page_of_looks(
    session: Session,
    wanted: LookFilter,
    limit: int,
) -> Sequence[Any]:
    """(look, user name, name) of those who serve there, the newest first."""
    query = (
        sa.select(Look, Person.username, Person.display_name)
        .join(Person, Person.id == Look.person_id)
        .where(*of_those(wanted))
    )
    if wanted.names:
        query = query.where(
            sa.or_(
                is_named(wanted),
                Look.subject.in_(_subjects(session, wanted)),
            ),
        )
    if wanted.since:
        query = query.where(
            Look.at >= wanted.since,
            Look.at < wanted.since + timedelta(days=1),
        )
    return session.execute(
        query.order_by(Look.at.desc(), Look.subject).limit(limit),
    ).all()


def numbers_of(session: Session, subjects: Iterable[str]) -> dict[str, str]:
    """Subject → number of the instance that it is, or whose file it is."""
    named = {subject: subject.partition(":")[::2] for subject in subjects}
    instances = [
        name
        for kind, name in named.values()
        if kind in ("matter", "dossier", "archive")
    ]
    files = [name for kind, name in named.values() if kind == "file"]
    by_id = sa.select(ProcessInstance.id, ProcessInstance.business_key).where(
        ProcessInstance.id.in_(instances),
    )
    by_file = (
        sa.select(Attachment.id, ProcessInstance.business_key)
        .join(ProcessInstance, ProcessInstance.id == Attachment.instance_id)
        .where(Attachment.id.in_(files))
    )
    numbers = {
        pair.id: pair.business_key
        for query in (by_id, by_file)
        for pair in session.execute(query)
    }
    return {
        value: numbers[name]
        for value, (_kind, name) in named.items()
        if name in numbers
    }


def of_those(wanted: LookFilter) -> list[sa.ColumnElement[bool]]:
    """The conditions that a Person serves there."""
    serving = (
        sa.select(Membership.person_id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == wanted.tenant_id,
            inside(Body.territory_path, wanted.paths),
        )
    )
    return [Person.tenant_id == wanted.tenant_id, Person.id.in_(serving)]


def is_named(wanted: LookFilter) -> sa.ColumnElement[bool]:
    """The condition that a Person has that name."""
    return sa.or_(
        Person.username == wanted.names,
        Person.display_name == wanted.names,
    )


def _subjects(session: Session, wanted: LookFilter) -> list[str]:
    ids = sa.select(ProcessInstance.id).where(
        ProcessInstance.tenant_id == wanted.tenant_id,
        ProcessInstance.business_key == wanted.names,
    )
    instances = list(session.scalars(ids))
    files = session.scalars(
        sa.select(Attachment.id).where(Attachment.instance_id.in_(instances)),
    )
    subjects = [
        f"{kind}:{value}"
        for value in instances
        for kind in ("matter", "dossier", "archive")
    ]
    return [
        *subjects,
        *(f"file:{file}" for file in files),
        f"register:{wanted.names}",
    ]
