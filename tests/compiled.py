"""Statements that SQLAlchemy has compiled once for all applications of a process: the product has one engine,
each test of a service makes another."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

from orchestrator.services.installation import database

MOST = 4_000
"""Statements kept; the product sends some hundreds, with the shapes of its lists."""
_prepare_engine = database.prepare_engine
_kept: dict[str, tuple[sa.Dialect, LRUCache[Any, Any]]] = {}
"""Driver → the dialect of the first engine that was connected with it, and what was compiled for it."""


def share() -> None:
    """From now on the engines of all applications share what is compiled."""
    database.prepare_engine = _prepared  # type: ignore[attr-defined]


def _prepared(engine: sa.Engine) -> None:
    _prepare_engine(engine)
    known = _kept.get(engine.driver)
    if known is not None:
        engine.dialect, engine._compiled_cache = known
        return
    dialect = engine.dialect

    @sa.event.listens_for(engine, "connect")
    def _connected(*_given: Any) -> None:
        """The dialect knows its server by now."""
        _kept.setdefault(engine.driver, (dialect, LRUCache(MOST)))
