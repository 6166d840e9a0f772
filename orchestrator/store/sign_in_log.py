"""Who tried to sign in, when, from where, in which way: one's own attempts, and those of an administrator's
people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.accounts import SignInEvent
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body, inside


@dataclass(frozen=True, slots=True)
class SignInFilter:
    """Whose attempts a page is to show."""

    tenant_id: str
    paths: Sequence[str]
    """Of the territories whose people tried, each with all below it."""
    names: str = ""
    """A user name, a person's name or an address; empty: all."""
    kind: str = ""
    """One kind of SignInEvent; empty: all."""
    since: datetime | None = None
    """From this instant on, for a day; None: all."""


def own_sign_ins(
    session: Session,
    person_id: int,
    limit: int,
) -> Sequence[SignInEvent]:
    """The person's attempts, the newest first."""
    return session.scalars(
        sa.select(SignInEvent)
        .where(SignInEvent.person_id == person_id)
        .order_by(SignInEvent.at.desc(), SignInEvent.id.desc())
        .limit(limit),
    ).all()


def page_of_sign_ins(
    session: Session,
    wanted: SignInFilter,
    limit: int,
) -> Sequence[Any]:
    """(event, person's name) of those who serve there, the newest first. Attempts at names that
    nobody has are nobody's, and are not among them."""
    serving = (
        sa.select(Membership.person_id)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == wanted.tenant_id,
            Membership.until_on.is_(None),
            inside(Body.territory_path, wanted.paths),
        )
    )
    query = (
        sa.select(SignInEvent, Person.display_name)
        .join(Person, Person.id == SignInEvent.person_id)
        .where(Person.tenant_id == wanted.tenant_id, Person.id.in_(serving))
    )
    if wanted.names:
        query = query.where(
            sa.or_(
                Person.username == wanted.names,
                Person.display_name == wanted.names,
                SignInEvent.address == wanted.names,
            ),
        )
    if wanted.kind:
        query = query.where(SignInEvent.kind == wanted.kind)
    if wanted.since:
        query = query.where(
            SignInEvent.at >= wanted.since,
            SignInEvent.at < wanted.since + timedelta(days=1),
        )
    return session.execute(
        query.order_by(SignInEvent.at.desc(), SignInEvent.id.desc()).limit(
            limit,
        ),
    ).all()
