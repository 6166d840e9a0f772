"""Papers that anybody may have made, one after the other: each takes a second or more of a processor."""

from __future__ import annotations

from contextlib import AbstractContextManager

from orchestrator.errors import PapersBusy
from orchestrator.store.turns import Turns

MOST_WAITING = 2
"""Threads of a process that may wait for a paper; it has eight."""
papers = Turns(MOST_WAITING, patience=10)


def turn() -> AbstractContextManager[None]:
    """One paper is made within it. Raises PapersBusy where too many are asked for."""
    return papers.turn(PapersBusy())
