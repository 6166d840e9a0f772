"""How many connections of the database pool are in use, for the monitoring system."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from prometheus_client import Gauge
from sqlalchemy.pool import QueuePool

IN_USE = Gauge(
    "gridflow_database_connections_in_use",
    "Connections of the pools that work at this moment",
    multiprocess_mode="livesum",
)
LIMIT = Gauge(
    "gridflow_database_connections_limit",
    "Connections that the pools may open",
    multiprocess_mode="livesum",
)


def watch(engine: sa.Engine) -> None:
    """Keeps the figures of this process, of the pool of `engine`."""
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return

    @sa.event.listens_for(engine, "checkout")
    def _taken(_connection: Any, _record: Any, _proxy: Any) -> None:
        IN_USE.set(engine.pool.checkedout())  # type: ignore[attr-defined]
        LIMIT.set(pool.size() + pool._max_overflow)

    @sa.event.listens_for(engine, "checkin")
    def _given_back(_connection: Any, _record: Any) -> None:
        # This one is not back in the pool yet.
        left = engine.pool.checkedout() - 1  # type: ignore[attr-defined]
        IN_USE.set(max(0, left))
