"""复核: an administrator reviews the openings of personal data by his people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.people.administering import administrator
from orchestrator.store.look_reviews import (
    QUESTIONED,
    LookReview,
    is_opening_of,
    lock,
    page_of_openings,
)
from orchestrator.store.looks import LookFilter
from orchestrator.store.session import transaction

MOST = 200
"""Openings that are reviewed at once."""


def review(
    by: int,
    ids: Sequence[str],
    verdict: str,
    note: str,
    now: datetime,
) -> int:
    """Notes what the administrator found of these openings; returns of how many. One that somebody reviewed
    before keeps that.

    Raises Forbidden, and RuleViolated where none is chosen, none of them is his to review, or doubt has no
    words.
    """
    if not ids:
        raise RuleViolated([say("请先选中要复核的查看")])
    if verdict == QUESTIONED and not note:
        raise RuleViolated([say("请写明有什么疑问")])
    with transaction() as session:
        viewer = administrator(session, by)
        # Of two who review the same, the second finds what the first noted.
        lock(session, ids[:MOST])
        wanted = LookFilter(viewer.tenant_id, viewer.administered_paths)
        openings = page_of_openings(
            session,
            wanted,
            MOST,
            unreviewed=True,
            ids=ids[:MOST],
        )
        mine = [row for row in openings if row.person_id == by]
        others = [row for row in openings if row.person_id != by]
        if mine and not others:
            raise RuleViolated(
                [say("自己的查看不能自己复核，请另一位管理员复核")]
            )
        if not others:
            raise RuleViolated(
                [say("选中的查看已经复核过，或者不归您复核；请刷新页面")]
            )
        session.add_all(
            LookReview(
                look_id=row.id,
                verdict=verdict,
                note=note,
                reviewed_by=by,
                reviewed_at=now,
            )
            for row in others
        )
        return len(others)


def answer(by: int, look_id: str, text: str, now: datetime) -> None:
    """Keeps what the person says to the doubt about his own opening. Raises NotFound where it is not his or
    nobody doubts it, RuleViolated where he has answered before."""
    with transaction() as session:
        row = session.scalar(
            sa.select(LookReview)
            .where(
                LookReview.look_id == look_id,
                LookReview.verdict == QUESTIONED,
                LookReview.note != "",
                is_opening_of(by),
            )
            .with_for_update(),
        )
        if row is None:
            raise NotFound(look_id)
        if row.answered_at is not None:
            raise RuleViolated(
                [say("这次查看您已经说明过；还有要补充的，请直接告诉管理员")],
            )
        row.answer = text
        row.answered_at = now
