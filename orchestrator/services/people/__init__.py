"""People of an installation: passwords, signing in, sessions, and what is done to accounts."""

from orchestrator.services.people import accounts, passwords, sessions
from orchestrator.services.people.sessions import Visitor
from orchestrator.services.people.signing_in import (
    finish_by_passkey,
    finish_sign_in,
    set_locale,
    sign_in,
    sign_in_by_passkey,
    sign_in_by_provider,
)

__all__ = [
    "Visitor",
    "accounts",
    "finish_by_passkey",
    "finish_sign_in",
    "passwords",
    "sessions",
    "set_locale",
    "sign_in",
    "sign_in_by_passkey",
    "sign_in_by_provider",
]
