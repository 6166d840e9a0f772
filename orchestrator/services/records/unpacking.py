"""A ZIP file that somebody uploaded, unpacked within bounds: sizes that it tells of itself need not be
true."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from functools import partial

_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What office programs write. The library unpacks the other kinds whole before it counts."""
_PIECE = 64 * 1024
_ENTRY = b"PK\x01\x02"
"""What an entry of a file's list of contents begins with."""
MOST_ENTRIES = 10_000
"""Office programs write some dozens. The library reads the whole list, 200,000 in three seconds."""
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
)


class NoArchive(Exception):
    """It is no ZIP file, a damaged one, or one of an unusual kind."""


class ArchiveTooLarge(Exception):
    """It holds more files, or more bytes, than are looked at."""


def names(content: bytes) -> Sequence[str]:
    """Names of the files in it. Raises NoArchive, also for more than MOST_ENTRIES."""
    if _is_long(content):
        raise NoArchive
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.namelist()
    except _DAMAGED as broken:
        raise NoArchive from broken


def files(content: bytes, most: int, most_bytes: int) -> dict[str, bytes]:
    """Name → content of each file in it. Raises NoArchive, and ArchiveTooLarge for more than `most` files or
    `most_bytes` bytes together; no more than these are ever in memory."""
    if _is_long(content):
        raise ArchiveTooLarge
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [
                member for member in archive.infolist() if not member.is_dir()
            ]
            told = sum(member.file_size for member in members)
            if len(members) > most or told > most_bytes:
                raise ArchiveTooLarge
            return {
                member.filename: _unpacked(archive, member)
                for member in members
            }
    except _DAMAGED as broken:
        raise NoArchive from broken


def _is_long(content: bytes) -> bool:
    return content.count(_ENTRY) > MOST_ENTRIES


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The file as long as it says to be: in pieces, the library ends there and never unpacks the rest."""
    if member.compress_type not in _KINDS:
        raise NoArchive
    with archive.open(member) as packed:
        return b"".join(iter(partial(packed.read, _PIECE), b""))
