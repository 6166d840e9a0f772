"""The attachments' bytes: one file for each content, named by its SHA-256, on the disk before any row names
it.

A sweep and an upload of the same content may meet. The sweep moves a file aside before it looks for a row,
and the upload looks for the file after its row is committed: one of the two always sees the other.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.services.installation.database import settings
from orchestrator.services.records.ids import new_id

Named = Callable[[Collection[str]], set[str]]
"""Digests → those that a row names."""

LEFT_OVER = timedelta(days=1)
"""Age at which a file without a row, or half a file, is nobody's any more."""
_DIGEST = re.compile("[0-9a-f]{64}")
_ASIDE = ".gone"


def write(digest: str, content: bytes, now: datetime) -> None:
    """The content is on the disk, whole, when this returns: the file and its entry in the folder are flushed.
    OSError as it comes."""
    path = _path(digest)
    if path.exists():
        os.utime(path)
        return
    for folder in (path.parent.parent, path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_suffix(f".{new_id(now)}")
    try:
        part.touch(mode=0o600)
        with part.open("wb") as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    _flush(path.parent)
    _flush(path.parent.parent)


def read(digest: str) -> bytes | None:
    """The bytes; None when there is no such file."""
    try:
        return _path(digest).read_bytes()
    except FileNotFoundError:
        return None


def let_go(digest: str, named: Named) -> None:
    """Removes the file unless a row names it."""
    path = _path(digest)
    aside = path.with_suffix(_ASIDE)
    try:
        path.replace(aside)
    except FileNotFoundError:
        return
    _decide(aside, path, named)


def sweep(now: datetime, named: Named) -> None:
    """Removes half-written files and files without a row that are older than LEFT_OVER."""
    before = (now - LEFT_OVER).timestamp()
    for folder in sorted(each for each in _root().glob("??") if each.is_dir()):
        old = [path for path in folder.iterdir() if _changed(path) < before]
        whole = {path.name for path in old if _DIGEST.fullmatch(path.name)}
        for digest in whole - named(whole):
            let_go(digest, named)
        for path in old:
            if path.suffix == _ASIDE:
                _decide(path, path.with_suffix(""), named)
            elif path.name not in whole:
                path.unlink(missing_ok=True)


def _decide(aside: Path, path: Path, named: Named) -> None:
    if named({path.name}):
        aside.replace(path)
    else:
        aside.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _flush(folder: Path) -> None:
    """The folder's entries reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _root() -> Path:
    return settings().var_dir / "attachments"


def _path(digest: str) -> Path:
    return _root() / digest[:2] / digest
