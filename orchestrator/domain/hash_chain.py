"""How the entries of a history hang together: each hash is over the one before it and the entry's text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

GENESIS = bytes(32)
"""What stands before the first entry."""
SKEW = timedelta(minutes=5)
"""How far the clocks of two servers may lie apart."""


def canonical(value: Any) -> str:
    """The JSON text that is hashed: Chinese as it is, no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def link(previous: bytes, entry: Sequence[Any]) -> bytes:
    """The hash of an entry: [instance, number, instant in UTC as ISO text, kind, element, person, body,
    data]."""
    return hashlib.sha256(previous + canonical(entry).encode()).digest()
