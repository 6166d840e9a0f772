"""What happened to instances, counted by kind for the monitoring system, once it is committed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from prometheus_client import Counter, Histogram
from sqlalchemy.orm import Session

EVENTS = Counter(
    "gridflow_events",
    "Committed entries of histories, by kind",
    ["kind"],
)
LATENESS = Histogram(
    "gridflow_timer_lateness_seconds",
    "How late timers were fired",
    buckets=(0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)
_KINDS = "happened"
_LATE = "fired_late"


def note(session: Session, kinds: Iterable[str]) -> None:
    """Counts entries of these kinds when the session's transaction is committed."""
    session.info.setdefault(_KINDS, []).extend(kinds)


def note_lateness(session: Session, seconds: Iterable[float]) -> None:
    """Counts timers that were so late, likewise."""
    session.info.setdefault(_LATE, []).extend(seconds)


@sa.event.listens_for(Session, "after_commit")
def _count(session: Session) -> None:
    for kind in session.info.pop(_KINDS, ()):
        EVENTS.labels(kind).inc()
    for seconds in session.info.pop(_LATE, ()):
        LATENESS.observe(max(0.0, seconds))


@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    forgotten: dict[str, Any] = session.info
    forgotten.pop(_KINDS, None)
    forgotten.pop(_LATE, None)
