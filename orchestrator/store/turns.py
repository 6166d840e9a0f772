"""Work that takes a processor for a second or more: little of it at once, and few threads that wait for it,
since those that wait serve no page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Of one kind of work, in a process."""

    def __init__(
        self,
        most_waiting: int,
        patience: float,
        at_once: int = 1,
    ) -> None:
        self.patience = patience
        """Seconds that a thread waits for its turn."""
        self._slots = threading.BoundedSemaphore(at_once)
        self._queue = threading.BoundedSemaphore(at_once + most_waiting)

    @contextmanager
    def turn(self, busy: Exception) -> Iterator[None]:
        """The work is done within it. Raises `busy` where as many wait as may, or where it takes too long."""
        if not self._queue.acquire(blocking=False):
            raise busy
        try:
            if not self._slots.acquire(timeout=self.patience):
                raise busy
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._queue.release()
