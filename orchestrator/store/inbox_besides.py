"""What else an inbox may have to show beside its rows. Most people have none of it, and what is not there is
not asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.added_signers import IS_ASKED
from orchestrator.store.inbox_counts import unread_copies
from orchestrator.store.kept_statements import rows_of
from orchestrator.store.saved_forms import HAS_SAVED
from orchestrator.store.suspensions import IS_TO_REVIEW


@dataclass(frozen=True, slots=True)
class InboxBesides:
    unread: int
    """Copies that nobody of his bodies has read, counted to COUNT_CAP at most."""
    signs: bool
    """Somebody asks him or one of his bodies to sign."""
    reviews: bool
    """One of his bodies has a suspension to review."""
    saved: bool
    """He has begun some form."""


_BESIDES = sa.select(
    unread_copies().label("unread"),
    IS_ASKED.label("signs"),
    IS_TO_REVIEW.label("reviews"),
    HAS_SAVED.label("saved"),
)


def inbox_besides(
    session: Session,
    person_id: int,
    addresses: Sequence[str],
    bodies: Sequence[str],
    now: datetime,
    signing: Sequence[str] = (),
) -> InboxBesides:
    """What there is for the person: `addresses` are his bodies and himself, `bodies` the bodies alone,
    `signing` also those for whom he stands in."""
    values = {
        "person": person_id,
        "addresses": list(addresses),
        "signing": list(signing or addresses),
        "bodies": list(bodies),
        "now": now,
    }
    row = rows_of(session, _BESIDES, values).one()
    return InboxBesides(
        row.unread,
        bool(row.signs),
        bool(row.reviews),
        bool(row.saved),
    )
