"""Secrets that the database holds unreadable: sealed with a key made from the installation's secret key."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from orchestrator.services.installation.database import settings


def seal(text: str, purpose: str) -> str:
    """The text encrypted and authenticated, for one purpose: what was sealed for another does not open."""
    return _key(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str | None:
    """What was sealed; None when it was changed, or the installation has another secret key now."""
    try:
        return _key(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _key(purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, None, f"gridflow {purpose}".encode()).derive(
        settings().secret_key.encode(),
    )
    return Fernet(base64.urlsafe_b64encode(derived))
