"""Passkeys (WebAuthn): the device proves that it holds a key, for this site alone; no secret is ever typed or
sent."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from orchestrator.errors import PasskeyRefused
from orchestrator.services.people import sessions
from orchestrator.store.accounts import Passkey, UsedChallenge, passkeys_of
from orchestrator.store.people import Person

LONGEST_CREDENTIAL = 1400
LONGEST_ANSWER = 20_000
"""Characters of what a device answers; those without attestation have some hundreds."""
LARGEST_COUNT = 2**32 - 1
_MALFORMED = (
    WebAuthnException,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RecursionError,
)
"""What an answer that is none ends in."""


@dataclass(frozen=True, slots=True)
class Site:
    """The address under which people see this server; keys are bound to it."""

    origin: str
    """`https://host:port`, as browsers write it."""
    host: str
    """The name without port."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the person's devices."""

    options: str
    """JSON, as the browser's interface takes it."""
    challenge: str
    """The random part of it, in base64url; it must come back with the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device answered to which question."""

    text: str
    """JSON, as the browser gives it."""
    challenge: str
    site: Site


def ask_for_new(session: Session, person: Person, site: Site) -> Asked:
    """The question with which a device makes a key for the person."""
    challenge = secrets.token_bytes(32)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Gridflow",
        user_id=bytes.fromhex(sessions.session_id(f"passkey {person.id}")),
        user_name=person.username,
        user_display_name=person.display_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(passkeys_of(session, person.id)),
    )
    return Asked(options_to_json(options), bytes_to_base64url(challenge))


def ask(session: Session, site: Site, username: str = "") -> Asked:
    """The question to the keys of that person, as a second step; without a name: to whatever key of this site
    the device holds, which then asks for a finger, a face or a PIN."""
    challenge = secrets.token_bytes(32)
    if username:
        owner = session.scalar(
            sa.select(Person.id).where(Person.username == username),
        )
        allowed = _described(passkeys_of(session, owner or 0))
        verification = UserVerificationRequirement.PREFERRED
    else:
        allowed = []
        verification = UserVerificationRequirement.REQUIRED
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=allowed,
        user_verification=verification,
    )
    return Asked(options_to_json(options), bytes_to_base64url(challenge))


def put(
    session: Session,
    person: Person,
    name: str,
    given: Answer,
    now: datetime,
) -> None:
    """Keeps the new key of the person. Raises PasskeyRefused."""
    _use_up(session, given, now)
    try:
        made = verify_registration_response(
            credential=_parsed(given),
            expected_challenge=base64url_to_bytes(given.challenge),
            expected_rp_id=given.site.host,
            expected_origin=given.site.origin,
        )
        credential = bytes_to_base64url(made.credential_id)
        if len(credential) > LONGEST_CREDENTIAL:
            raise PasskeyRefused
    except _MALFORMED as wrong:
        raise PasskeyRefused from wrong
    if _by_credential(session, credential) is not None:
        raise PasskeyRefused
    session.add(
        Passkey(
            person_id=person.id,
            credential=credential,
            public_key=made.credential_public_key,
            sign_count=min(made.sign_count, LARGEST_COUNT),
            name=name,
            made_at=now,
        ),
    )
    session.flush()


def owner(session: Session, given: Answer) -> Person:
    """Whose key answered, still unproved. Raises PasskeyRefused for nobody's."""
    passkey = _by_credential(session, _credential_of(_parsed(given)))
    if passkey is None:
        raise PasskeyRefused
    return session.get_one(Person, passkey.person_id)


def use(
    session: Session,
    person_id: int,
    given: Answer,
    verified: bool,
    now: datetime,
) -> None:
    """Accepts the answer of one of the person's keys, once; `verified`: the device must have asked who holds
    it. Raises PasskeyRefused."""
    parsed = _parsed(given)
    passkey = _by_credential(session, _credential_of(parsed), lock=True)
    if passkey is None or passkey.person_id != person_id:
        raise PasskeyRefused
    try:
        proved = verify_authentication_response(
            credential=parsed,
            expected_challenge=base64url_to_bytes(given.challenge),
            expected_rp_id=given.site.host,
            expected_origin=given.site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=verified,
        )
    except _MALFORMED as wrong:
        raise PasskeyRefused from wrong
    _use_up(session, given, now)
    passkey.sign_count = min(proved.new_sign_count, LARGEST_COUNT)
    passkey.used_at = now


def _use_up(session: Session, given: Answer, now: datetime) -> None:
    """The question counts no more. Raises PasskeyRefused when it has been answered before."""
    try:
        with session.begin_nested():
            session.add(
                UsedChallenge(
                    id=sessions.session_id(given.challenge),
                    used_at=now,
                ),
            )
    except IntegrityError as twice:
        raise PasskeyRefused from twice


def _parsed(given: Answer) -> dict[str, object]:
    if len(given.text) > LONGEST_ANSWER:
        raise PasskeyRefused
    try:
        result = json.loads(given.text)
    except (ValueError, RecursionError) as wrong:
        raise PasskeyRefused from wrong
    if not isinstance(result, dict):
        raise PasskeyRefused
    return result


def _credential_of(parsed: dict[str, object]) -> str:
    return str(parsed.get("id", ""))[:LONGEST_CREDENTIAL].replace("\0", "")


def _by_credential(
    session: Session,
    credential: str,
    lock: bool = False,
) -> Passkey | None:
    """The key of that name; locked only for its use: a page that only reads keeps its session open, and the
    sign-in would wait for it."""
    query = sa.select(Passkey).where(Passkey.credential == credential)
    if lock:
        query = query.with_for_update()
    return session.scalar(query)


def _described(
    keys: Sequence[Passkey],
) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(key.credential))
        for key in keys
    ]
