"""Flows that an administrator chose in a finished instance: a replay takes them where no condition is true,
as the instance did."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from orchestrator import engine
from orchestrator.engine import commands as c
from orchestrator.store.instances import HistoryEntry


class ChosenFlows:
    """What was chosen at each element, in order."""

    def __init__(self, entries: Iterable[HistoryEntry]) -> None:
        self._left: dict[str, deque[str]] = {}
        for entry in entries:
            if entry.kind == "flow-chosen":
                self._left.setdefault(entry.element_id or "", deque()).append(
                    str(entry.data.get("flow", "")),
                )

    def advance(
        self,
        definition: engine.Definition,
        state: bytes | None,
        command: c.Command,
        now: datetime,
        environment: engine.Environment,
    ) -> engine.Outcome:
        """As `engine.advance`; where an element has no flow to take, the one that was chosen there. Raises
        EngineError."""
        try:
            return engine.advance(definition, state, command, now, environment)
        except engine.EngineError as stuck:
            left = self._left.get(stuck.element_id or "")
            if stuck.kind != "no-flow-taken" or not left or state is None:
                raise
            chosen = c.ChooseFlow(stuck.element_id or "", left.popleft())
            try:
                before = engine.advance(
                    definition,
                    state,
                    chosen,
                    now,
                    environment,
                )
            except engine.UnknownTask:
                raise stuck from None
            return self.advance(
                definition,
                before.state,
                command,
                now,
                environment,
            )
