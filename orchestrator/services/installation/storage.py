"""Where the attachments' bytes are: files of the var directory, or objects of an S3-compatible store.

Both keep the same names below their root, `ab/abcd…`, so that any tool can copy files from one to the
other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from orchestrator.services.installation import database
from orchestrator.services.installation.storage_folder import FilesOfFolder
from orchestrator.storage_settings import Bucket


class Storage(Protocol):
    """Whole contents by name. Every method raises StorageAway when the store cannot be reached, and OSError
    when the disk refuses."""

    def has(self, name: str) -> bool:
        """Whether it is there."""

    def renew(self, name: str) -> bool:
        """Whether it is there; it then counts as written lately."""

    def put(self, name: str, content: bytes) -> None:
        """The content is kept, whole and for good, when this returns."""

    def put_file(self, name: str, file: Path) -> None:
        """As `put`, with the content of a file that does not fit into memory."""

    def chunks(self, name: str) -> Iterator[bytes] | None:
        """The content a piece at a time; None where there is none."""

    def get(self, name: str) -> bytes | None:
        """The content; None where there is none."""

    def move(self, name: str, to: str) -> bool:
        """Gives it another name; False where there is none. Whoever looks meanwhile finds it under one of the
        two."""

    def remove(self, name: str) -> None:
        """Removes it, where it is there."""

    def entries(self) -> Iterator[tuple[str, datetime]]:
        """Name and last change of everything, also of what was left half-written."""


def here() -> Storage:
    """The storage of this installation."""
    settings = database.settings()
    if settings.bucket is not None:
        return _objects(settings.bucket)
    return FilesOfFolder(settings.var_dir / "attachments")


@lru_cache(maxsize=4)
def _objects(bucket: Bucket) -> Storage:
    # The library takes 20 MB of a process: only installations that keep attachments there have it.
    from orchestrator.services.installation.storage_bucket import (
        ObjectsOfBucket,
    )

    return ObjectsOfBucket(bucket)
