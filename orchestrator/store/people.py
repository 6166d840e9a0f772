"""People, and which bodies they serve."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.sentences import say
from orchestrator.store.base import Base, one_of
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.territories import Body

FULL_TIME = "full_time"
PART_TIME = "part_time"
EMPLOYMENTS = {FULL_TIME: say("专职"), PART_TIME: say("兼职")}
"""How somebody serves a body → what it is called."""


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40), index=True)
    username: Mapped[str] = mapped_column(sa.String(60), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    one_time_until: Mapped[datetime | None]
    """Set while the password is a one-time one, which opens nothing but its own change, until then."""
    second_factor_at: Mapped[datetime | None]
    """Since when his sign-in asks for a code besides the password; None: it does not."""
    session_epoch: Mapped[int] = mapped_column(default=0)
    """Raised to end every session of this person."""
    locale: Mapped[str] = mapped_column(sa.String(12), default="zh_Hans_CN")
    active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    in_training_since: Mapped[datetime | None]
    """Set while he has a post in a grid and has not passed the training that his profile asks for."""
    photo: Mapped[bytes | None] = mapped_column(deferred=True)
    """A small JPEG for the notice boards of his grids."""


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "body_id"),
        sa.Index(None, "body_id"),
        one_of("employment", *EMPLOYMENTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"))
    title: Mapped[str] = mapped_column(sa.String(60), default="")
    employment: Mapped[str] = mapped_column(
        sa.String(12), default=FULL_TIME, server_default=FULL_TIME
    )
    """One of EMPLOYMENTS."""
    from_on: Mapped[date]
    until_on: Mapped[date | None]


def at_work(body_id: Any) -> sa.Exists:
    """The condition that somebody serves the body now: a membership that has not ended, of a person whose
    account is active."""
    return sa.exists().where(
        Membership.body_id == body_id,
        Membership.until_on.is_(None),
        Person.id == Membership.person_id,
        Person.active,
    )


def demo_accounts(
    session: Session, of_each_role: int = 1_000
) -> list[tuple[str, str, str]]:
    """(username, name, body) of the demo people, the first so many of each role of each jurisdiction, in the
    order they were loaded.

    Who serves several bodies is listed once, with the first of them.
    """
    first = (
        sa.select(sa.func.min(Membership.id))
        .where(Membership.until_on.is_(None))
        .group_by(Membership.person_id)
    )
    number = sa.func.row_number().over(
        partition_by=(Person.tenant_id, Body.role), order_by=Person.id
    )
    rows = session.execute(
        sa.select(Person.username, Person.display_name, Body.name, number)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(Person.is_demo, Person.active, Membership.id.in_(first))
        .order_by(Person.id)
    )
    return [
        (username, name, body)
        for username, name, body, number in rows
        if number <= of_each_role
    ]


_COLLEAGUES = (
    sa.select(Person.id, Person.display_name)
    .join(Membership, Membership.person_id == Person.id)
    .where(
        Membership.body_id.in_(sa.bindparam("bodies", expanding=True)),
        Membership.until_on.is_(None),
        Person.id != sa.bindparam("without"),
        Person.active,
    )
    .distinct()
    .order_by(Person.display_name)
)


def takes_part(person_id: Any) -> sa.ColumnElement[bool]:
    """The condition that a person is not there to run the platform alone: such a person takes part in no
    instance."""
    served = (
        sa.select(sa.func.max(sa.case((Body.platform == "", 1), else_=0)))
        .join(Membership, Membership.body_id == Body.id)
        .where(
            Membership.person_id == person_id,
            Membership.until_on.is_(None),
        )
        .scalar_subquery()
    )
    return sa.func.coalesce(served, 1) == 1


def bodies_taking_part(session: Session, person_id: int) -> list[str]:
    """Names of the bodies for which he takes part in instances: all that he serves but those that run the
    platform."""
    query = (
        sa.select(Body.name)
        .join(Membership, Membership.body_id == Body.id)
        .where(
            Membership.person_id == person_id,
            Membership.until_on.is_(None),
            Body.platform == "",
        )
        .order_by(Body.name)
    )
    return list(session.scalars(query))


def find_colleagues(
    session: Session, candidates: list[str], without: int
) -> list[tuple[int, str]]:
    """(id, name) of the other people who serve one of these bodies."""
    values = {"bodies": list(candidates), "without": without}
    rows = rows_of(session, _COLLEAGUES, values)
    return [(person_id, name) for person_id, name in rows]


def named_at_work(
    session: Session, text: str, bodies: Sequence[str]
) -> int | None:
    """The one person at work in these bodies whom the text names: by his name, his user name, or
    `name（user name）`. None when it names none of them, or several."""
    wanted = " ".join(text.split())
    if not wanted or not bodies:
        return None
    both = Person.display_name + "（" + Person.username + "）"
    results = session.scalars(
        sa.select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.body_id.in_(bodies),
            Membership.until_on.is_(None),
            Person.active,
            sa.or_(
                Person.display_name == wanted,
                Person.username == wanted,
                both == wanted,
            ),
        )
        .distinct()
        .limit(2)
    ).all()
    if len(results) == 1:
        return results[0]
    return None


def names_at_work(
    session: Session, bodies: Sequence[str]
) -> dict[str, tuple[str, list[str]]]:
    """By body, what it is called and the names of those at work there."""
    rows = session.execute(
        sa.select(Body.id, Body.name, Person.display_name)
        .outerjoin(
            Membership,
            sa.and_(
                Membership.body_id == Body.id, Membership.until_on.is_(None)
            ),
        )
        .outerjoin(
            Person, sa.and_(Person.id == Membership.person_id, Person.active)
        )
        .where(Body.id.in_(bodies))
        .order_by(Body.id, Person.display_name)
    )
    names: dict[str, tuple[str, list[str]]] = {}
    for body_id, name, person in rows:
        people = names.setdefault(body_id, (name, []))[1]
        if person is not None:
            people.append(person)
    return names


def people_served(
    session: Session, bodies: list[str]
) -> list[tuple[int, str, str]]:
    """(id, user name, name) of everybody who serves one of these bodies, by name."""
    rows = session.execute(
        sa.select(Person.id, Person.username, Person.display_name)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.body_id.in_(bodies),
            Membership.until_on.is_(None),
            Person.active,
        )
        .distinct()
        .order_by(Person.display_name, Person.id)
    )
    return [(row.id, row.username, row.display_name) for row in rows]


def tenants(session: Session) -> list[str]:
    """Keys of the jurisdictions that were loaded."""
    return sorted(session.scalars(sa.select(Body.tenant_id).distinct()))


def count_demonstration(session: Session) -> int:
    """How many active accounts a demonstration left."""
    return (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Person)
            .where(Person.is_demo, Person.active)
        )
        or 0
    )


def people_of(
    session: Session, tenant_id: str, everybody: bool
) -> list[tuple[Person, list[str]]]:
    """People with the names of their bodies, by user name; `everybody`: also those who left."""
    served: dict[int, list[str]] = {}
    rows = session.execute(
        sa.select(Membership.person_id, Body.name)
        .join(Body, Body.id == Membership.body_id)
        .where(Body.tenant_id == tenant_id, Membership.until_on.is_(None))
        .order_by(Body.id)
    )
    for person_id, name in rows:
        served.setdefault(person_id, []).append(name)
    query = (
        sa.select(Person)
        .where(Person.tenant_id == tenant_id)
        .order_by(Person.username)
    )
    people = session.scalars(
        query if everybody else query.where(Person.active)
    )
    return [(person, served.get(person.id, [])) for person in people]


def name_of(session: Session, person_id: int | None) -> str:
    """What the person is called; empty for nobody."""
    query = sa.select(Person.display_name).where(Person.id == person_id)
    return session.scalar(query) or ""


def photo_of(session: Session, person_id: int) -> str:
    """The person's portrait as a data address; empty when he has none."""
    photo = session.scalar(
        sa.select(Person.photo).where(Person.id == person_id)
    )
    if photo:
        return f"data:image/jpeg;base64,{b64encode(photo).decode()}"
    return ""


def one_at_a_time(session: Session, person_id: int) -> None:
    """Locks the person until the transaction ends: his two browsers change what is kept of him one after the
    other."""
    session.execute(
        sa.select(Person.id).where(Person.id == person_id).with_for_update()
    )


def active_person(
    session: Session, tenant_id: str, username: str
) -> int | None:
    """Id of the person whose account of that name is in use in the city; None where there is none."""
    return session.scalar(
        sa.select(Person.id).where(
            Person.tenant_id == tenant_id,
            Person.username == username,
            Person.active,
        )
    )
