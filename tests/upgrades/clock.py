"""The clock of pages and services, set to another day: views read it where they stand, as
`datetime.now(UTC)`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo

_OURS = ("web", "orchestrator")


@contextmanager
def clock_at(instant: datetime) -> Iterator[None]:
    """Within the block, every module of the product that asks for the time is told one that began at
    `instant`; a block within another has its own."""
    offset = instant - datetime.now(UTC)

    class Then(datetime, metaclass=_AnyInstant):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + offset

    changed = {
        module: module.datetime
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _OURS
        and _is_clock(getattr(module, "datetime", None))
    }
    for module in changed:
        module.datetime = Then
    try:
        yield
    finally:
        for module, before in changed.items():
            module.datetime = before


class _AnyInstant(type):
    """What a module has read before is an instant as well."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


def _is_clock(found: object) -> bool:
    """Whether it is the class, or the one that a block around this one put in its place."""
    return isinstance(found, type) and issubclass(found, datetime)
