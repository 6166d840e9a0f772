"""Files that hold personal data or secrets are their owner's alone, whatever modes an earlier start left them
with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from orchestrator.settings import Settings

_OTHERS = 0o077
"""The permissions of the group and of everybody."""


def tighten(settings: Settings) -> int:
    """Takes the permissions of others from the var directory, the database, attachments and logs; returns how
    many had any.

    Files of another owner are left alone: their owner decides.
    """
    return sum(_close(path) for path in _kept(settings))


def _kept(settings: Settings) -> Iterator[Path]:
    yield settings.var_dir
    for name in ("attachments", "log"):
        folder = settings.var_dir / name
        yield folder
        yield from folder.rglob("*")
    address = sa.make_url(settings.database_url)
    if address.get_backend_name() == "sqlite" and address.database:
        file = Path(address.database)
        yield from (
            file.with_name(file.name + ending)
            for ending in ("", "-wal", "-shm", "-journal")
        )


def _close(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(mode & ~_OTHERS & 0o7777)
            return True
    return False
