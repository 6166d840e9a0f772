"""The key that signs archive packages: made of the installation's secret key, so that every server of it has
the same one and a backup holds it."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
)

from orchestrator.services.installation.database import settings

PURPOSE = b"archive-signing-1"


def signing_key() -> Ed25519PrivateKey:
    """The private key; the same as long as GRIDFLOW_SECRET_KEY is."""
    secret = settings().secret_key.encode()
    seed = hmac.new(secret, PURPOSE, hashlib.sha256).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)
