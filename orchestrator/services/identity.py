"""Who signs in: Argon2 hashes, and a lock after repeated failures."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from orchestrator.errors import AccountLocked, FormInvalid, NotFound, SignInRefused
from orchestrator.services.database import settings
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The Argon2id hash of a password."""
    return _HASHER.hash(password)


def sign_in(username: str, password: str, now: datetime) -> int:
    """The person's id. Raises SignInRefused (name and password are not told apart) or AccountLocked with the end of the lock."""
    with transaction() as session:
        person = session.scalar(sa.select(Person).where(Person.username == username.strip(), Person.active).with_for_update())
        if person is None:
            _matches(_NOBODY, password)
            refusal: Exception = SignInRefused("用户名或密码不正确")
        elif person.locked_until is not None and person.locked_until > now:
            refusal = AccountLocked(person.locked_until)
        elif _matches(person.password_hash, password):
            person.failed_sign_ins, person.locked_until = 0, None
            if _HASHER.check_needs_rehash(person.password_hash):
                person.password_hash = hash_password(password)
            return person.id
        else:
            person.failed_sign_ins += 1
            refusal = SignInRefused("用户名或密码不正确")
            if person.failed_sign_ins >= settings().sign_in_attempts:
                person.failed_sign_ins = 0
                person.locked_until = now + timedelta(minutes=settings().lock_minutes)
                refusal = AccountLocked(person.locked_until)
    raise refusal


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
        if len(new) < 8:
            raise FormInvalid({"new": ["新密码至少 8 位"]})
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
