"""How much room the disk under GRIDFLOW_VAR_DIR has."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from orchestrator.services.installation.database import settings

SCARCE_MB = 1024
"""With less room than this, somebody should make some."""


@dataclass(frozen=True, slots=True)
class Room:
    free_mb: int
    total_mb: int

    @property
    def scarce(self) -> bool:
        return self.free_mb < SCARCE_MB

    @property
    def free(self) -> str:
        return _in_words(self.free_mb)

    @property
    def total(self) -> str:
        return _in_words(self.total_mb)


def room() -> Room:
    """The room now: attachments and, with SQLite, the database are written there."""
    row = shutil.disk_usage(settings().var_dir)
    return Room(row.free // 1024**2, row.total // 1024**2)


def _in_words(megabytes: int) -> str:
    """The amount in the unit in which it is a short number."""
    if megabytes >= 10 * 1024:
        return f"{megabytes / 1024:.0f} GB"
    return f"{megabytes} MB"
