"""Ids of rows: time first, so that new rows stand together in the index."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """22 hex digits: milliseconds since 1970 and 44 random bits."""
    return f"{int(now.timestamp() * 1000):011x}{secrets.token_hex(6)[:11]}"
