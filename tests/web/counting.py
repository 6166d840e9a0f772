"""How often a page asks the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import Flask

from orchestrator.store.session import db


@contextmanager
def statements(application: Flask) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    found: list[str] = []

    def note(
        _connection: object, _cursor: object, statement: str, *_more: object
    ) -> None:
        if statement != "BEGIN":
            found.append(statement)

    with application.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
