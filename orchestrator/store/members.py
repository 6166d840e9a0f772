"""Files of those who serve grids, and what the pages of members read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.paging import page_of
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.territories import Body, inside

AT_ONCE = 50


class MemberFile(Base):
    """What is known of somebody who serves a grid; personal."""

    __tablename__ = "member_file"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "badge_no"),)

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    born_on: Mapped[date | None]
    schooling: Mapped[str] = mapped_column(sa.String(20), default="")
    """A key of the profile's educations; empty where it is not known."""
    seen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Condition → {"proof", "by", "on"}: what somebody saw."""
    badge_no: Mapped[str | None] = mapped_column(sa.String(32))
    """Of his badge (工作证); None while he has none."""
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


@dataclass
class ServingPerson:
    """Somebody who serves grids of a place."""

    person: Person
    file: MemberFile | None
    serves: list[tuple[Body, str]] = field(default_factory=list)
    """(body, employment) of each grid."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Body → the kind of its grid."""


def page_of_people(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    roles: Sequence[str],
    text: str,
    after: str,
) -> tuple[list[ServingPerson], str | None]:
    """People who serve grids inside the paths, by user name; and the last one's when there are more."""
    serving = sa.select(Membership.person_id).join(
        Body,
        Body.id == Membership.body_id,
    )
    query = (
        sa.select(Person, MemberFile)
        .outerjoin(MemberFile, MemberFile.person_id == Person.id)
        .where(
            Person.tenant_id == tenant_id,
            Person.active,
            Person.username > after,
            Person.id.in_(serving.where(*_at_grids(tenant_id, paths, roles))),
        )
    )
    if text:
        query = query.where(
            Person.display_name.contains(text, autoescape=True),
        )
    rows = session.execute(
        query.order_by(Person.username).limit(AT_ONCE + 1),
    ).all()
    shown, last = page_of(rows, AT_ONCE, lambda row: row[0].username)
    people = [ServingPerson(person, file) for person, file in shown]
    _add_bodies(session, people, roles)
    return people, last


def one(
    session: Session,
    tenant_id: str,
    person_id: int,
    roles: Sequence[str],
) -> ServingPerson | None:
    """Somebody who serves a grid; None for anybody else."""
    person = session.get(Person, person_id)
    if person is None or person.tenant_id != tenant_id or not person.active:
        return None
    serving_person = ServingPerson(person, session.get(MemberFile, person_id))
    _add_bodies(session, [serving_person], roles)
    if serving_person.serves:
        return serving_person
    return None


def _add_bodies(
    session: Session,
    people: Sequence[ServingPerson],
    roles: Sequence[str],
) -> None:
    by_id = {person.person.id: person for person in people}
    for person_id, body, employment, kind in session.execute(
        sa.select(Membership.person_id, Body, Membership.employment, Grid.kind)
        .join(Body, Body.id == Membership.body_id)
        .join(
            Grid,
            (Grid.tenant_id == Body.tenant_id)
            & (Grid.code == Body.territory_code),
        )
        .where(
            Membership.person_id.in_(by_id),
            Membership.until_on.is_(None),
            Body.role.in_(roles),
        )
        .order_by(Body.id),
    ):
        by_id[person_id].serves.append((body, employment))
        by_id[person_id].kinds[body.id] = kind


def _at_grids(
    tenant_id: str,
    paths: Sequence[str],
    roles: Sequence[str],
) -> list[sa.ColumnElement[bool]]:
    return [
        Body.tenant_id == tenant_id,
        Body.role.in_(roles),
        inside(Body.territory_path, paths),
        Membership.until_on.is_(None),
    ]


def staffing(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    roles: Sequence[str],
) -> list[tuple[str, str, str, dict[tuple[str, str], int]]]:
    """(code, kind, setting, (role, employment) → how many serve) of every active grid inside the paths."""
    served: dict[str, dict[tuple[str, str], int]] = {}
    for code, role, employment, many in session.execute(
        sa.select(
            Body.territory_code,
            Body.role,
            Membership.employment,
            sa.func.count(),
        )
        .join(Membership, Membership.body_id == Body.id)
        .join(Person, Person.id == Membership.person_id)
        .where(*_at_grids(tenant_id, paths, roles), Person.active)
        .group_by(Body.territory_code, Body.role, Membership.employment),
    ):
        served.setdefault(code, {})[role, employment] = many
    grids = session.execute(
        sa.select(Grid.code, Grid.kind, Grid.setting)
        .where(
            Grid.tenant_id == tenant_id,
            Grid.state == "active",
            inside(Grid.territory_path, paths),
        )
        .order_by(Grid.code),
    )
    return [
        (code, kind, setting, served.get(code, {}))
        for code, kind, setting in grids
    ]


def ages_and_educations(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    roles: Sequence[str],
) -> list[tuple[date | None, str]]:
    """(day of birth, schooling) of everybody with a file who serves a grid inside the paths."""
    serving = sa.select(Membership.person_id).join(
        Body,
        Body.id == Membership.body_id,
    )
    rows = session.execute(
        sa.select(MemberFile.born_on, MemberFile.schooling)
        .join(Person, Person.id == MemberFile.person_id)
        .where(
            Person.active,
            Person.id.in_(serving.where(*_at_grids(tenant_id, paths, roles))),
        ),
    )
    return [(born_on, schooling) for born_on, schooling in rows]


def grid_names(
    session: Session,
    tenant_id: str,
    codes: Sequence[str],
) -> dict[str, str]:
    """Code of a grid → its name."""
    rows = session.execute(
        sa.select(Grid.code, Grid.name).where(
            Grid.tenant_id == tenant_id,
            Grid.code.in_(codes),
        ),
    )
    return {row.code: row.name for row in rows}
