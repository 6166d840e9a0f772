"""What pages read with: a session that writes nothing."""

from __future__ import annotations

from typing import cast

from sqlalchemy.orm import Session

from orchestrator.store.session import db


def session() -> Session:
    """The request's read session; it ends with the request."""
    return cast(Session, db.session())
