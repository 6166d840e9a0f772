"""A package as one ZIP file: the same files give the same bytes, so that any changed byte of it can be
found."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say

_DAY = (1980, 1, 1, 0, 0, 0)
MOST_FILES = 20_000
MOST_BYTES = 4 * 1024**3
"""Of a file to be checked; what is larger was not made here."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """The ZIP file with these files, in the order of their paths and not compressed."""
    target = io.BytesIO()
    write(target, files, files.__getitem__)
    return target.getvalue()


def write(
    target: BinaryIO,
    paths: Iterable[str],
    content_of: Callable[[str], bytes],
) -> None:
    """Writes the ZIP file as `packed` gives it, one file's content in memory at a time."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(paths):
            info = zipfile.ZipInfo(path, _DAY)
            # As on every system, whatever this one is.
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content_of(path))


def read(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a ZIP file or of a folder, and what of the ZIP's own shape was changed. Raises
    RuleViolated for what is neither."""
    if path.is_dir():
        return _of_folder(path), []
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RuleViolated([say("{file} 太大，不是归档包", file=path)])
        content = path.read_bytes()
    except OSError as reason:
        raise RuleViolated(
            [say("{file} 读不出：{reason}", file=path, reason=reason.strerror)]
        ) from None
    return _of_zip(path, content)


def _of_folder(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _of_zip(path: Path, content: bytes) -> tuple[dict[str, bytes], list[str]]:
    damaged = say("{file} 已经损坏，或者不是归档包", file=path)
    files: dict[str, bytes] = {}
    findings = []
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            declared = sum(member.file_size for member in members)
            # What is packed here is not compressed.
            compressed = any(
                member.compress_type != zipfile.ZIP_STORED
                for member in members
            )
            if (
                compressed
                or len(members) > MOST_FILES
                or declared > len(content)
            ):
                raise RuleViolated([damaged])
            for member in members:
                if member.filename in files:
                    findings.append(
                        say("文件 {path} 有两份", path=member.filename)
                    )
                try:
                    files[member.filename] = archive.read(member)
                except zipfile.BadZipFile:
                    findings.append(
                        say("文件 {path} 已经损坏", path=member.filename)
                    )
                    files[member.filename] = b""
    except RuleViolated:
        raise
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ):
        raise RuleViolated([damaged]) from None
    if not findings and packed(files) != content:
        findings.append(say("压缩包本身被改动，或者由别的程序重新打包"))
    return files, findings
