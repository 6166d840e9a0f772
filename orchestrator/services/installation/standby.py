"""A copy of the database that pages read from, as long as it is not further behind than the settings allow.

How far behind it is, no clock tells, since a copy whose link is cut knows of nothing newer: what the primary
had written some seconds ago is compared with what the copy has by now.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask, current_app

from orchestrator.settings import Settings
from orchestrator.store import trouble
from orchestrator.store.session import (
    db,
    engine_options,
    prepare_engine,
    read_from,
)

EVERY_SECONDS = 1.0
"""Between two comparisons."""
TRUSTED_SECONDS = 3 * EVERY_SECONDS
"""So long after a comparison the others go by it while the next one is made."""
DISTRUSTED_SECONDS = 10.0
"""So long after a failure nobody asks it."""
_KEY = "gridflow.standby"
_WRITTEN = sa.text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
_COPIED = sa.text(
    "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')"
)


@dataclass
class Standby:
    """The copy, and how far it is."""

    engine: sa.Engine
    most_behind: float
    """Seconds."""
    clock: Callable[[], float] = time.monotonic
    good: bool = False
    """Whether it was near enough when it was last looked at."""
    looked_at: float = float("-inf")
    """When it was last found near enough or not."""
    next_look: float = 0.0
    written: deque[tuple[float, int]] = field(
        default_factory=lambda: deque(maxlen=400)
    )
    """When the primary was asked, and how far it had written then."""
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def is_near(self) -> bool:
        """Whether a page may read from it now. One request a second compares, the others go by that, unless
        the last comparison is long past: after an hour without visitors the copy may be an hour behind."""
        if self.clock() < self.next_look:
            return self.good
        if self._looking.acquire(False):
            try:
                self._look()
            finally:
                self._looking.release()
            return self.good
        return self.good and self.clock() - self.looked_at < TRUSTED_SECONDS

    def distrust(self) -> None:
        """It has failed: nobody reads from it for a while."""
        self.good = False
        self.next_look = self.clock() + DISTRUSTED_SECONDS

    def _look(self) -> None:
        try:
            asked_at = self.clock()
            with db.engine.connect() as primary:
                self.written.append(
                    (asked_at, int(primary.execute(_WRITTEN).scalar_one()))
                )
            with self.engine.connect() as copy:
                is_copy, copied = copy.execute(_COPIED).one()
        except trouble.KINDS:
            self.distrust()
            return
        # One that was promoted is a database of its own.
        self.good = bool(is_copy) and self._behind(copied) < self.most_behind
        # After `good`: who sees the new instant must not go by the old answer.
        self.looked_at = self.clock()
        self.next_look = self.looked_at + EVERY_SECONDS

    def _behind(self, copied: int | None) -> float:
        """Seconds since the primary had written no more than the copy has."""
        now = self.clock()
        instants = [
            asked_at
            for asked_at, written in self.written
            if copied is not None and written <= copied
        ]
        return now - max(instants, default=float("-inf")) + EVERY_SECONDS


def connect(app: Flask, settings: Settings) -> None:
    """Gives the application its copy to read from, where the settings name one."""
    if not settings.database_read_url:
        return
    url = settings.database_read_url
    engine = sa.create_engine(
        url, **engine_options(url, settings.database_pooler)
    )
    prepare_engine(engine)
    app.extensions[_KEY] = Standby(engine, settings.read_lag_seconds)


def of_this_application() -> Standby | None:
    """The copy; None where the settings name none."""
    standby: Standby | None = current_app.extensions.get(_KEY)
    return standby


def read() -> bool:
    """From here on the request's read session reads from the copy; False where it reads from the primary,
    because there is no copy or it is too far behind."""
    standby = of_this_application()
    if standby is None or not standby.is_near():
        return False
    read_from(standby.engine)
    return True


def give_up() -> None:
    """The copy has failed: this request reads from the primary, and others do for a while."""
    standby = of_this_application()
    if standby is not None:
        standby.distrust()
    read_from(None)


def release_connections() -> None:
    """Closes the connections to the copy that are not in use."""
    standby = of_this_application()
    if standby is not None:
        standby.engine.dispose()
