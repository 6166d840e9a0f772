"""Personal data of an instance: who opens them says why, and both are kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from orchestrator.services.access import Viewer, visible_instance
from orchestrator.services.records.ids import new_id
from orchestrator.store.disclosures import Disclosure, newest
from orchestrator.store.session import transaction

LASTS = timedelta(minutes=30)
"""So long they stay open to him; then he says why again."""


def disclose(
    instance_id: str,
    who: Viewer,
    reason: str,
    address: str,
    now: datetime,
) -> None:
    """Opens the personal data of an instance to the viewer, on the record. Raises NotFound for an instance
    that he may not see."""
    with transaction() as session:
        visible_instance(session, who, instance_id)
        session.add(
            Disclosure(
                id=new_id(now),
                instance_id=instance_id,
                person_id=who.person_id,
                at=now,
                reason=reason,
                address=address[:45],
            ),
        )


def opened(
    session: Session,
    instance_id: str,
    person_id: int,
    now: datetime,
) -> bool:
    """Whether they are open to that person."""
    return opened_at(session, instance_id, person_id, now) is not None


def opened_at(
    session: Session,
    instance_id: str,
    person_id: int,
    now: datetime,
) -> datetime | None:
    """When that person opened them last; None where they are not open to him."""
    at = newest(session, instance_id, person_id)
    if at is not None and now - LASTS < at <= now:
        return at
    return None
