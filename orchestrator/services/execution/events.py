"""Messages and signals between instances: when an undelivered one is tried again, and how they travel in
memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from orchestrator.engine import commands as c
from orchestrator.services.execution.memory import MemoryInstance

MAX_ATTEMPTS = 20
"""Deliveries tried before a message that nobody waits for is given up: some fourteen hours."""

Deliver = Callable[[str, c.DeliverMessage | c.DeliverSignal], None]
"""deliver(instance id, command)"""

Begin = Callable[[c.MessageThrown | c.SignalThrown, str], int]
"""begin(event, id of its thrower): starts the processes that the event starts; how many."""


def retry_at(now: datetime, attempts: int) -> datetime:
    """When a message that so many attempts have not delivered is tried again."""
    return now + min(timedelta(seconds=10 * 2**attempts), timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event on its way."""

    effect: c.MessageThrown | c.SignalThrown
    thrower: str
    """Id of the instance that threw it."""
    available_at: datetime
    attempts: int = 0


class MemoryEvents:
    """The events between the instances of one scenario; the outbox carries them between those of the
    database."""

    def __init__(self, waiting: Iterable[Waiting] = ()) -> None:
        self._waiting = list(waiting)

    def waiting(self) -> list[Waiting]:
        """The events that nobody has got yet."""
        return list(self._waiting)

    def throw(
        self,
        effects: Iterable[c.MessageThrown | c.SignalThrown],
        thrower: str,
        now: datetime,
    ) -> None:
        """Takes the events of an instance on."""
        self._waiting += [Waiting(effect, thrower, now) for effect in effects]

    def relay(
        self,
        instances: Mapping[str, MemoryInstance],
        deliver: Deliver,
        now: datetime,
        begin: Begin,
    ) -> None:
        """Delivers what waits, and what comes of it, until nobody waits for what is left."""
        while due := [
            event for event in self._waiting if event.available_at <= now
        ]:
            for event in due:
                self._waiting.remove(event)
                if isinstance(event.effect, c.SignalThrown):
                    self.broadcast(
                        event.effect,
                        event.thrower,
                        instances,
                        deliver,
                    )
                    begin(event.effect, event.thrower)
                elif not self.send(
                    event.effect,
                    instances,
                    deliver,
                ) and not begin(event.effect, event.thrower):
                    self._put_off(event, now)

    def _put_off(self, event: Waiting, now: datetime) -> None:
        if event.attempts + 1 < MAX_ATTEMPTS:
            later = replace(
                event,
                available_at=retry_at(now, event.attempts),
                attempts=event.attempts + 1,
            )
            self._waiting.append(later)

    def broadcast(
        self,
        effect: c.SignalThrown,
        thrower: str,
        instances: Mapping[str, MemoryInstance],
        deliver: Deliver,
    ) -> int:
        """To every instance that waits for the signal, except to its thrower, whose own events have heard it;
        how many these are."""
        waiting = [
            instance_id
            for instance_id, instance in instances.items()
            if instance_id != thrower
            and any(
                subscription.kind == "signal"
                and subscription.name == effect.name
                for subscription in instance.subscriptions.values()
            )
        ]
        for instance_id in waiting:
            deliver(
                instance_id,
                c.DeliverSignal(effect.name, effect.variables),
            )
        return len(waiting)

    def send(
        self,
        message: c.MessageThrown,
        instances: Mapping[str, MemoryInstance],
        deliver: Deliver,
    ) -> bool:
        """To the one instance that waits for the message under its correlation key; whether there is one."""
        for instance_id, instance in instances.items():
            for subscription in instance.subscriptions.values():
                wanted = (
                    subscription.kind,
                    subscription.name,
                    subscription.correlation,
                )
                if wanted == ("message", message.name, message.correlation):
                    deliver(
                        instance_id,
                        c.DeliverMessage(
                            message.name,
                            subscription.subscription_id,
                            message.variables,
                        ),
                    )
                    return True
        return False
