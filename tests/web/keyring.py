"""A device with passkeys, as WebAuthn level 2 describes one that attests nothing, for tests without a
browser."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient
from webauthn.helpers import bytes_to_base64url

ORIGIN = "http://localhost"
PRESENT, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


@dataclass
class Device:
    """Holds one key of one site."""

    origin: str = ORIGIN
    asks_who: bool = True
    """Whether it asks for a finger, a face or a PIN."""
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def make(self, options: str) -> str:
        """Answers the question for a new key."""
        asked = json.loads(options)
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {
                1: 2,
                3: -7,
                -1: 1,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        described = bytes(16) + len(self.id).to_bytes(2, "big") + self.id
        data = self._data(asked["rp"]["id"], NEW_KEY) + described + public
        attested = cbor2.dumps(
            {"fmt": "none", "attStmt": {}, "authData": data}
        )
        said = self._client_data("webauthn.create", asked["challenge"])
        return self._answer(
            {
                "clientDataJSON": bytes_to_base64url(said),
                "attestationObject": bytes_to_base64url(attested),
            }
        )

    def prove(self, options: str) -> str:
        """Answers the question for the key."""
        asked = json.loads(options)
        self.count += 1
        data = self._data(asked["rpId"])
        said = self._client_data("webauthn.get", asked["challenge"])
        signed = self.key.sign(
            data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256())
        )
        return self._answer(
            {
                "clientDataJSON": bytes_to_base64url(said),
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(signed),
            }
        )

    def _data(self, site: str, more: int = 0) -> bytes:
        flags = PRESENT | more
        if self.asks_who:
            flags |= VERIFIED
        hashed = hashlib.sha256(site.encode()).digest()
        return hashed + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin}
        ).encode()

    def _answer(self, response: dict[str, str]) -> str:
        name = bytes_to_base64url(self.id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )


def question(client: FlaskClient, address: str, **sent: str) -> dict[str, str]:
    """What the server asks of the device."""
    asked = client.post(address, data=sent)
    assert asked.status_code == 200, asked.text
    return asked.json


def add(client: FlaskClient, device: Device, password: str, name: str):
    """Adds the device's key for who is signed in; the page that answers."""
    asked = question(
        client,
        "/me/second-factor/passkeys/ask",
        password=password,
        name=name,
    )
    answer = device.make(asked["options"])
    return client.post(
        "/me/second-factor/passkeys",
        data={"state": asked["state"], "answer": answer},
        follow_redirects=True,
    )


def enter(client: FlaskClient, device: Device):
    """Signs in with the device alone; the page that answers."""
    asked = question(client, "/sign-in/passkey/ask")
    sent = {"state": asked["state"], "answer": device.prove(asked["options"])}
    return client.post("/sign-in/passkey", data=sent)
