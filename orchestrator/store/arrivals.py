"""What every request of a signed-in person needs, read together: his bodies, whether he stands in for
somebody, and for a page also its badge and the newest versions of what is kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.absences import Absence, StandIn, find_stand_ins
from orchestrator.store.calendars import newest_version_of
from orchestrator.store.definitions import count_of_definitions
from orchestrator.store.notifications import count_of_unread
from orchestrator.store.once import keep, reads
from orchestrator.store.people import Membership
from orchestrator.store.territories import Body

_PERSON = sa.bindparam("person", type_=sa.Integer())
_TENANT = sa.bindparam("tenant", type_=sa.String())
_NOW = sa.bindparam("now", type_=Absence.from_at.type)
_SERVED = sa.select(Membership.body_id).where(
    Membership.person_id == _PERSON,
    Membership.until_on.is_(None),
)
_BODIES = (
    sa.select(
        Body,
        sa.exists()
        .where(
            Absence.deputy_id == _PERSON,
            Absence.from_at <= _NOW,
            Absence.until_at > _NOW,
        )
        .label("stands_in"),
    )
    .where(
        sa.or_(
            Body.id.in_(_SERVED),
            sa.and_(
                Body.successor_id.in_(_SERVED),
                Body.dissolved_at.is_not(None),
            ),
        ),
    )
    .order_by(Body.id)
)
_FOR_A_PAGE = _BODIES.add_columns(
    count_of_unread(_PERSON).label("unread"),
    newest_version_of(_TENANT).label("calendar"),
    count_of_definitions(_TENANT).label("definitions"),
)


def bodies_of(
    session: Session,
    person_id: int,
    tenant_id: str,
    now: datetime | None,
) -> tuple[Sequence[Body], tuple[StandIn, ...]]:
    """The bodies that the person serves and the dissolved ones that they succeeded, by id; and those for whom
    he stands in at that instant, nobody without one."""
    asked: dict[str, Any] = {
        "person": person_id,
        "tenant": tenant_id,
        "now": now,
    }
    page = now is not None and reads(session)
    rows = session.execute(_FOR_A_PAGE if page else _BODIES, asked).all()
    if page and rows:
        keep(session, ("unread", person_id), rows[0].unread)
        keep(session, ("calendar", tenant_id), rows[0].calendar)
        keep(session, ("definitions", tenant_id), rows[0].definitions)
    stands_in = now is not None and (not rows or rows[0].stands_in)
    if now is not None and stands_in:
        absent = find_stand_ins(session, person_id, now)
    else:
        absent = ()
    return [row.Body for row in rows], absent
