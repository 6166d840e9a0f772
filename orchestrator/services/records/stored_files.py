"""The attachments' bytes: one file for each content, named by its SHA-256, kept before any row names it.

A sweep and an upload of the same content may meet. The sweep moves a file aside before it looks for a row,
and the upload looks for the file after its row is committed: one of the two always sees the other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.errors import AttachmentRefused, StorageAway
from orchestrator.sentences import say
from orchestrator.services.installation import storage

Named = Callable[[Collection[str]], set[str]]
"""Digests → those that a row names."""

LEFT_OVER = timedelta(days=1)
"""Age at which a file without a row, or half a file, is nobody's any more."""
_DIGEST = re.compile("[0-9a-f]{64}")
_LOG = logging.getLogger("gridflow.attachments")
_ASIDE = ".gone"
_AT_ONCE = 500
"""Digests that are looked for in one query."""


def write(digest: str, content: bytes) -> None:
    """The content is kept, whole, when this returns. Raises StorageAway; OSError as it comes."""
    files = storage.here()
    if not files.renew(digest):
        files.put(digest, content)


def write_file(digest: str, file: Path) -> None:
    """As `write`, with the content of a file that does not fit into memory."""
    files = storage.here()
    if not files.renew(digest):
        files.put_file(digest, file)


def write_content(filename: str, digest: str, content: bytes) -> None:
    """As `write`, for a file of a form. Raises AttachmentRefused while the store is away: what else was typed
    is kept with the form."""
    try:
        write(digest, content)
    except StorageAway as away:
        _LOG.warning("the attachment store is away: %s", away.reason)
        raise AttachmentRefused(
            filename,
            say(
                "附件存储暂时不可用，“{name}”没有保存，表单里填写的内容都还在。"
                "请过几分钟重新选择文件提交；如果一直如此，请告诉管理员",
                name=filename,
            ),
        ) from away


def read(digest: str) -> bytes | None:
    """The bytes; None when there is no such file. Raises StorageAway."""
    return storage.here().get(digest)


def chunks(digest: str) -> Iterator[bytes] | None:
    """The bytes a piece at a time; None when there is no such file. Raises StorageAway."""
    return storage.here().chunks(digest)


def is_kept(digest: str) -> bool:
    """Whether there is such a file. Raises StorageAway."""
    return storage.here().has(digest)


def let_go(digest: str, named: Named) -> None:
    """Removes the file unless a row names it. Raises StorageAway."""
    if storage.here().move(digest, digest + _ASIDE):
        _decide(digest, named)


def sweep(now: datetime, named: Named) -> None:
    """Removes half-written files and files without a row that are older than LEFT_OVER. Raises
    StorageAway."""
    files = storage.here()
    old = [
        name
        for name, changed_at in files.entries()
        if changed_at < now - LEFT_OVER
    ]
    whole = [name for name in old if _DIGEST.fullmatch(name)]
    for digests in _in_parts(whole):
        for digest in digests - named(digests):
            let_go(digest, named)
    for name in old:
        if name.endswith(_ASIDE):
            _decide(name.removesuffix(_ASIDE), named)
        elif not _DIGEST.fullmatch(name):
            files.remove(name)


def _decide(digest: str, named: Named) -> None:
    files = storage.here()
    if named({digest}):
        files.move(digest + _ASIDE, digest)
    else:
        files.remove(digest + _ASIDE)


def _in_parts(digests: list[str]) -> list[set[str]]:
    return [
        set(digests[first : first + _AT_ONCE])
        for first in range(0, len(digests), _AT_ONCE)
    ]
