"""The history of a draft: what was saved, by whom, when, and how much of it is kept."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.designing import git_commits
from orchestrator.store.drafts import Draft, DraftRevision

MOST_SAVED = 200
"""Saved states that are kept of a draft, the one that it began from and the latest."""
LARGEST_HISTORY = 60_000_000
"""Characters of the saved states that are kept; the latest is kept whatever it has."""


def record(
    session: Session,
    row: Draft,
    by: int,
    now: datetime,
    comment: str,
) -> None:
    """An entry of the draft's history: who did what with it as it stands."""
    enter(
        session,
        row,
        row.content,
        by,
        now,
        comment,
    )


def enter(
    session: Session,
    row: Draft,
    content: dict[str, str],
    by: int,
    now: datetime,
    comment: str,
) -> None:
    """Does what `record` does, with this content."""
    last = (
        session.scalar(
            sa.select(sa.func.max(DraftRevision.number)).where(
                DraftRevision.draft_id == row.id
            )
        )
        or 0
    )
    session.add(
        DraftRevision(
            draft_id=row.id,
            number=last + 1,
            at=now,
            author_id=by,
            comment=comment,
            content=content,
        )
    )
    session.flush()
    git_commits.plan(session, row, last + 1, now)
    _forget_oldest(session, row.id)


def _forget_oldest(session: Session, draft_id: str) -> None:
    """Drops what is over the bounds of a draft's history: the oldest, never the state that it began from."""
    length = sa.func.length(sa.cast(DraftRevision.content, sa.Text))
    rows = session.execute(
        sa.select(DraftRevision.number, length)
        .where(DraftRevision.draft_id == draft_id)
        .order_by(DraftRevision.number.desc())
    ).all()
    room = LARGEST_HISTORY
    dropped = []
    for place, (number, size) in enumerate(rows[:-1]):
        room -= size
        # One more place is for the first.
        if place and (room < 0 or place >= MOST_SAVED - 1):
            dropped.append(number)
    if dropped:
        session.execute(
            sa.delete(DraftRevision).where(
                DraftRevision.draft_id == draft_id,
                DraftRevision.number.in_(dropped),
            )
        )
