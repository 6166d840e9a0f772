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
    `instant`."""
    offset = instant - datetime.now(UTC)

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + offset

    changed = [
        module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _OURS and getattr(module, "datetime", None) is datetime
    ]
    for module in changed:
        module.datetime = Then  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module in changed:
            module.datetime = datetime  # type: ignore[attr-defined]
