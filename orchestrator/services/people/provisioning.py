"""Accounts and groups as the city's directory pushes them (SCIM 2.0, RFC 7644): it makes and closes accounts,
and says who is in which group; the table of groups says which body a group stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import InstanceChanged, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people import account_rows, groups
from orchestrator.services.people.account_rows import Details, NewAccount
from orchestrator.services.user_tasks import leaving
from orchestrator.store import provisioning as queries
from orchestrator.store.groups import LONGEST_GROUP
from orchestrator.store.people import Person
from orchestrator.store.provisioning import (
    LONGEST_EXTERNAL_ID,
    DirectoryGroup,
    DirectoryGroupMember,
    ProvisionedPerson,
)
from orchestrator.store.session import transaction

MOST_MEMBERS = 5_000
"""Of one group: more than a city has grid members."""
MOST_GROUPS = 2_000


@dataclass(frozen=True, slots=True)
class DirectoryPerson:
    """A person as the directory knows him."""

    id: int
    username: str
    name: str
    phone: str
    active: bool
    external_id: str
    groups: Sequence[tuple[int, str]]
    """(id, name)."""


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that the directory pushed."""

    id: int
    name: str
    external_id: str
    members: Sequence[tuple[int, str]]
    """(id, name) of people; empty where they were not asked for."""


@dataclass(frozen=True, slots=True)
class WantedPerson:
    """A person as the directory wants him."""

    username: str
    name: str
    phone: str = ""
    active: bool | None = True
    """None: as it is."""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class WantedGroup:
    """A group as the directory wants it."""

    name: str
    external_id: str
    added: frozenset[int]
    """Ids of people who are to be in it."""
    removed: frozenset[int] | None = frozenset()
    """Ids of people who are not; None: all others."""


def people(
    tenant_id: str, wanted: Mapping[str, object], first: int, count: int
) -> tuple[int, list[DirectoryPerson]]:
    """How many there are, and `count` of them from the `first` (from 0) on, by id; `wanted` as
    `queries.known_people` reads it."""
    found = queries.known_people(tenant_id, wanted)
    total = sa.select(sa.func.count()).select_from(found.subquery())
    page = found.order_by(Person.id).offset(first).limit(count)
    with transaction(writing=False) as session:
        rows = session.execute(page).all()
        ids = [person.id for person, _external_id in rows]
        served = queries.groups_of(session, ids)
        return session.scalar(total) or 0, [
            DirectoryPerson(
                person.id,
                person.username,
                person.display_name,
                person.phone,
                person.active,
                external_id,
                [(each.id, each.name) for each in served[person.id]],
            )
            for person, external_id in rows
        ]


def add_person(tenant_id: str, wanted: WantedPerson, now: datetime) -> int:
    """Makes an account without a password, whose person signs in by the provider; its id. A closed account of
    that user name is opened again. Raises RuleViolated, also where the user name is taken."""
    _check_external_id(wanted.external_id)
    with transaction(writing=False) as session:
        left = session.scalar(
            sa.select(Person.id).where(
                Person.tenant_id == tenant_id,
                Person.username == wanted.username,
                sa.not_(Person.active),
                sa.not_(Person.is_demo),
            )
        )
    if left is not None:
        with transaction() as session:
            if session.get(ProvisionedPerson, left) is None:
                session.add(ProvisionedPerson(person_id=left))
        change_person(tenant_id, left, wanted, now)
        return left
    with transaction() as session:
        person, _touched = account_rows.write_new(
            session,
            NewAccount(tenant_id, wanted.username, "", provisioned=True),
            Details(wanted.name, wanted.phone, {}),
            now,
            None,
        )
        session.add(
            ProvisionedPerson(
                person_id=person.id, external_id=wanted.external_id
            )
        )
        if wanted.active is False:
            account_rows.close(session, person, now, None)
        return person.id


def change_person(
    tenant_id: str, person_id: int, wanted: WantedPerson, now: datetime
) -> None:
    """Makes the account what the directory wants. Closing one gives back its tasks; opening one again gives
    him the bodies of his groups. Raises NotFound, RuleViolated."""
    _check_external_id(wanted.external_id)
    with transaction() as session:
        person = _locked(session, tenant_id, person_id)
        if person.username != wanted.username:
            raise RuleViolated([say("用户名不能改动，请新建账号")])
        known = session.get(ProvisionedPerson, person_id)
        if known is None:
            known = ProvisionedPerson(person_id=person_id)
            session.add(known)
        known.external_id = wanted.external_id
        account_rows.update(
            session, person, Details(wanted.name, wanted.phone), now, None
        )
        closed = person.active and wanted.active is False
        opened = wanted.active is True and not person.active
        if closed:
            account_rows.close(session, person, now, None)
        if opened:
            # He signs in by the provider: a password of earlier days opens nothing.
            person.active = True
            person.password_hash = ""
            person.one_time_until = None
            account_rows.note(session, person, "restored", now, None)
            groups.apply_pushed(session, person, now)
    if closed:
        leaving.release_tasks_of(person_id, now)


