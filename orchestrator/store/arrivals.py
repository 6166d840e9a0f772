"""What every request of a signed-in person needs, read together: who he is, his bodies, whether he stands in
for somebody, the page's badge, his last visit and the newest versions of what is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.absences import Absence, StandIn, find_stand_ins
from orchestrator.store.accounts import SignInSession
from orchestrator.store.calendars import newest_version_of
from orchestrator.store.definitions import (
    count_of_definitions,
    newest_deployment_of,
)
from orchestrator.store.inbox_counts import LONG_AGO, last_visit_of
from orchestrator.store.notifications import count_of_unread
from orchestrator.store.once import keep, once
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body

_PERSON = sa.bindparam("person", type_=sa.Integer())
_SESSION = sa.bindparam("session", type_=sa.String())
_NOW = sa.bindparam("now", type_=Absence.from_at.type)
_HIS_OF_SESSION = (
    sa.select(SignInSession.person_id)
    .where(SignInSession.id == _SESSION)
    .scalar_subquery()
)


def _served(person: Any) -> sa.ColumnElement[bool]:
    """The condition that he serves the body, or one that succeeded it when it was dissolved."""
    served = sa.select(Membership.body_id).where(
        Membership.person_id == person,
        Membership.until_on.is_(None),
    )
    former = sa.select(Body.id).where(
        Body.successor_id.in_(served),
        Body.dissolved_at.is_not(None),
    )
    return Body.id.in_(served.union_all(former))


def _stands_in(person: Any) -> Any:
    return (
        sa.exists()
        .where(
            Absence.deputy_id == person,
            Absence.from_at <= _NOW,
            Absence.until_at > _NOW,
        )
        .label("stands_in")
    )


_BODIES = (
    sa.select(Body, _stands_in(_PERSON))
    .where(_served(_PERSON))
    .order_by(Body.id)
)
_ARRIVAL = (
    sa.select(
        SignInSession,
        Person,
        Body,
        _stands_in(_HIS_OF_SESSION),
        count_of_unread(_HIS_OF_SESSION).label("unread"),
        newest_version_of(Person.tenant_id).label("calendar"),
        count_of_definitions(Person.tenant_id).label("definitions"),
        newest_deployment_of(Person.tenant_id).label("deployment"),
        last_visit_of(_HIS_OF_SESSION).label("last_visit"),
    )
    .join(Person, Person.id == SignInSession.person_id)
    .outerjoin(Body, _served(_HIS_OF_SESSION))
    .where(
        SignInSession.id == _SESSION,
        SignInSession.ended_at.is_(None),
        SignInSession.epoch == Person.session_epoch,
        Person.active,
    )
    .order_by(Body.id)
)


def arrive(
    session: Session, session_id: str, now: datetime
) -> tuple[SignInSession, Person] | None:
    """The session of a sign-in and its person, unless it was ended or the person's sessions were.

    A session that only reads keeps what came along, and is asked for none of it again.
    """
    rows = session.execute(_ARRIVAL, {"session": session_id, "now": now}).all()
    if not rows:
        return None
    first = rows[0]
    person: Person = first.Person
    bodies = [row.Body for row in rows if row.Body is not None]
    keep(session, _bodies_key(person.id), (bodies, bool(first.stands_in)))
    keep(session, ("unread", person.id), first.unread)
    keep(session, ("calendar", person.tenant_id), first.calendar)
    keep(session, ("definitions", person.tenant_id), first.definitions)
    keep(session, ("newest-deployment", person.tenant_id), first.deployment)
    keep(session, ("last-visit", person.id), first.last_visit or LONG_AGO)
    return first.SignInSession, person


def _bodies_key(person_id: int) -> tuple[str, int]:
    return "bodies", person_id


def bodies_of(
    session: Session,
    person_id: int,
    now: datetime | None,
) -> tuple[Sequence[Body], tuple[StandIn, ...]]:
    """The bodies that the person serves and the dissolved ones that they succeeded, by id; and those for whom
    he stands in at that instant, nobody without one."""

    def ask() -> tuple[list[Body], bool]:
        rows = session.execute(
            _BODIES, {"person": person_id, "now": now}
        ).all()
        return [row.Body for row in rows], not rows or rows[0].stands_in

    if now is None:
        return ask()[0], ()
    bodies, stands_in = once(session, _bodies_key(person_id), ask)
    if stands_in:
        return bodies, find_stand_ins(session, person_id, now)
    return bodies, ()
