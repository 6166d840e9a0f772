"""常用语: phrases of one's own for opinions."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records.ids import new_id
from orchestrator.store.decision_aids import Phrase
from orchestrator.store.people import one_at_a_time
from orchestrator.store.session import transaction

MOST = 30
"""Phrases of one person."""
LONGEST = 200
"""Characters."""


def add(text: str, by: int, now: datetime) -> None:
    """Keeps the phrase, once however often it is added. Raises RuleViolated for none, one too long, or one
    too many."""
    words = " ".join(text.split())
    if not words:
        raise RuleViolated([say("请先写出要存的常用语")])
    if len(words) > LONGEST:
        raise RuleViolated(
            [say("一条常用语最多 {longest} 个字", longest=LONGEST)],
        )
    with transaction() as session:
        one_at_a_time(session, by)
        mine = session.scalars(
            sa.select(Phrase.text).where(Phrase.person_id == by),
        ).all()
        if words in mine:
            return
        if len(mine) >= MOST:
            raise RuleViolated(
                [say("常用语最多 {most} 条，请先删去不用的", most=MOST)],
            )
        session.add(
            Phrase(id=new_id(now), person_id=by, text=words, created_at=now),
        )


def remove(phrase_id: str, by: int) -> None:
    """Raises NotFound for one that is not the person's."""
    with transaction() as session:
        row = session.get(Phrase, phrase_id)
        if row is None or row.person_id != by:
            raise NotFound(phrase_id)
        session.delete(row)
