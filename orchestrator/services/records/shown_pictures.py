"""Photographs as a page and a printed dossier show them: downsized when they are looked at, the last ones
kept in memory."""

from __future__ import annotations

from functools import lru_cache

from orchestrator.services.records import attachments, pictures

SMALL = 320
LARGE = 1600
PRINTED = 900
"""Pixels of the longer side."""
MOST_SMALL_KEPT = 200
MOST_LARGE_KEPT = 40
"""Each is some hundred kilobytes."""


def picture(sha256: str, name: str, edge: int) -> bytes:
    """A JPEG of the photograph, no longer than `edge`.

    Raises NotFound, StorageAway, PicturesBusy, and AttachmentRefused for what cannot be read as a photograph.
    """
    if edge == SMALL:
        return _small(sha256, name)
    if edge == LARGE:
        return _large(sha256, name)
    return pictures.for_looking(attachments.read(sha256), name, edge)


@lru_cache(MOST_SMALL_KEPT)
def _small(sha256: str, name: str) -> bytes:
    return pictures.for_looking(attachments.read(sha256), name, SMALL)


@lru_cache(MOST_LARGE_KEPT)
def _large(sha256: str, name: str) -> bytes:
    return pictures.for_looking(attachments.read(sha256), name, LARGE)
