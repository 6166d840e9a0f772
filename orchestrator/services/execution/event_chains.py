"""Limits how many messages and signals may follow from one event without a person or a timer in between.

For example, instance A answers each message of B, and B answers each message of A: without a limit they
would never stop. Where a signal reaches many instances that all answer, their number would grow as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

MOST_HOPS = 50
"""The most events in a row, each thrown because of the one before it."""
MOST_EVENTS = 1_000
"""The most events that may follow from one that a person or a timer threw. Events that are thrown at once
share what is left."""
_KEY = "event chain"


@dataclass(frozen=True, slots=True)
class Chain:
    """How far an event is from the one with which its chain began."""

    hops: int
    """Its place in the row; 1 for the first event."""
    left: int
    """How many events may still follow."""

    @property
    def is_over(self) -> bool:
        return self.hops > MOST_HOPS or self.left < 1

    def divided(self, count: int) -> Chain:
        """The share of one of `count` deliveries of a signal. The first event of a chain is not shared: each
        of its receivers may cause all that is left."""
        if self.hops == 1:
            return self
        return Chain(self.hops, self.left // max(1, count))

    def next(self, count: int) -> Chain:
        """The chain of each of `count` events that the delivery threw."""
        return Chain(self.hops + 1, self.left // max(1, count))

    def payload(self) -> dict[str, int]:
        return {"hops": self.hops, "left": self.left}


def begun() -> Chain:
    """The chain of an event that a person or a timer threw."""
    return Chain(1, MOST_EVENTS)


def of(payload: Mapping[str, Any]) -> Chain:
    """The chain of an event of the outbox. An event that an earlier version wrote begins a chain."""
    return Chain(payload.get("hops", 1), payload.get("left", MOST_EVENTS))


def carry(session: Session, chain: Chain | None) -> None:
    """Remembers in the session that the events thrown from now on follow from this chain; None ends that."""
    session.info[_KEY] = chain


def thrown(session: Session, count: int) -> Chain:
    """The chain of each of `count` events that an instance throws at once."""
    chain: Chain | None = session.info.get(_KEY)
    if chain is None:
        return begun()
    return chain.next(count)
