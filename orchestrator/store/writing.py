"""Whether a write transaction is open here, so that nothing heavy begins inside one.

On SQLite a write transaction holds the one lock that every other writer waits for; on PostgreSQL it holds its
rows. Reading a designer's file, checking diagrams, playing scenarios and re-encoding pictures take as long as
what was sent makes them take, so they belong before it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("gridflow.writing")
_writing: ContextVar[bool] = ContextVar("writing", default=False)
strict = False
"""Whether heavy work inside a write transaction is refused: in tests. The product notes it in its log and
goes on."""


class HeavyWhileWriting(AssertionError):
    """The message names the function that was called inside a write transaction."""


@contextmanager
def write_transaction() -> Iterator[None]:
    """What runs inside the block holds the lock of a write transaction."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def heavy(function: Callable[P, T]) -> Callable[P, T]:
    """Marks a function whose duration depends on what somebody sent: it is called before a write transaction,
    never inside one."""

    @wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        if _writing.get():
            if strict:
                raise HeavyWhileWriting(function.__qualname__)
            log.error(
                "heavy work inside a write transaction: %s",
                function.__qualname__,
            )
        return function(*args, **kwargs)

    return called
