"""What kind of file an upload is: its name, its type and its length are checked by content, not by name
alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from orchestrator.errors import AttachmentRefused
from orchestrator.sentences import joined, say
from orchestrator.services.installation.database import settings
from orchestrator.services.records import heic, recordings, unpacking

_ZIP = b"PK\x03\x04"
INSIDE = {".docx": "word/", ".xlsx": "xl/", ".ofd": "OFD.xml"}
"""Extension → the part that such an archive has and another one has not."""
_OLE = b"\xd0\xcf\x11\xe0"
TYPES: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".webp": ("image/webp", b"RIFF"),
    ".mp4": ("video/mp4", b""),
    ".mov": ("video/quicktime", b""),
    ".m4a": ("audio/mp4", b""),
    ".mp3": ("audio/mpeg", b""),
    ".wav": ("audio/wav", b"RIFF"),
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        _ZIP,
    ),
    ".xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ZIP,
    ),
    ".ofd": ("application/ofd", _ZIP),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".wps": ("application/vnd.ms-works", _OLE),
}
"""Extension → content type and the bytes such a file begins with; recordings are told by their parts."""


@dataclass(frozen=True, slots=True)
class ExaminedFile:
    """A file that may be uploaded."""

    name: str
    content_type: str


def may_be_named(name: str) -> bool:
    """Whether a file of that name may be uploaded, as far as its ending tells."""
    ending = PurePath(name).suffix.lower()
    return ending in TYPES or ending in heic.ENDINGS


def examine(content: bytes, filename: str) -> ExaminedFile:
    """The file's name and type as they would be kept. Raises AttachmentRefused with what to do."""
    name = _clean(filename)
    if PurePath(name).suffix.lower() in heic.ENDINGS:
        # One that is what its name says has become a JPEG by now.
        raise _unlike_its_name(name)
    kind = TYPES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise AttachmentRefused(
            name,
            say(
                "“{name}”的类型不能上传，请转为 {names} 之一",
                name=name,
                names=joined("、", sorted(_endings())),
            ),
        )
    if not content:
        raise AttachmentRefused(
            name,
            say(
                "“{name}”是空文件（0 字节），请确认选对了文件，或重新导出后再传",
                name=name,
            ),
        )
    require_size(content, name)
    suffix = PurePath(name).suffix.lower()
    if kind[0].startswith(("video/", "audio/")):
        _require_short(content, name, suffix, kind[0])
        return ExaminedFile(name, kind[0])
    if not content.startswith(kind[1]) or not holds(content, suffix):
        raise _unlike_its_name(name)
    return ExaminedFile(name, kind[0])


def _endings() -> list[str]:
    return [ending[1:] for ending in (*TYPES, *heic.ENDINGS)]


def require_size(content: bytes, name: str) -> None:
    """Raises AttachmentRefused for more than an upload may hold."""
    limit = settings().max_attachment_mb
    if len(content) > limit * 1024 * 1024:
        raise AttachmentRefused(
            name,
            say(
                "“{name}”超过 {limit} MB，请压缩或拆分后上传",
                name=name,
                limit=limit,
            ),
        )


def _unlike_its_name(name: str) -> AttachmentRefused:
    return AttachmentRefused(
        name,
        say(
            "“{name}”的内容与扩展名不符，请确认文件没有损坏或改名",
            name=name,
        ),
    )


def _require_short(
    content: bytes,
    name: str,
    suffix: str,
    content_type: str,
) -> None:
    """Raises AttachmentRefused for what is no such recording, and for one that plays too long."""
    seconds = recordings.seconds_of(content, suffix)
    if seconds is None:
        raise _unlike_its_name(name)
    longest = recordings.LONGEST_VOICE_SECONDS
    if content_type.startswith("video/"):
        longest = recordings.LONGEST_VIDEO_SECONDS
    if seconds > longest:
        raise AttachmentRefused(
            name,
            say(
                "“{name}”长 {seconds} 秒，最长 {longest} 秒，请截短后上传",
                name=name,
                seconds=round(seconds),
                longest=longest,
            ),
        )


def _clean(filename: str) -> str:
    """The last part of what a browser calls the file, without what no file name holds; at most 200
    characters, extension kept."""
    name = PurePath(filename.replace("\\", "/")).name
    name = "".join(value for value in name if value.isprintable())
    suffix = PurePath(name).suffix
    if len(name) <= 200:
        return name
    return name[: 200 - len(suffix)] + suffix


def holds(content: bytes, suffix: str) -> bool:
    """Whether the file has the part that files of that extension have."""
    if suffix == ".webp":
        return content[8:12] == b"WEBP"
    part = INSIDE.get(suffix)
    if part is None:
        return True
    try:
        names = unpacking.names(content)
    except unpacking.NoArchive:
        return False
    return any(name.startswith(part) for name in names)
