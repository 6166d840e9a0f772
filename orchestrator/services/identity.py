"""Who signs in: Argon2 hashes, and a lock after repeated failures."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from orchestrator.errors import AccountLocked, FormInvalid, GridflowError, NotFound, SignInRefused
from orchestrator.services.database import settings
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")
REFUSAL = "用户名或密码不正确"
SHORTEST_PASSWORD = 8


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _HASHER.hash(password)


def sign_in(username: str, password: str, now: datetime) -> int:
    """The person's id. Raises SignInRefused (name and password are not told apart) or AccountLocked with the end of the lock."""
    with transaction(writing=False) as session:
        found = session.scalar(sa.select(Person).where(Person.username == username.strip(), Person.active))
    if found is None:
        _matches(_NOBODY, password)  # takes as long as for somebody, so that the time tells nothing
        raise SignInRefused(REFUSAL)
    if found.locked_until is not None and found.locked_until > now:
        raise AccountLocked(found.locked_until)
    # Outside any transaction: it takes tens of milliseconds, in which nobody else could write to SQLite.
    matches = _matches(found.password_hash, password)
    rehashed = hash_password(password) if matches and _HASHER.check_needs_rehash(found.password_hash) else None
    if matches and rehashed is None and not found.failed_sign_ins and found.locked_until is None:
        return found.id
    with transaction() as session:
        person = session.get_one(Person, found.id, with_for_update=True)
        refusal = _counted(person, found, matches, rehashed, now)
    if refusal is not None:
        raise refusal
    return found.id


def _counted(person: Person, seen: Person, matches: bool, rehashed: str | None, now: datetime) -> GridflowError | None:
    """Notes the attempt on the locked row; the refusal, or None. Attempts made at the same time are all counted."""
    if person.locked_until is not None and person.locked_until > now:
        return AccountLocked(person.locked_until)
    if matches and person.active and person.password_hash == seen.password_hash:
        person.failed_sign_ins, person.locked_until = 0, None
        person.password_hash = rehashed or person.password_hash
        return None
    person.failed_sign_ins += 1
    if person.failed_sign_ins < settings().sign_in_attempts:
        return SignInRefused(REFUSAL)
    person.failed_sign_ins = 0
    person.locked_until = now + timedelta(minutes=settings().lock_minutes)
    return AccountLocked(person.locked_until)


def unlock(person_id: int) -> None:
    """Ends an account's lock. Raises NotFound."""
    with transaction() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound(str(person_id))
        person.failed_sign_ins, person.locked_until = 0, None


def change_password(person_id: int, old: str, new: str) -> None:
    """Changes the password and ends the person's other sessions. Raises FormInvalid."""
    with transaction() as session:
        person = session.get_one(Person, person_id)
        if not _matches(person.password_hash, old):
            raise FormInvalid({"old": ["原密码不正确"]})
        if len(new) < SHORTEST_PASSWORD:
            raise FormInvalid({"new": [f"新密码至少 {SHORTEST_PASSWORD} 位"]})
        if new == old:
            raise FormInvalid({"new": ["新密码不能与原密码相同"]})
        person.password_hash = hash_password(new)
        person.session_epoch += 1


def set_locale(person_id: int, locale: str) -> None:
    """Keeps the interface language the person chose."""
    with transaction() as session:
        session.execute(sa.update(Person).where(Person.id == person_id).values(locale=locale))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
