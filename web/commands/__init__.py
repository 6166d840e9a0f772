"""The `flask` commands that ./gridflow forwards to: each one call into services, as a job is."""

from __future__ import annotations

from web.commands import (
    archives,
    backups,
    cities,
    heads,
    holidays,
    people,
    preparing,
    processes,
    records,
    upgrades,
)

MODULES = (
    archives,
    backups,
    cities,
    heads,
    holidays,
    people,
    preparing,
    processes,
    records,
    upgrades,
)
