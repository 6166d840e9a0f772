"""Folders that all processes of one test run share: the first that needs one makes it, the others wait."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

DONE = ".done"


def shared(base: Path, name: str, make: Callable[[Path], object]) -> Path:
    """The run's folder of that name, filled by `make` once; nobody writes into it afterwards.
    `base`: pytest's base of temporary folders in this process. What a `make`
    that raised has left is taken away by the next process."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    folder = base / f"shared-{name}"
    with (base / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            (folder / DONE).touch()
    return folder


def copy(source: Path, target: Path) -> None:
    """What stands in the shared folder, with its modes, into a folder that may be there."""
    shutil.copytree(
        source,
        target,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(DONE),
    )
