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
    """Ends the read session's transaction, also one that a failed statement has spoiled.

    What was read of the person stays as it was: the page that tells of the failure would ask for each of his
    bodies by itself.
    """
    with contextlib.suppress(*trouble.KINDS):
        db.session.expunge_all()
        db.session.rollback()


def end(failure: BaseException | None = None) -> None:
    """Ends the request's read session without writing anything.

    PostgreSQL's driver forgets the statements that it has prepared when a transaction is rolled back, so a
    session that has only read ends with COMMIT.
    """
    if failure is not None or not db.session.registry.has():
        return
    with contextlib.suppress(*trouble.KINDS):
        if db.session().in_transaction():
            db.session.expunge_all()
            db.session.commit()
