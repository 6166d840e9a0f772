"""Attachments as files of a folder, on the disk before any row names them."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

PIECE = 1024 * 1024
"""Bytes that are read at a time."""


class FilesOfFolder:
    """A storage whose root is a folder; storage.Storage says what each method does."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def renew(self, name: str) -> bool:
        try:
            os.utime(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def put(self, name: str, content: bytes) -> None:
        """The file and its entry in the folder are flushed when this returns."""
        self._put(name, lambda target: target.write(content))

    def put_file(self, name: str, file: Path) -> None:
        """Does what `put` does, with the content of another file."""
        with file.open("rb") as source:
            self._put(
                name,
                lambda target: shutil.copyfileobj(source, target, PIECE),
            )

    def _put(self, name: str, write: Callable[[BinaryIO], object]) -> None:
        path = self._path(name)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(f".{secrets.token_hex(8)}")
        try:
            part.touch(mode=0o600)
            with part.open("wb") as target:
                write(target)
                target.flush()
                os.fsync(target.fileno())
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        _flush(path.parent)
        _flush(path.parent.parent)

    def chunks(self, name: str) -> Iterator[bytes] | None:
        try:
            source = self._path(name).open("rb")
        except FileNotFoundError:
            return None
        return _pieces(source)

    def get(self, name: str) -> bytes | None:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def move(self, name: str, to: str) -> bool:
        try:
            self._path(name).replace(self._path(to))
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def entries(self) -> Iterator[tuple[str, datetime]]:
        for folder in sorted(self.root.glob("??")):
            if folder.is_dir():
                yield from _files(folder)

    def _path(self, name: str) -> Path:
        return self.root / name[:2] / name


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    with source:
        while piece := source.read(PIECE):
            yield piece


def _files(folder: Path) -> Iterator[tuple[str, datetime]]:
    for path in sorted(folder.iterdir()):
        try:
            changed = path.stat().st_mtime
        except FileNotFoundError:
            continue
        yield path.name, datetime.fromtimestamp(changed, UTC)


def _flush(folder: Path) -> None:
    """The folder's entries reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
