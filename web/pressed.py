"""The key of the page that was sent: under it the server does once what a button says, however often the page
is sent."""

from __future__ import annotations

import hashlib

from flask import request


def key(*what: str) -> str | None:
    """The part of the page's key for what is done: the page sent twice does it once, sent with other words it
    does that too. None where the page sent no key."""
    whole = request.form.get("_key", "")
    if whole:
        return f"{whole[:40]}.{hashlib.sha256(repr(what).encode()).hexdigest()[:32]}"
    return None
