"""Groups as the city's directory pushes them (SCIM 2.0, RFC 7644): who is in which; the table of groups says
which body a group stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people import groups
from orchestrator.services.people.provisioning import check_external_id
from orchestrator.store import provisioning as queries
from orchestrator.store.groups import LONGEST_GROUP
from orchestrator.store.people import Person
from orchestrator.store.provisioning import (
    DirectoryGroup,
    DirectoryGroupMember,
)
from orchestrator.store.session import transaction

MOST_MEMBERS = 5_000
"""Of one group: more than a city has grid members."""
MOST_GROUPS = 2_000


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that the directory pushed."""

    id: int
    name: str
    external_id: str
    members: Sequence[tuple[int, str]]
    """(id, name) of people; empty where they were not asked for."""


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group as the directory wants it."""

    name: str
    external_id: str
    added: frozenset[int]
    """Ids of people who are to be in it."""
    removed: frozenset[int] | None = frozenset()
    """Ids of people who are not; None: all others."""


def find(
    tenant_id: str,
    wanted: Mapping[str, object],
    first: int,
    count: int,
    with_members: bool = True,
) -> tuple[int, list[KnownGroup]]:
    """How many there are, and `count` of them from the `first` (from 0) on, by id; `wanted` as
    `queries.known_groups` reads it."""
    query = queries.known_groups(tenant_id, wanted)
    total = sa.select(sa.func.count()).select_from(query.subquery())
    page = query.order_by(DirectoryGroup.id).offset(first).limit(count)
    with transaction(writing=False) as session:
        return session.scalar(total) or 0, [
            KnownGroup(
                group.id,
                group.name,
                group.external_id,
                _members(session, group.id) if with_members else [],
            )
            for group in session.scalars(page)
        ]


def _members(session: Session, group_id: int) -> list[tuple[int, str]]:
    people = queries.members_of(session, group_id)
    return [(person.id, person.display_name) for person in people]


def add(tenant_id: str, wanted: WantedGroup, now: datetime) -> int:
    """Keeps a group, and gives its members the bodies that it stands for; its id. Raises RuleViolated."""
    with transaction() as session:
        _require_people(session, tenant_id, wanted.added)
        counted = queries.known_groups(tenant_id, {}).subquery()
        total = sa.select(sa.func.count()).select_from(counted)
        if (session.scalar(total) or 0) >= MOST_GROUPS:
            raise RuleViolated([say("目录组最多 {most} 个", most=MOST_GROUPS)])
        group = DirectoryGroup(tenant_id=tenant_id)
        _write_group(session, group, wanted)
        session.add(group)
        session.flush()
        group_id = group.id
    _move(tenant_id, group_id, wanted.added, frozenset(), now)
    return group_id


def change(
    tenant_id: str,
    group_id: int,
    wanted: WantedGroup,
    now: datetime,
) -> None:
    """Makes the group what the directory wants: who comes and who goes gains and loses the bodies that it
    stands for. Who is named in no change stays as he is. Raises NotFound, RuleViolated."""
    moved: list[int] = []
    with transaction() as session:
        group = _locked_group(session, tenant_id, group_id)
        members = queries.members_of(session, group_id)
        present = {member.id for member in members}
        removed = wanted.removed
        if removed is None:
            removed = frozenset(present - wanted.added)
        added = wanted.added - present
        _require_people(session, tenant_id, added)
        if len((present | added) - removed) > MOST_MEMBERS:
            raise _too_many()
        former = group.name
        _write_group(session, group, wanted)
        if group.name != former:
            # In the same transaction: nobody could tell afterwards what the group was called.
            session.flush()
            moved = [
                member.id
                for member in members
                if groups.apply_pushed(session, member, now, former)
            ]
    for person_id in moved:
        groups.hand_over(person_id, now)
    _move(tenant_id, group_id, added, removed & present, now)


def remove(tenant_id: str, group_id: int, now: datetime) -> None:
    """Its members lose the bodies that it stands for. Raises NotFound."""
    with transaction(writing=False) as session:
        group = session.get(DirectoryGroup, group_id)
        if group is None or group.tenant_id != tenant_id:
            raise NotFound(str(group_id))
        members = queries.members_of(session, group_id)
        present = frozenset(member.id for member in members)
    _move(tenant_id, group_id, frozenset(), present, now)
    with transaction() as session:
        group = _locked_group(session, tenant_id, group_id)
        if queries.members_of(session, group_id):
            raise InstanceChanged(say("刚刚有人加入了这个组，请重新删除"))
        session.delete(group)


def _move(
    tenant_id: str,
    group_id: int,
    added: frozenset[int],
    removed: frozenset[int],
    now: datetime,
) -> None:
    """Each who comes or goes with his bodies in a transaction of his own: nobody waits for a group of
    thousands."""
    for person_id in sorted(added | removed):
        with transaction() as session:
            _locked_group(session, tenant_id, group_id)
            person = session.get_one(Person, person_id, with_for_update=True)
            row = session.get(DirectoryGroupMember, (group_id, person_id))
            if row is not None and person_id in removed:
                session.delete(row)
            if row is None and person_id in added:
                session.add(
                    DirectoryGroupMember(
                        group_id=group_id,
                        person_id=person_id,
                    ),
                )
            session.flush()
            moved = groups.apply_pushed(session, person, now)
        if moved:
            groups.hand_over(person_id, now)


def _too_many() -> RuleViolated:
    return RuleViolated([say("一个目录组最多 {most} 人", most=MOST_MEMBERS)])


def _require_people(
    session: Session,
    tenant_id: str,
    wanted: Collection[int],
) -> None:
    if len(wanted) > MOST_MEMBERS:
        raise _too_many()
    known = queries.known_people(tenant_id, {}).with_only_columns(Person.id)
    unknown = sorted(set(wanted) - set(session.scalars(known)))
    if unknown:
        raise RuleViolated(
            [say("没有编号为“{id}”的人员", id=str(unknown[0]))],
        )


def _write_group(
    session: Session,
    group: DirectoryGroup,
    wanted: WantedGroup,
) -> None:
    name = wanted.name.strip()
    if not 0 < len(name) <= LONGEST_GROUP or not name.isprintable():
        raise RuleViolated(
            [say("组名应为 1 到 {longest} 个字", longest=LONGEST_GROUP)],
        )
    check_external_id(wanted.external_id)
    taken = sa.select(DirectoryGroup.id).where(
        DirectoryGroup.tenant_id == group.tenant_id,
        DirectoryGroup.name == name,
        DirectoryGroup.id != (group.id or 0),
    )
    if session.scalar(taken) is not None:
        raise RuleViolated([say("目录组“{name}”已经存在", name=name)])
    group.name = name
    group.external_id = wanted.external_id


def _locked_group(
    session: Session,
    tenant_id: str,
    group_id: int,
) -> DirectoryGroup:
    group = session.get(DirectoryGroup, group_id, with_for_update=True)
    if group is None or group.tenant_id != tenant_id:
        raise NotFound(str(group_id))
    return group
