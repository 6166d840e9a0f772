"""What a page has read is not read again by the same page."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy.orm import Session

READS = "reads"
"""In a session's `info`: it only reads, so what it was answered holds until its transaction ends."""
Answer = TypeVar("Answer")


def reads(session: Session) -> bool:
    """Whether it is a session that only reads."""
    return bool(session.info.get(READS))


def once(session: Session, key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """What `ask` answers. A session that only reads asks once in a transaction, another each time."""
    kept = _kept(session)
    if kept is None:
        return ask()
    if key not in kept:
        kept[key] = ask()
    return cast(Answer, kept[key])


def keep(session: Session, key: Hashable, answer: Any) -> None:
    """Keeps an answer that came along with another one; a session that writes keeps none."""
    kept = _kept(session)
    if kept is not None:
        kept[key] = answer


def _kept(session: Session) -> dict[Hashable, Any] | None:
    if not reads(session):
        return None
    known = session.info.get("kept")
    present = session.get_transaction() or session.begin()
    if known is None or known[0] is not present:
        known = session.info["kept"] = (present, {})
    return cast("dict[Hashable, Any]", known[1])
