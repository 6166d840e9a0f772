"""Saving a form that is not finished: it is there again on the next visit, on another device too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records import purposes, submission_keys
from orchestrator.store.base import table
from orchestrator.store.saved_forms import SavedForm
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import IdempotencyKey, UserTask

KEPT = timedelta(days=90)
"""How long a form waits for its person."""
MOST_CHARACTERS = 400_000
"""Of the names and values of one form together."""
MOST_FORMS = 200
"""Saved forms of one person; the oldest goes first."""


def save(
    person_id: int,
    purpose: str,
    key: str,
    content: Sequence[tuple[str, str]],
    now: datetime,
) -> None:
    """Saves what the person has typed into the form, in place of what was saved before.

    `purpose` is what the form is for, as purposes.py names it; `key` the submission key of the page. Raises
    RuleViolated for a form that is too large, or for a key that no page has. Who may submit the form is the
    caller's question.
    """
    submission_keys.require_sound(key)
    if (
        sum(len(name) + len(value) for name, value in content)
        > MOST_CHARACTERS
    ):
        sentence = say(
            "内容超过 {most} 个字，没有自动保存；请尽快提交，或先复制到别处",
            most=MOST_CHARACTERS,
        )
        raise RuleViolated([sentence])
    row = {
        "person_id": person_id,
        "purpose": purpose,
        "key": key,
        "content": [[name, value] for name, value in content],
        "saved_at": now,
    }
    insert = (
        postgresql.insert
        if db.engine.dialect.name == "postgresql"
        else sqlite.insert
    )
    saved = table(SavedForm)
    statement = insert(saved).values(row)
    newer = {
        name: statement.excluded[name]
        for name in ("key", "content", "saved_at")
    }
    with transaction() as session:
        # The connection's own dialect writes the JSON; the upsert needs no read before it.
        session.connection().execute(
            statement.on_conflict_do_update(
                index_elements=["person_id", "purpose"],
                set_=newer,
            ),
        )
        oldest = (
            sa.select(SavedForm.purpose)
            .where(SavedForm.person_id == person_id)
            .order_by(SavedForm.saved_at.desc())
            .offset(MOST_FORMS)
        )
        session.execute(
            sa.delete(SavedForm).where(
                SavedForm.person_id == person_id,
                SavedForm.purpose.in_(oldest),
            ),
        )


def drop(person_id: int, purpose: str) -> None:
    """Removes the person's saved form; none is no error."""
    with transaction() as session:
        session.execute(
            sa.delete(SavedForm).where(
                SavedForm.person_id == person_id,
                SavedForm.purpose == purpose,
            ),
        )


def sweep(now: datetime) -> int:
    """Removes forms that were submitted, whose task is closed, or that are older than KEPT; returns how
    many."""
    submitted = sa.exists().where(
        IdempotencyKey.person_id == SavedForm.person_id,
        IdempotencyKey.key == SavedForm.key,
    )
    closed = [_is_closed(purpose_of("")) for purpose_of in purposes.OF_A_TASK]
    old = sa.or_(SavedForm.saved_at < now - KEPT, submitted, *closed)
    with transaction() as session:
        return len(
            session.scalars(
                sa.delete(SavedForm).where(old).returning(SavedForm.purpose),
            ).all(),
        )


def _is_closed(prefix: str) -> sa.ColumnElement[bool]:
    """Whether the purpose is that prefix with a task which is closed."""
    named = sa.func.substr(SavedForm.purpose, len(prefix) + 1)
    return sa.and_(
        SavedForm.purpose.startswith(prefix),
        sa.exists().where(UserTask.id == named, UserTask.state != "open"),
    )