def remove_person(tenant_id: str, person_id: int, now: datetime) -> None:
    """Closes the account and takes its person out of the directory's groups; what he did stays on the record.
    Raises NotFound."""
    with transaction() as session:
        person = _locked(session, tenant_id, person_id)
        session.execute(
            sa.delete(DirectoryGroupMember).where(
                DirectoryGroupMember.person_id == person_id
            )
        )
        session.execute(
            sa.delete(ProvisionedPerson).where(
                ProvisionedPerson.person_id == person_id
            )
        )
        if person.active:
            account_rows.close(session, person, now, None)
    leaving.release_tasks_of(person_id, now)


def find_groups(
    tenant_id: str,
    wanted: Mapping[str, object],
    first: int,
    count: int,
    with_members: bool = True,
) -> tuple[int, list[KnownGroup]]:
    """As `people`; `wanted` as `queries.known_groups` reads it."""
    found = queries.known_groups(tenant_id, wanted)
    total = sa.select(sa.func.count()).select_from(found.subquery())
    page = found.order_by(DirectoryGroup.id).offset(first).limit(count)
    with transaction(writing=False) as session:
        return session.scalar(total) or 0, [
            KnownGroup(
                each.id,
                each.name,
                each.external_id,
                _members(session, each.id) if with_members else [],
            )
            for each in session.scalars(page)
        ]


def _members(session: Session, group_id: int) -> list[tuple[int, str]]:
    found = queries.members_of(session, group_id)
    return [(each.id, each.display_name) for each in found]


def add_group(tenant_id: str, wanted: WantedGroup, now: datetime) -> int:
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


def change_group(
    tenant_id: str, group_id: int, wanted: WantedGroup, now: datetime
) -> None:
    """Makes the group what the directory wants: who comes and who goes gains and loses the bodies that it
    stands for. Who is named in no change stays as he is. Raises NotFound, RuleViolated."""
    moved: list[int] = []
    with transaction() as session:
        group = _locked_group(session, tenant_id, group_id)
        members = queries.members_of(session, group_id)
        present = {each.id for each in members}
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
                each.id
                for each in members
                if groups.apply_pushed(session, each, now, former)
            ]
    for person_id in moved:
        groups.hand_over(person_id, now)
    _move(tenant_id, group_id, added, removed & present, now)


def remove_group(tenant_id: str, group_id: int, now: datetime) -> None:
    """Its members lose the bodies that it stands for. Raises NotFound."""
    with transaction(writing=False) as session:
        group = session.get(DirectoryGroup, group_id)
        if group is None or group.tenant_id != tenant_id:
            raise NotFound(str(group_id))
        members = queries.members_of(session, group_id)
        present = frozenset(each.id for each in members)
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
                        group_id=group_id, person_id=person_id
                    )
                )
            session.flush()
            moved = groups.apply_pushed(session, person, now)
        if moved:
            groups.hand_over(person_id, now)


def _too_many() -> RuleViolated:
    return RuleViolated([say("一个目录组最多 {most} 人", most=MOST_MEMBERS)])


def _require_people(
    session: Session, tenant_id: str, wanted: Collection[int]
) -> None:
    if len(wanted) > MOST_MEMBERS:
        raise _too_many()
    known = queries.known_people(tenant_id, {}).with_only_columns(Person.id)
    unknown = sorted(set(wanted) - set(session.scalars(known)))
    if unknown:
        raise RuleViolated(
            [say("没有编号为「{id}」的人员", id=str(unknown[0]))]
        )


def _write_group(
    session: Session, group: DirectoryGroup, wanted: WantedGroup
) -> None:
    name = wanted.name.strip()
    if not 0 < len(name) <= LONGEST_GROUP or not name.isprintable():
        raise RuleViolated(
            [say("组名应为 1 到 {longest} 个字", longest=LONGEST_GROUP)]
        )
    _check_external_id(wanted.external_id)
    taken = sa.select(DirectoryGroup.id).where(
        DirectoryGroup.tenant_id == group.tenant_id,
        DirectoryGroup.name == name,
        DirectoryGroup.id != (group.id or 0),
    )
    if session.scalar(taken) is not None:
        raise RuleViolated([say("目录组「{name}」已经存在", name=name)])
    group.name = name
    group.external_id = wanted.external_id


def _check_external_id(text: str) -> None:
    if len(text) > LONGEST_EXTERNAL_ID:
        raise RuleViolated(
            [
                say(
                    "externalId 最多 {most} 个字符",
                    most=LONGEST_EXTERNAL_ID,
                )
            ]
        )


def _locked(session: Session, tenant_id: str, person_id: int) -> Person:
    wanted = queries.known_people(tenant_id, {"id": str(person_id)})
    found = session.scalar(
        sa.select(Person)
        .where(Person.id.in_(wanted.with_only_columns(Person.id)))
        .with_for_update()
    )
    if found is None:
        raise NotFound(str(person_id))
    return found


def _locked_group(
    session: Session, tenant_id: str, group_id: int
) -> DirectoryGroup:
    found = session.get(DirectoryGroup, group_id, with_for_update=True)
    if found is None or found.tenant_id != tenant_id:
        raise NotFound(str(group_id))
    return found
