"""Keys of submissions: one belongs to one person and one purpose, and its second use gets the first one's
answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated, SubmissionKeyUsed
from orchestrator.sentences import say
from orchestrator.store.base import table
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import IdempotencyKey

KEPT = timedelta(days=30)
"""How long a key is known: longer than anybody sends the same submission again."""
_SOUND = re.compile("[!-~]{1,80}")


def require_sound(key: str | None) -> None:
    """Raises RuleViolated for a key that cannot be kept: too long, or with other than printable ASCII
    characters."""
    if key is not None and _SOUND.fullmatch(key) is None:
        raise RuleViolated(
            [
                say(
                    "提交的标识应为 1 至 80 个英文字母、数字或符号，请刷新页面后重新提交"
                )
            ]
        )


def claim(
    session: Session,
    by: int,
    key: str,
    purpose: str,
    result: dict[str, Any],
    now: datetime,
) -> bool:
    """Keeps the answer under the key; False when the key is taken. Who comes second waits here until the
    first has ended."""
    insert = (
        postgresql.insert
        if db.engine.dialect.name == "postgresql"
        else sqlite.insert
    )
    keys = table(IdempotencyKey)
    values = {
        "person_id": by,
        "key": key,
        "at": now,
        "result": result,
        "purpose": purpose,
    }
    statement = (
        insert(keys)
        .values(values)
        .on_conflict_do_nothing()
        .returning(keys.c.key)
    )
    return session.connection().execute(statement).first() is not None


def answer(
    session: Session,
    by: int,
    key: str,
    purpose: str,
) -> dict[str, Any] | None:
    """What was answered under the key, None when it is new. Raises SubmissionKeyUsed when it served another
    purpose."""
    idempotency_key = session.get(IdempotencyKey, (by, key))
    if idempotency_key is None:
        return None
    if idempotency_key.purpose != purpose:
        raise SubmissionKeyUsed
    return idempotency_key.result


def is_new(
    session: Session,
    by: int,
    key: str | None,
    purpose: str,
    now: datetime,
) -> bool:
    """Whether nothing was done under the key yet; it is kept with what this transaction does. None is always
    new.

    Raises RuleViolated and SubmissionKeyUsed as `require_sound` and `answer` do.
    """
    if key is None:
        return True
    require_sound(key)
    return answer(session, by, key, purpose) is None and claim(
        session,
        by,
        key,
        purpose,
        {},
        now,
    )


class Keyed(NamedTuple):
    """The key under which a person's program sends something."""

    by: int
    key: str | None


def came_before(
    session: Session,
    sent: Keyed | None,
    purpose: str,
    now: datetime,
) -> bool:
    """Whether this was sent under its key before; the opposite of `is_new`, and raises as it does."""
    return sent is not None and not is_new(session, *sent, purpose, now)


def sweep(now: datetime) -> int:
    """Forgets the keys older than KEPT; returns how many."""
    with transaction() as session:
        old = (
            sa.delete(IdempotencyKey)
            .where(IdempotencyKey.at < now - KEPT)
            .returning(IdempotencyKey.key)
        )
        return len(session.scalars(old).all())
