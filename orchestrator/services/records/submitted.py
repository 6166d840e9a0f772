"""What was submitted under a key, as a digest: the same form sent again has the same one, a form that was
changed before it was sent again has another."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.user_tasks import Attachment

DIGEST = "of"
"""Its name in a key's answer; answers of earlier versions do not have it."""


def digest(session: Session, data: Mapping[str, Any]) -> str:
    """The digest of a form's values as they were typed.

    Blanks and how a line ends do not count, nor do values that are empty; where a line ends does. A file that
    is uploaded again has another id, so it counts by its content.
    """
    ids = {text for text in _texts(data) if _ID.fullmatch(text)}
    contents: dict[str, str] = {}
    if ids:
        found = session.execute(
            sa.select(Attachment.id, Attachment.sha256).where(
                Attachment.id.in_(sorted(ids)[:MOST_FILES])
            )
        )
        contents = {row.id: row.sha256 for row in found}
    written = json.dumps(
        _plain(data, contents),
        sort_keys=True,
        ensure_ascii=False,
        default=str,
    )
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


def is_other(answer: Mapping[str, Any], found: str) -> bool:
    """Whether the key's answer was given to a form with another digest."""
    known = answer.get(DIGEST)
    return known is not None and known != found


_ID = re.compile("[0-9a-f]{22}")
MOST_FILES = 500
"""Files of one form that are compared by what they hold."""
DEEPEST = 20
"""What lies deeper in what was sent is not compared: no form asks for it."""


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts in lists: a form's files are lists of ids."""
    if depth > DEEPEST:
        return
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part, depth + 1)
    elif isinstance(value, list | tuple):
        for part in value:
            if isinstance(part, str):
                yield part
            else:
                yield from _texts(part, depth + 1)


def _plain(value: Any, contents: Mapping[str, str], depth: int = 0) -> Any:
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        lines = value.replace("\r\n", "\n").strip().split("\n")
        return contents.get(
            value, "\n".join(" ".join(line.split()) for line in lines)
        )
    if isinstance(value, Mapping):
        parts = {
            str(name): _plain(part, contents, depth + 1)
            for name, part in value.items()
        }
        return {
            name: part
            for name, part in parts.items()
            if part not in ("", None, [], {})
        }
    if isinstance(value, list | tuple):
        return [_plain(part, contents, depth + 1) for part in value]
    return value
