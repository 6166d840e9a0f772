"""Timers that stand still with their step's suspended deadline, where a matter runs in memory; the office keeps them in the clock's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from orchestrator import engine
from orchestrator.engine import commands as c


@dataclass
class StoppedTimers:
    """Of one matter."""

    left: dict[str, timedelta] = field(default_factory=dict)
    """Timer → what it had left."""

    def stop(
        self,
        step: engine.StepTimers,
        timers: Mapping[str, c.TimerSet],
        is_suspended: Callable[[str], bool],
        now: datetime,
    ) -> None:
        """Stops those of the step's timers that run; common ones when all who do the step are suspended."""
        for timer in (*step.own, *(step.shared if all(map(is_suspended, step.beside)) else ())):
            if timer in timers and timer not in self.left:
                self.left[timer] = max(timedelta(0), timers[timer].due_at - now)

    def go_on(self, step: engine.StepTimers, timers: Mapping[str, c.TimerSet], now: datetime) -> dict[str, c.TimerSet]:
        """The step's timers that stood still, as they go on."""
        stopped = [each for each in (*step.own, *step.shared) if each in self.left and each in timers]
        return {each: replace(timers[each], due_at=now + self.left.pop(each)) for each in stopped}
