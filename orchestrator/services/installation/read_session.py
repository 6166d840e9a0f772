"""What pages read with: a session that writes nothing."""

from __future__ import annotations

import contextlib
from typing import cast

from sqlalchemy.orm import Session

from orchestrator.store import trouble
from orchestrator.store.session import db


def session() -> Session:
    """The request's read session; it ends with the request."""
    return cast(Session, db.session())


def give_up() -> None:
    """Ends the read session's transaction, also one that a failed statement has spoiled."""
    with contextlib.suppress(*trouble.KINDS):
        db.session.rollback()
