"""What an account's rows hold: accounts are written, changed and closed in the transaction of their act, many
of them in as few statements as one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.installation.database import settings
from orchestrator.services.people import (
    account_facts,
    credential_changes,
    photos,
    sessions,
)
from orchestrator.services.people.account_facts import (
    Details,
    KnownAccounts,
    NewAccount,
    key_of,
)
from orchestrator.services.training import posts
from orchestrator.services.training.posts import Move
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.people import FULL_TIME, Membership, Person
from orchestrator.store.planned_leaving import PlannedLeaving

ONE_TIME = timedelta(hours=72)
"""How long a one-time password can be used: over a weekend."""


def named(session: Session, username: str) -> Person:
    """The person of that user name, locked. Raises NotFound."""
    return all_named(session, [username])[0]


def all_named(session: Session, usernames: Collection[str]) -> list[Person]:
    """The people of those user names, locked. Raises NotFound."""
    people = session.scalars(
        sa.select(Person)
        .where(Person.username.in_(list(usernames)))
        .order_by(Person.id)
        .with_for_update(),
    ).all()
    missing = set(usernames) - {person.username for person in people}
    if missing:
        raise NotFound(
            say("没有用户名为“{username}”的人员", username=min(missing)),
        )
    return list(people)


def insert(
    session: Session,
    account: NewAccount,
    details: Details,
    now: datetime,
    actor: int | None,
) -> Person:
    """Writes a new account, and the notices of its grids anew. Raises RuleViolated."""
    person, touched = write_new(session, account, details, now, actor)
    photos.refresh(session, person.tenant_id, touched, now)
    return person


def write_new(
    session: Session,
    account: NewAccount,
    details: Details,
    now: datetime,
    actor: int | None,
) -> tuple[Person, set[str]]:
    """Writes a new account; its person, and the codes of grids whose notices are to be written anew. Raises
    RuleViolated."""
    people, touched = write_all_new(session, [(account, details)], now, actor)
    return people[0], touched


def write_all_new(
    session: Session,
    accounts: Sequence[tuple[NewAccount, Details]],
    now: datetime,
    actor: int | None,
) -> tuple[list[Person], set[str]]:
    """Writes new accounts of one jurisdiction, as `write_new`. Raises RuleViolated with all that is wrong."""
    if not accounts:
        return [], set()
    tenant_id = accounts[0][0].tenant_id
    known = account_facts.read(
        session,
        tenant_id,
        [details for _account, details in accounts],
    )
    _require_new(session, known, accounts)
    people = [
        Person(
            tenant_id=tenant_id,
            username=account.username,
            display_name=(details.name or "").strip(),
            phone=details.phone or "",
            password_hash=account.password_hash,
            one_time_until=now + ONE_TIME if account.password_hash else None,
        )
        for account, details in accounts
    ]
    session.add_all(people)
    session.flush()
    touched: set[str] = set()
    moves = []
    for person, (_account, details) in zip(people, accounts, strict=True):
        touched |= _serve(session, person, details, now, ())
        moves.append(Move(person, {}, details.bodies or {}))
        served = {"bodies": sorted(details.bodies or {})}
        note(
            session,
            person,
            "added",
            now,
            actor,
            served,
        )
    posts.begin(session, tenant_id, moves, now)
    session.flush()
    return people, touched


def _require_new(
    session: Session,
    known: KnownAccounts,
    accounts: Sequence[tuple[NewAccount, Details]],
) -> None:
    names = [account.username for account, _details in accounts]
    taken = set(
        session.scalars(
            sa.select(Person.username).where(Person.username.in_(names)),
        ),
    )
    wrong = []
    for account, details in accounts:
        wrong += account_facts.objections_to_new(known, account, details)
        if account.username in taken:
            wrong.append(
                say(
                    "用户名“{username}”已有人使用",
                    username=account.username,
                ),
            )
    if wrong:
        raise RuleViolated(wrong)


def update(
    session: Session,
    person: Person,
    details: Details,
    now: datetime,
    actor: int | None,
) -> dict[str, list[str]]:
    """Changes what differs; returns before and after, by field. Raises RuleViolated."""
    changes = update_all(session, [(person, details)], now, actor)
    return changes.get(person.username, {})


def update_all(
    session: Session,
    wanted: Sequence[tuple[Person, Details]],
    now: datetime,
    actor: int | None,
) -> dict[str, dict[str, list[str]]]:
    """Changes what differs of people of one jurisdiction, and the notices of their grids; user name → before
    and after, by field, of those who changed. Raises RuleViolated with all that is wrong."""
    if not wanted:
        return {}
    tenant_id = wanted[0][0].tenant_id
    known = account_facts.read(
        session,
        tenant_id,
        [details for _person, details in wanted],
        [person.id for person, _details in wanted],
    )
    wrong = [
        objection
        for person, details in wanted
        for objection in account_facts.objections(
            known,
            tenant_id,
            person.username,
            details,
        )
    ]
    if wrong:
        raise RuleViolated(wrong)
    changes = {}
    changing = []
    for person, details in wanted:
        changed = account_facts.differences(known, person, details)
        if changed:
            changes[person.username] = changed
            changing.append((person, details))
            note(
                session,
                person,
                "changed",
                now,
                actor,
                changed,
            )
    touched = _take_over(session, known, changing, now)
    touched |= set(
        photos.grids_of(session, [person.id for person, _new in changing]),
    )
    photos.refresh(session, tenant_id, touched, now)
    return changes


def _take_over(
    session: Session,
    known: KnownAccounts,
    changing: Sequence[tuple[Person, Details]],
    now: datetime,
) -> set[str]:
    """Writes the details; returns the codes of the grids that gained or lost somebody."""
    moves = []
    touched: set[str] = set()
    for person, details in changing:
        if details.name is not None:
            person.display_name = details.name.strip()
        if details.phone is not None:
            person.phone = details.phone
        if details.bodies is not None:
            rows = known.memberships.get(person.id, ())
            before = {key_of(row): row.title for row in known.present(person)}
            touched |= _serve(session, person, details, now, rows)
            moves.append(Move(person, before, details.bodies))
    if moves:
        posts.begin(session, moves[0].person.tenant_id, moves, now)
    session.flush()
    return touched


def bodies_of(session: Session, person: Person) -> dict[str, str]:
    """`role:place` → title of the bodies the person serves."""
    known = account_facts.read(session, person.tenant_id, (), [person.id])
    return {key_of(row): row.title for row in known.present(person)}


def close(
    session: Session,
    person: Person,
    now: datetime,
    actor: int | None,
) -> None:
    """Closes the account, ends its sessions and takes it from its bodies. Raises RuleViolated."""
    if not person.active:
        raise RuleViolated(
            [say("“{username}”已经停用", username=person.username)],
        )
    known = account_facts.read(session, person.tenant_id, (), [person.id])
    grids = set(photos.grids_of(session, [person.id]))
    served = sorted(key_of(row) for row in known.present(person))
    rows = known.memberships.get(person.id, ())
    _serve(session, person, Details(bodies={}), now, rows)
    person.active = False
    person.in_training_since = None
    planned = session.get(PlannedLeaving, person.id)
    if planned is not None:
        session.delete(planned)
    sessions.raise_epoch(session, person)
    session.flush()
    note(
        session,
        person,
        "retired",
        now,
        actor,
        {"bodies": served},
    )
    photos.refresh(session, person.tenant_id, grids, now)


def _serve(
    session: Session,
    person: Person,
    details: Details,
    now: datetime,
    known_rows: Sequence[Membership],
) -> set[str]:
    """Makes these the person's bodies, of whom these are all rows; returns the codes of the grids that gained
    or lost him. The caller flushes."""
    today = now.astimezone(ZoneInfo(settings().timezone)).date()
    rows = {row.body_id: row for row in known_rows}
    wanted = {
        f"{person.tenant_id}:{key}": title
        for key, title in (details.bodies or {}).items()
    }
    employments = {
        f"{person.tenant_id}:{key}": value
        for key, value in details.employments.items()
    }
    touched = {
        body_id
        for body_id, row in rows.items()
        if (row.until_on is None) != (body_id in wanted)
    } | (wanted.keys() - rows.keys())
    for body_id, row in rows.items():
        if body_id not in wanted:
            row.until_on = row.until_on or today
        else:
            if row.until_on is not None:
                row.from_on = today
            row.until_on = None
            row.title = wanted[body_id]
            row.employment = employments.get(body_id, row.employment)
    session.add_all(
        Membership(
            person_id=person.id,
            body_id=body_id,
            title=title,
            employment=employments.get(body_id, FULL_TIME),
            from_on=today,
        )
        for body_id, title in wanted.items()
        if body_id not in rows
    )
    return {body_id.rpartition(":")[2] for body_id in touched}


def note(
    session: Session,
    person: Person,
    kind: str,
    now: datetime,
    actor: int | None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Writes what was done into the account's record; what concerns his sign-in is told to him."""
    session.add(
        AccountEvent(
            person_id=person.id,
            at=now,
            kind=kind,
            actor_id=actor,
            details=dict(details or {}),
        ),
    )
    credential_changes.notify(session, person, kind, now)
