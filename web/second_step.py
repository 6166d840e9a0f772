"""The page between password and code: whose password was right travels with its form, signed."""

from __future__ import annotations

from flask import current_app, render_template, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from orchestrator.errors import SecondFactorNeeded
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.accounts import has_passkey

SECONDS = 300
"""How long the second step of a sign-in may follow the first."""


def begin(needed: SecondFactorNeeded) -> str:
    """The text for the form: whose password was right."""
    return str(_serializer().dumps([needed.username, needed.mark]))


def read(pending: str) -> tuple[str, str]:
    """The user name and the mark of his password. Raises BadSignature for a text that is not ours or is too
    old."""
    username, mark = _serializer().loads(pending, max_age=SECONDS)
    return username, mark


def page(
    pending: str,
    sentence: str | None = None,
    onward: str | None = None,
) -> str:
    """The page that asks for the code; `told`: what was wrong with the last one; `onward`: where to go then,
    by default what the address says."""
    if onward is None:
        onward = request.args.get("next", "")
    return render_template(
        "auth/sign_in_code.html",
        pending=pending,
        told=sentence,
        onward=onward,
        has_passkey=_has_passkey(pending),
    )


def _has_passkey(pending: str) -> bool:
    try:
        username, _mark = read(pending)
    except BadSignature:
        return False
    return has_passkey(reading(), username)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.secret_key or "",
        salt="gridflow-second-factor",
    )
