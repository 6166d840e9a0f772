"""The first administrator of a jurisdiction: a one-time link, printed where the product is set up, lets him
in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say
from orchestrator.services.people import account_rows, links
from orchestrator.services.people.account_facts import Details, NewAccount
from orchestrator.store.accounts import SignInEvent
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import OPERATES, Body


def make(now: datetime) -> list[tuple[str, str]]:
    """(user name, text of a new one-time link) for each jurisdiction in which no administrator has a
    password yet; links that were made before open nothing any more."""
    with transaction() as session:
        bodies = session.scalars(
            sa.select(Body)
            .where(Body.platform == OPERATES, Body.dissolved_at.is_(None))
            .order_by(sa.func.length(Body.territory_path)),
        )
        highest = {body.tenant_id: body for body in reversed(bodies.all())}
        results = []
        for tenant_id, body in sorted(highest.items()):
            people = _administrators(session, tenant_id)
            if any(_can_enter(session, person, now) for person in people):
                continue
            if people:
                first = people[0]
            else:
                first = _add(session, tenant_id, body, now)
            results.append(
                (first.username, links.make(session, first, now, None)),
            )
    return results


def _add(
    session: Session,
    tenant_id: str,
    body: Body,
    now: datetime,
) -> Person:
    title = say("管理员")
    key = body.id.partition(":")[2]
    account = NewAccount(tenant_id, _free_name(session, tenant_id), "")
    details = Details(title, "", {key: title})
    return account_rows.insert(session, account, details, now, None)


def _can_enter(session: Session, person: Person, now: datetime) -> bool:
    """Whether he has a password that opens his account, or signed in by another way. A one-time password that
    somebody was given must not end because the server starts."""
    ends_at = person.one_time_until
    if person.password_hash != "" and (ends_at is None or ends_at > now):
        return True
    signed_in = sa.select(SignInEvent.id).where(
        SignInEvent.person_id == person.id,
        SignInEvent.kind == "signed-in",
    )
    return session.scalar(signed_in.limit(1)) is not None


def _administrators(session: Session, tenant_id: str) -> list[Person]:
    rows = session.scalars(
        sa.select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Body, Body.id == Membership.body_id)
        .where(Person.tenant_id == tenant_id, Person.active, ~Person.is_demo)
        .where(Body.platform == OPERATES, Membership.until_on.is_(None))
        .order_by(Person.id),
    )
    return list(rows.unique())


def _free_name(session: Session, tenant_id: str) -> str:
    taken = set(
        session.scalars(
            sa.select(Person.username).where(Person.username.like("%admin%")),
        ),
    )
    names: Iterable[str] = (
        "admin",
        f"{tenant_id}-admin",
        *(f"{tenant_id}-admin{number}" for number in range(2, 1000)),
    )
    return next(name for name in names if name not in taken)
