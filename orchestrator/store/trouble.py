"""What is wrong with the database or the disk when a statement or a file fails, as far as a person can be
told what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from enum import StrEnum

import sqlalchemy as sa


class Trouble(StrEnum):
    BUSY = "busy"
    """Others write, or too many ask at once: it goes on in a moment."""
    AWAY = "away"
    """The database does not answer: nothing can be read or written."""
    FULL = "full"
    """The disk has no room: reading goes on, writing does not."""


KINDS: tuple[type[Exception], ...] = (
    sa.exc.DBAPIError,
    sa.exc.TimeoutError,
    OSError,
)
"""The exceptions among which `trouble_of` looks."""

_SQLITE = {
    "database is locked": Trouble.BUSY,
    "database table is locked": Trouble.BUSY,
    "database or disk is full": Trouble.FULL,
    "unable to open database file": Trouble.AWAY,
    "disk i/o error": Trouble.AWAY,
    "attempt to write a readonly database": Trouble.AWAY,
    "database disk image is malformed": Trouble.AWAY,
    "file is not a database": Trouble.AWAY,
}
"""Begin of SQLite's message → the trouble."""
_SQLSTATES = {
    "08": Trouble.AWAY,
    "40001": Trouble.BUSY,
    "40P01": Trouble.BUSY,
    "53100": Trouble.FULL,
    "53300": Trouble.BUSY,
    "55P03": Trouble.BUSY,
    "57014": Trouble.BUSY,
    "57P": Trouble.AWAY,
    "58": Trouble.AWAY,
}
"""Begin of PostgreSQL's error code → the trouble (Appendix A of its manual)."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble behind an exception, or behind what it was raised from; None when it is a fault of ours."""
    for base_exception in _chain(error):
        trouble = _trouble(base_exception)
        if trouble is not None:
            return trouble
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _trouble(error: BaseException) -> Trouble | None:
    if isinstance(error, sa.exc.TimeoutError):
        return Trouble.BUSY
    if isinstance(error, sa.exc.DBAPIError):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Trouble.FULL
    return None


def _of_database(error: sa.exc.DBAPIError) -> Trouble | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return next(
            (
                trouble
                for begin, trouble in _SQLSTATES.items()
                if str(state).startswith(begin)
            ),
            None,
        )
    message = str(error.orig).lower()
    for begin, trouble in _SQLITE.items():
        if message.startswith(begin):
            return trouble
    # The driver has no code when there was no server to give one.
    server = type(error.orig).__module__.startswith("psycopg")
    lost = (
        isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))
        or error.connection_invalidated
    )
    if server and lost:
        return Trouble.AWAY
    return None
