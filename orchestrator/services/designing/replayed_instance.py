"""What the replay of a finished instance runs on: an instance in memory, with the bodies that the registers
know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.services.designing.chosen_flows import ChosenFlows
from orchestrator.services.execution.candidates import MissingCandidate
from orchestrator.services.execution.instance import Instance
from orchestrator.services.execution.memory import MemoryInstance
from orchestrator.services.execution.persistence.candidate_bodies import (
    resolve_groups,
)
from orchestrator.store.people import Person

Resolved = tuple[list[str], list[MissingCandidate]]
"""Ids of bodies, and groups that mean none."""


@dataclass(kw_only=True)
class ReplayedInstance(MemoryInstance):
    chosen: ChosenFlows

    def advance(self, command: c.Command) -> engine.Outcome:
        """As the engine does; where an element has no flow to take, by the one that was chosen there. Raises
        EngineError."""
        return self.chosen.advance(
            self.bundle.definition,
            self.engine_state,
            command,
            self.now,
            self.environment,
        )


class CachedCandidates:
    """Whom tasks are offered to, as the registers say today; what was looked up once is kept for all replays
    of one draft."""

    def __init__(self, session: Session, cache: dict[Any, Resolved]) -> None:
        self._session = session
        self._cache = cache
        self._people: dict[tuple[str, str], int | None] = {}

    def bodies(self, instance: Instance, groups: Iterable[str]) -> Resolved:
        """Ids of the bodies the groups mean for this instance, and the groups that mean none."""
        wanted = tuple(groups)
        key = (instance.territory_path, wanted)
        if key not in self._cache:
            self._cache[key] = resolve_groups(self._session, instance, wanted)
        return self._cache[key]

    def users(self, instance: Instance, usernames: Iterable[str]) -> list[str]:
        """Candidates `user:NAME`."""
        return [f"user:{name}" for name in usernames]

    def person_id(
        self, instance: Instance, username: str | None
    ) -> int | None:
        """None when nobody in the instance's jurisdiction has that name."""
        if username is None:
            return None
        key = (instance.tenant_id, username)
        if key not in self._people:
            query = sa.select(Person.id).where(
                Person.tenant_id == instance.tenant_id,
                Person.username == username,
            )
            self._people[key] = self._session.scalar(query)
        return self._people[key]

    def named(
        self,
        instance: Instance,
        text: str,
        bodies: Sequence[str],
    ) -> int | None:
        """Nobody: to whom a step was given by name is not compared."""
        return None

    def any_at_work(
        self,
        instance: Instance,
        usernames: Iterable[str],
        bodies: Iterable[str],
    ) -> bool:
        """True: who is at work today does not instance for what was done then."""
        return True

    def names(self, bodies: Iterable[str]) -> list[str]:
        """The bodies' ids."""
        return list(bodies)
