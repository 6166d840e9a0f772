"""People of an installation: passwords, signing in, sessions, and what is done to accounts."""

from orchestrator.services.people import accounts, passwords, sessions
from orchestrator.services.people.sessions import Visitor
from orchestrator.services.people.signing_in import set_locale, sign_in

__all__ = ["Visitor", "accounts", "passwords", "sessions", "set_locale", "sign_in"]
