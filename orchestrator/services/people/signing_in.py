"""Signing in: by name and password with the second step, by a passkey, by the provider of single sign-on."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    DemonstrationElsewhere,
    GridflowError,
    NoAccount,
    OneTimePasswordExpired,
    PasskeyRefused,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignInRefused,
)
from orchestrator.services.installation.database import settings
from orchestrator.services.people import (
    attempts,
    authenticators,
    passkeys,
    passwords,
    sessions,
)
from orchestrator.services.people.sessions import Visitor
from orchestrator.store.people import Person
from orchestrator.store.session import transaction


def sign_in(
    username: str,
    password: str,
    now: datetime,
    visitor: Visitor | None = None,
    code: str = "",
) -> tuple[int, str]:
    """The person's id and the token of a new session; `code`: of the second factor, where he has one.

    Raises SignInRefused (name and password are not told apart), SignInThrottled with the instant of the next
    attempt, SecondFactorNeeded and SecondFactorWrong, SignInBusy when too many passwords are checked at once,
    OneTimePasswordExpired, and DemonstrationElsewhere for a demonstration's account on a real server.
    """
    name = username.strip()[:60]
    visitor = visitor or Visitor()
    event_id, result = attempts.reserve(name, visitor, now)
    try:
        # Outside any transaction: it takes tens of milliseconds, in which nobody else could write to SQLite.
        right = passwords.matches(
            result.password_hash if result else None,
            password,
        )
        renewed = None
        if right and result and passwords.is_outdated(result.password_hash):
            renewed = passwords.hash_password(password)
    except GridflowError:
        attempts.forget(event_id)
        raise
    if result is None or not right:
        raise SignInRefused
    if result.is_demo and not (settings().demo and visitor.demonstration):
        raise DemonstrationElsewhere
    if result.one_time_until is not None and result.one_time_until <= now:
        raise OneTimePasswordExpired
    if result.second_factor_at is not None and not code:
        # The password was right: nothing has failed yet.
        attempts.forget(event_id)
        raise SecondFactorNeeded(result.username, _mark(result))
    if result.second_factor_at is not None:
        attempts.begin_code(event_id, result, visitor, now)
    with transaction() as session:
        person = _as_it_was(session, result)
        _require_code(session, person, code, now)
        person.password_hash = renewed or person.password_hash
        return attempts.succeed(session, person, event_id, visitor, now)


def finish_sign_in(
    username: str,
    seen: str,
    code: str,
    now: datetime,
    visitor: Visitor,
) -> tuple[int, str]:
    """The second step of a sign-in whose password was right: the person's id and the token of a new session.
    `seen`: the mark of the password, as SecondFactorNeeded told it.

    Raises SignInRefused when the password is another one now, SecondFactorWrong, SignInThrottled.
    """
    event_id, result = attempts.reserve(username, visitor, now, "code")
    if result is None or _mark(result) != seen:
        raise SignInRefused
    attempts.begin_code(event_id, result, visitor, now)
    with transaction() as session:
        person = _as_it_was(session, result)
        _require_code(session, person, code, now)
        return attempts.succeed(session, person, event_id, visitor, now)


def finish_by_passkey(
    username: str,
    seen: str,
    given: passkeys.Answer,
    now: datetime,
    visitor: Visitor,
) -> tuple[int, str]:
    """The second step of a sign-in whose password was right, by one of the person's passkeys: as
    `finish_sign_in`. Raises PasskeyRefused, SignInRefused, SignInThrottled."""
    event_id, result = attempts.reserve(username, visitor, now, "passkey")
    if result is None or _mark(result) != seen:
        raise SignInRefused
    with transaction() as session:
        person = _as_it_was(session, result)
        passkeys.use(session, person.id, given, False, now)
        return attempts.succeed(session, person, event_id, visitor, now)


def sign_in_by_passkey(
    given: passkeys.Answer,
    now: datetime,
    visitor: Visitor,
) -> tuple[int, str]:
    """The person's id and the token of a new session, for who signs in by a passkey alone: his device asked
    for a finger, a face or a PIN, so it is two factors. Raises PasskeyRefused, SignInThrottled,
    DemonstrationElsewhere."""
    with transaction(writing=False) as session:
        owner = passkeys.owner(session, given)
    event_id, result = attempts.reserve(
        owner.username, visitor, now, "passkey"
    )
    if result is None:
        raise PasskeyRefused
    if result.is_demo and not (settings().demo and visitor.demonstration):
        raise DemonstrationElsewhere
    with transaction() as session:
        person = _as_it_was(session, result)
        passkeys.use(session, person.id, given, True, now)
        if person.one_time_until is not None:
            # The key is his own: a one-time password that was never used opens nothing any more.
            person.password_hash = ""
            person.one_time_until = None
        return attempts.succeed(session, person, event_id, visitor, now)


def sign_in_by_provider(
    username: str,
    now: datetime,
    visitor: Visitor,
) -> tuple[int, str]:
    """The person's id and the token of a new session, for who was signed in by the provider of single
    sign-on. Raises NoAccount, SecondFactorNeeded for who has a second factor here, DemonstrationElsewhere."""
    with transaction() as session:
        person = session.scalar(
            sa.select(Person)
            .where(Person.username == username, Person.active)
            .with_for_update(),
        )
        if person is None:
            raise NoAccount
        if person.is_demo and not (settings().demo and visitor.demonstration):
            raise DemonstrationElsewhere
        if person.second_factor_at is not None:
            raise SecondFactorNeeded(person.username, _mark(person))
        if person.one_time_until is not None:
            # The provider vouches for him: a one-time password that was never used opens nothing any more.
            person.password_hash = ""
            person.one_time_until = None
        attempts.note_sign_in(session, person, visitor, now, "provider")
        return person.id, sessions.begin(session, person, visitor, now)


def set_locale(person_id: int, locale: str) -> None:
    """Keeps the interface language the person chose."""
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.id == person_id)
            .values(locale=locale),
        )


def _as_it_was(session: Session, result: Person) -> Person:
    """The person, locked. Raises SignInRefused when he has left, or his password was changed meanwhile."""
    person = session.get_one(Person, result.id, with_for_update=True)
    if not person.active or person.password_hash != result.password_hash:
        raise SignInRefused
    return person


def _mark(person: Person) -> str:
    """Another one after any change of the password; nobody gets from it to the password."""
    return sessions.session_id(f"mark {person.id} {person.password_hash}")[:20]


def _require_code(
    session: Session,
    person: Person,
    code: str,
    now: datetime,
) -> None:
    if person.second_factor_at is not None and not authenticators.is_right(
        session,
        person.id,
        code,
        now,
    ):
        raise SecondFactorWrong
