"""A process instance of a scenario in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.services.execution.memory import MemoryInstance


@dataclass(kw_only=True)
class Simulated(MemoryInstance):
    process: str
    about: str | None
    failing: dict[str, str] = field(default_factory=dict)
    """Service task → business error that its next run reports."""

    @property
    def place(self) -> str:
        """Code of its territory."""
        return self.territory_path.strip("/").split("/")[-1]
