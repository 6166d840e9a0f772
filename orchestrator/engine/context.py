"""What a command sees of the world while it runs, and what it has told the world so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.engine import commands as c


@dataclass(slots=True)
class CommandContext:
    now: datetime
    """Aware; nothing in the engine looks at a clock."""
    environment: c.Environment
    own_clock: bool = False
    """Whether a timer fires by itself once `now` has passed it. False where a clock row decides and FireTimer
    comes."""
    effects: list[c.Effect] = field(default_factory=list)
    """In the order they happened."""
    steps: int = 0
    """Engine steps so far; see Environment.max_steps."""
    visits: int = 0
    """How often a running subprocess was looked at; see Environment.max_visits."""
    last_end: str | None = None
    """Id of the element at which a branch ended last: an end event, or one that nothing follows."""
    how: str = "completed"
    """How the instance ends: `completed`, `terminated` or `error`."""
    error_code: str | None = None

    def tell(self, effect: c.Effect) -> None:
        """Adds an effect."""
        self.effects.append(effect)
