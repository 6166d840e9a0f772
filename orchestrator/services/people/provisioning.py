"""Accounts as the city's directory pushes them (SCIM 2.0, RFC 7644): it makes, changes and closes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people import account_rows, groups
from orchestrator.services.people.account_facts import Details, NewAccount
from orchestrator.services.user_tasks import leaving
from orchestrator.store import provisioning as queries
from orchestrator.store.people import Person
from orchestrator.store.provisioning import (
    LONGEST_EXTERNAL_ID,
    DirectoryGroupMember,
    ProvisionedPerson,
)
from orchestrator.store.session import transaction


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
class WantedPerson:
    """A person as the directory wants him."""

    username: str
    name: str
    phone: str = ""
    active: bool | None = True
    """None: as it is."""
    external_id: str = ""


def people(
    tenant_id: str,
    wanted: Mapping[str, object],
    first: int,
    count: int,
) -> tuple[int, list[DirectoryPerson]]:
    """How many there are, and `count` of them from the `first` (from 0) on, by id; `wanted` as
    `queries.known_people` reads it."""
    query = queries.known_people(tenant_id, wanted)
    total = sa.select(sa.func.count()).select_from(query.subquery())
    page = query.order_by(Person.id).offset(first).limit(count)
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
                [(group.id, group.name) for group in served[person.id]],
            )
            for person, external_id in rows
        ]


def add_person(tenant_id: str, wanted: WantedPerson, now: datetime) -> int:
    """Makes an account without a password, whose person signs in by the provider; its id. A closed account of
    that user name is opened again. Raises RuleViolated, also where the user name is taken."""
    check_external_id(wanted.external_id)
    with transaction(writing=False) as session:
        left = session.scalar(
            sa.select(Person.id).where(
                Person.tenant_id == tenant_id,
                Person.username == wanted.username,
                sa.not_(Person.active),
                sa.not_(Person.is_demo),
            ),
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
                person_id=person.id,
                external_id=wanted.external_id,
            ),
        )
        if wanted.active is False:
            account_rows.close(session, person, now, None)
        return person.id


def change_person(
    tenant_id: str,
    person_id: int,
    wanted: WantedPerson,
    now: datetime,
) -> None:
    """Makes the account what the directory wants. Closing one gives back its tasks; opening one again gives
    him the bodies of his groups. Raises NotFound, RuleViolated."""
    check_external_id(wanted.external_id)
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
            session,
            person,
            Details(wanted.name, wanted.phone),
            now,
            None,
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
                DirectoryGroupMember.person_id == person_id,
            ),
        )
        session.execute(
            sa.delete(ProvisionedPerson).where(
                ProvisionedPerson.person_id == person_id,
            ),
        )
        if person.active:
            account_rows.close(session, person, now, None)
    leaving.release_tasks_of(person_id, now)


def check_external_id(text: str) -> None:
    """Raises RuleViolated for an id of the directory that is too long."""
    if len(text) > LONGEST_EXTERNAL_ID:
        raise RuleViolated(
            [
                say(
                    "externalId 最多 {most} 个字符",
                    most=LONGEST_EXTERNAL_ID,
                ),
            ],
        )


def _locked(session: Session, tenant_id: str, person_id: int) -> Person:
    wanted = queries.known_people(tenant_id, {"id": str(person_id)})
    person = session.scalar(
        sa.select(Person)
        .where(Person.id.in_(wanted.with_only_columns(Person.id)))
        .with_for_update(),
    )
    if person is None:
        raise NotFound(str(person_id))
    return person
