"""Messages and signals that set off others, nobody doing anything in between: how far that may go.

Instances that answer one another without a person or a clock would do so for ever, and where one answers
twice or many hear it they would be ever more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

MOST_HOPS = 50
"""Events of which each was thrown because of the one before it."""
MOST_EVENTS = 1_000
"""Events that may follow from one that a person or a timer set off; several thrown at once divide what is
left."""
_KEY = "event chain"


@dataclass(frozen=True, slots=True)
class Chain:
    """Where an event on its way stands."""

    hops: int
    left: int

    @property
    def is_over(self) -> bool:
        return self.hops > MOST_HOPS or self.left < 1

    def divided(self, count: int) -> Chain:
        """For each of so many deliveries of a signal; who hears one that somebody set off has the whole."""
        if self.hops == 1:
            return self
        return Chain(self.hops, self.left // max(1, count))

    def next(self, count: int) -> Chain:
        """For each of so many events that the delivery set off."""
        return Chain(self.hops + 1, self.left // max(1, count))

    def payload(self) -> dict[str, int]:
        return {"hops": self.hops, "left": self.left}


def begun() -> Chain:
    """Of an event that a person or a timer set off."""
    return Chain(1, MOST_EVENTS)


def of(payload: Mapping[str, Any]) -> Chain:
    """The chain of an event in the outbox; those of earlier versions begin one."""
    return Chain(payload.get("hops", 1), payload.get("left", MOST_EVENTS))


def carry(session: Session, chain: Chain | None) -> None:
    """What is thrown in this session from now on follows from that event; from none with None."""
    session.info[_KEY] = chain


def thrown(session: Session, count: int) -> Chain:
    """For each of so many events that an instance throws at once."""
    chain: Chain | None = session.info.get(_KEY)
    if chain is None:
        return begun()
    return chain.next(count)
