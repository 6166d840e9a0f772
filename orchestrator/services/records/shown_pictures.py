"""Photographs as a page and a printed dossier show them: downsized when they are looked at, the last ones
kept in memory."""

from __future__ import annotations

from functools import lru_cache

from orchestrator.services.records import attachments, pictures

SMALL = 320
LARGE = 1600
PRINTED = 900
"""Pixels of the longer side."""
MOST_KEPT = 200


def picture(sha256: str, name: str, edge: int) -> bytes:
    """A JPEG of the photograph, no longer than `edge`. Raises NotFound, and AttachmentRefused for what cannot
    be read as a photograph."""
    if edge <= SMALL:
        return _small(sha256, name)
    return pictures.downsized(attachments.read(sha256), name, edge)


@lru_cache(MOST_KEPT)
def _small(sha256: str, name: str) -> bytes:
    return pictures.downsized(attachments.read(sha256), name, SMALL)
