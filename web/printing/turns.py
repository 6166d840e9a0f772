"""Papers that anybody may have made, few at a time: each takes a second or more of a processor, and pages
need the threads that wait."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from orchestrator.errors import PapersBusy

AT_ONCE = 1
"""In a process."""
MOST_WAITING = 2
"""Threads of a process that may wait for their turn; the others serve pages."""
PATIENCE_SECONDS = 10.0
_slots = threading.BoundedSemaphore(AT_ONCE)
_queue = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


@contextmanager
def turn() -> Iterator[None]:
    """One paper is made within it. Raises PapersBusy where too many are asked for."""
    if not _queue.acquire(blocking=False):
        raise PapersBusy
    try:
        if not _slots.acquire(timeout=PATIENCE_SECONDS):
            raise PapersBusy
        try:
            yield
        finally:
            _slots.release()
    finally:
        _queue.release()
