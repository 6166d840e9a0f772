"""How much work all the commands of one request may do together: playing scenarios, a trial, a back-test, one
act with its service tasks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from orchestrator.engine.errors import WorkExhausted
from orchestrator.engine.visible_names import Work

FEE = 300
"""Units of work of a command by itself: reading and writing the state, and what the caller does around it."""
STEP = 100
"""Units of work of a step of the engine."""
REQUEST = 4_000_000
"""Units of work of one request that plays many instances; about ten seconds. A city's thirty scenarios take a
fortieth."""
ONE_INSTANCE = REQUEST // 4
"""Units of work of one scenario, or of one finished instance that is played again."""

ACT = 2_000_000
"""Units of work of one act with all the service tasks that it sets off: it runs inside a write
transaction."""

_request: ContextVar[Work | None] = ContextVar("request_work", default=None)


@contextmanager
def request_work(units: int | None = None) -> Iterator[Work]:
    """All commands inside the block take their work from one budget, of REQUEST where none is named, and from
    that of the block around it.

    A command that has begun is carried out; the next one raises WorkExhausted when nothing is left.
    """
    outer = _request.get()
    if units is None:
        wanted = REQUEST
    else:
        wanted = units
    if outer is None:
        granted = wanted
    else:
        granted = max(0, min(wanted, outer.left))
    work = Work(granted)
    token = _request.set(work)
    try:
        yield work
    finally:
        _request.reset(token)
        if outer is not None:
            outer.left -= granted - work.left


def begin() -> None:
    """A command begins. Raises WorkExhausted when its request has used up its work."""
    if exhausted():
        raise WorkExhausted


def exhausted() -> bool:
    """Whether the request has used up its work; False outside of one."""
    work = _request.get()
    return work is not None and work.left <= 0


def charge(units: int) -> None:
    """Takes the work of a command from its request's budget; it may end below nothing."""
    work = _request.get()
    if work is not None:
        work.left -= units
