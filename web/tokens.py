"""Whose form it is: the token that every form carries belongs to a person, not to one sign-in, and tells who
typed a form that is refused.

A form stays good when its person signs in anew in another tab; it is refused when another person has signed
in meanwhile.
"""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app, request, session
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer

FIELD = "csrf_token"
"""Name in the form and in the session, Flask-WTF's own."""
_SALT = "wtf-csrf-token"


def bind() -> None:
    """Gives the session of a signed-in person the person's own token."""
    if request.endpoint == "static" or not current_user.is_authenticated:
        return
    mine = _own(current_user.viewer.person_id)
    if session.get(FIELD) != mine:
        session[FIELD] = mine


def typed_by() -> int | None:
    """The id of the person for whom the posted form was drawn; None when its token does not say."""
    for token in (
        request.form.get("_typed"),
        request.form.get(FIELD),
        request.headers.get("X-CSRFToken"),
    ):
        number = person_of(token or "")
        if number is not None:
            return number
    return None


def person_of(token: str) -> int | None:
    """The id of the person for whom this server made the token, however old it is."""
    serializer = URLSafeTimedSerializer(
        str(current_app.secret_key),
        salt=_SALT,
    )
    try:
        sentence = str(serializer.loads(token))
    except BadData:
        return None
    number = sentence.partition(".")[0]
    if not (number.isascii() and number.isdigit()) or not hmac.compare_digest(
        sentence,
        _own(int(number)),
    ):
        return None
    return int(number)


def _own(person_id: int) -> str:
    """What the signed tokens of a person hold."""
    key = f"form-token:{current_app.secret_key!s}".encode()
    return f"{person_id}.{hmac.new(key, str(person_id).encode(), hashlib.sha256).hexdigest()}"
