"""What the directory of a city pushed: the id that it gives a person, its groups and who is in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.groups import LONGEST_GROUP
from orchestrator.store.people import Person

LONGEST_EXTERNAL_ID = 200


class ProvisionedPerson(Base):
    """A person whom the directory made or knows; it takes him away by taking this away."""

    __tablename__ = "provisioned_person"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    external_id: Mapped[str] = mapped_column(
        sa.String(LONGEST_EXTERNAL_ID), default=""
    )


class DirectoryGroup(Base):
    """A group that the directory pushed; the table of groups says which body it stands for."""

    __tablename__ = "directory_group"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(LONGEST_GROUP))
    external_id: Mapped[str] = mapped_column(
        sa.String(LONGEST_EXTERNAL_ID), default=""
    )


class DirectoryGroupMember(Base):
    __tablename__ = "directory_group_member"

    group_id: Mapped[int] = mapped_column(
        sa.ForeignKey("directory_group.id"),
        primary_key=True,
        autoincrement=False,
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    __table_args__ = (sa.Index(None, "person_id"),)


def known_people(
    tenant_id: str, wanted: Mapping[str, object]
) -> sa.Select[Person, str]:
    """(person, id of the directory) of those whom the directory may see: who is at work, and whom it closed
    itself. `wanted`: id, userName, externalId, active → value that each must have."""
    external = sa.func.coalesce(ProvisionedPerson.external_id, "")
    columns: Mapping[str, sa.ColumnElement[Any]] = {
        "id": sa.cast(Person.id, sa.String),
        "userName": sa.type_coerce(Person.username, sa.String),
        "externalId": external,
        "active": sa.type_coerce(Person.active, sa.Boolean),
    }
    query = (
        sa.select(Person, external)
        .outerjoin(ProvisionedPerson, ProvisionedPerson.person_id == Person.id)
        .where(
            Person.tenant_id == tenant_id,
            sa.not_(Person.is_demo),
            sa.or_(Person.active, ProvisionedPerson.person_id.is_not(None)),
        )
    )
    for name, value in wanted.items():
        query = query.where(_is(columns[name], name, value))
    return query


def _is(
    column: sa.ColumnElement[Any], name: str, value: object
) -> sa.ColumnElement[bool]:
    """Names are the same in any case (RFC 7643); SQLite knows the case of ASCII alone."""
    if name not in ("userName", "displayName") or not isinstance(value, str):
        return column == value
    return sa.or_(column == value, sa.func.lower(column) == value.lower())


def known_groups(
    tenant_id: str, wanted: Mapping[str, object]
) -> sa.Select[DirectoryGroup]:
    """`wanted`: id, displayName, externalId → value that each must have."""
    columns: Mapping[str, sa.ColumnElement[Any]] = {
        "id": sa.cast(DirectoryGroup.id, sa.String),
        "displayName": sa.type_coerce(DirectoryGroup.name, sa.String),
        "externalId": sa.type_coerce(DirectoryGroup.external_id, sa.String),
    }
    query = sa.select(DirectoryGroup).where(
        DirectoryGroup.tenant_id == tenant_id
    )
    for name, value in wanted.items():
        query = query.where(_is(columns[name], name, value))
    return query


def groups_of(
    session: Session, people: Collection[int]
) -> dict[int, list[DirectoryGroup]]:
    """Person → the groups that he is in, by name."""
    rows = session.execute(
        sa.select(DirectoryGroupMember.person_id, DirectoryGroup)
        .join(DirectoryGroup)
        .where(DirectoryGroupMember.person_id.in_(people))
        .order_by(DirectoryGroup.name)
    )
    groups: dict[int, list[DirectoryGroup]] = {person: [] for person in people}
    for person_id, group in rows:
        groups[person_id].append(group)
    return groups


def members_of(session: Session, group_id: int) -> Sequence[Person]:
    """By user name."""
    return session.scalars(
        sa.select(Person)
        .join(
            DirectoryGroupMember, DirectoryGroupMember.person_id == Person.id
        )
        .where(DirectoryGroupMember.group_id == group_id)
        .order_by(Person.username)
    ).all()


def members_by_name(
    session: Session, tenant_id: str, name: str
) -> Sequence[int]:
    """Ids of the people in the group of that name."""
    return session.scalars(
        sa.select(DirectoryGroupMember.person_id)
        .join(DirectoryGroup)
        .where(
            DirectoryGroup.tenant_id == tenant_id, DirectoryGroup.name == name
        )
        .order_by(DirectoryGroupMember.person_id)
    ).all()


def everybody_in_groups(session: Session) -> Sequence[int]:
    """Ids of the people in any group of any city."""
    return session.scalars(
        sa.select(DirectoryGroupMember.person_id)
        .distinct()
        .order_by(DirectoryGroupMember.person_id)
    ).all()
