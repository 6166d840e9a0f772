"""Attachments: bytes stand outside the database under their hash; type and size are checked by content, not by name alone."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from pathlib import Path, PurePath
from zipfile import BadZipFile, ZipFile

from orchestrator.errors import AttachmentRefused, NotFound
from orchestrator.services.database import settings
from orchestrator.services.ids import new_id
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment

_ZIP = b"PK\x03\x04"
_INSIDE = {".docx": "word/", ".xlsx": "xl/", ".ofd": "OFD.xml"}
"""Extension → the part that such an archive has and another one has not."""
_OLE = b"\xd0\xcf\x11\xe0"
TYPES: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIP),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIP),
    ".ofd": ("application/ofd", _ZIP),
    ".doc": ("application/msword", _OLE),
    ".xls": ("application/vnd.ms-excel", _OLE),
    ".wps": ("application/vnd.ms-works", _OLE),
}
"""Extension → content type and the bytes such a file begins with."""


def keep(content: bytes, filename: str, field_key: str, tenant_id: str, by: int, now: datetime) -> str:
    """Keeps an uploaded file and returns the attachment's id. Raises AttachmentRefused with what to do."""
    name = _clean(filename)
    kind = TYPES.get(PurePath(name).suffix.lower())
    if kind is None:
        raise AttachmentRefused(name, f"「{name}」的类型不能上传，请转为 {'、'.join(sorted(ext[1:] for ext in TYPES))} 之一")
    limit = settings().max_attachment_mb
    if len(content) > limit * 1024 * 1024:
        raise AttachmentRefused(name, f"「{name}」超过 {limit} MB，请压缩或拆分后上传")
    if not content.startswith(kind[1]) or not _has_inside(content, PurePath(name).suffix.lower()):
        raise AttachmentRefused(name, f"「{name}」的内容与扩展名不符，请确认文件没有损坏或改名")
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    if not path.exists():
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(f".{new_id(now)}")
        part.touch(mode=0o600)
        part.write_bytes(content)
        part.replace(path)
    with transaction() as session:
        row = Attachment(
            id=new_id(now),
            tenant_id=tenant_id,
            field_key=field_key,
            filename=name,
            content_type=kind[0],
            size=len(content),
            sha256=digest,
            uploaded_by=by,
            uploaded_at=now,
        )
        session.add(row)
        session.flush()
        return row.id


def read(sha256: str) -> bytes:
    """The bytes of an attachment. Raises NotFound, AttachmentRefused when the disk no longer holds what was uploaded."""
    path = _path(sha256)
    if not path.exists():
        raise NotFound(sha256)
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise AttachmentRefused(sha256, "附件内容与上传时的校验值不符，请联系管理员从备份恢复")
    return content


def _clean(filename: str) -> str:
    """The last part of what a browser calls the file, without what no file name holds; at most 200 characters, extension kept."""
    name = PurePath(filename.replace("\\", "/")).name
    name = "".join(each for each in name if each.isprintable())
    suffix = PurePath(name).suffix
    return name if len(name) <= 200 else name[: 200 - len(suffix)] + suffix


def _has_inside(content: bytes, suffix: str) -> bool:
    part = _INSIDE.get(suffix)
    if part is None:
        return True
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith(part) for name in archive.namelist())
    except BadZipFile:
        return False


def _path(digest: str) -> Path:
    return settings().var_dir / "attachments" / digest[:2] / digest
