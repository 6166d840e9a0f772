"""A cookie by which a browser is known again to those who signed in there: strangers' failures do not make
them wait."""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

MOST = 5
"""People remembered of a device, the last ones: a window of an office has few."""
SECONDS = 180 * 24 * 3600
"""How long a device is known after the last sign-in there."""


def known(username: str) -> str | None:
    """The mark of this browser for this person; None where he has not signed in with it."""
    return _read().get(_key(username))


def remember(answer: Any, username: str) -> None:
    """Lets the browser keep that this person signed in."""
    people = _read()
    key = _key(username)
    mark = people.pop(key, None)
    if mark is None:
        mark = secrets.token_hex(16)
    latest = [*people.items(), (key, mark)]
    kept = dict(latest[-MOST:])
    secure = current_app.extensions["gridflow"].https
    answer.set_cookie(
        _name(),
        _serializer().dumps(kept),
        max_age=SECONDS,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )


def _read() -> dict[str, str]:
    try:
        result = _serializer().loads(
            request.cookies.get(_name(), ""),
            max_age=SECONDS,
        )
    except BadSignature:
        return {}
    return dict(result)


def _key(username: str) -> str:
    return username.strip()[:60]


def _name() -> str:
    if current_app.extensions["gridflow"].https:
        return "__Host-device"
    return "device"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.secret_key or "",
        salt="gridflow-device",
    )
