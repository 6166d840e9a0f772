"""Signing in: each attempt is recorded, and who fails too often waits, without anybody else waiting for
him."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    DemonstrationElsewhere,
    GridflowError,
    NoAccount,
    OneTimePasswordExpired,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignInRefused,
    SignInThrottled,
)
from orchestrator.services.installation.database import settings
from orchestrator.services.people import authenticators, passwords, sessions
from orchestrator.services.people.sessions import Visitor
from orchestrator.store.accounts import SignInEvent
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

FIRST_WAIT = timedelta(seconds=30)
"""After the attempts that are free; each further failure doubles it."""
OF_ONE_ADDRESS = 20
OF_ONE_NAME = 20
OF_ALL = 400
"""Times the attempts of one device: failures of strangers from an address, at a name, and in all, before
further strangers wait."""
REMEMBERED = timedelta(days=30)
"""An address from which a person signed in counts as his for so long."""
_ORDER = 0x67665F69
"""PostgreSQL's advisory lock under which attempts are counted one after the other; SQLite has one writer
anyway."""


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
    event_id, found = _reserve(name, visitor, now)
    try:
        # Outside any transaction: it takes tens of milliseconds, in which nobody else could write to SQLite.
        right = passwords.matches(
            found.password_hash if found else None, password
        )
        renewed = None
        if right and found and passwords.is_outdated(found.password_hash):
            renewed = passwords.hash_password(password)
    except GridflowError:
        _forget(event_id)
        raise
    if found is None or not right:
        raise SignInRefused
    if found.is_demo and not (settings().demo and visitor.demonstration):
        raise DemonstrationElsewhere
    if found.one_time_until is not None and found.one_time_until <= now:
        raise OneTimePasswordExpired
    if found.second_factor_at is not None and not code:
        # The password was right: nothing has failed yet.
        _forget(event_id)
        raise SecondFactorNeeded(found.username, _mark(found))
    with transaction() as session:
        person = _as_it_was(session, found)
        _require_code(session, person, code, now)
        person.password_hash = renewed or person.password_hash
        return _enter(session, person, event_id, visitor, now)


def finish_sign_in(
    username: str, seen: str, code: str, now: datetime, visitor: Visitor
) -> tuple[int, str]:
    """The second step of a sign-in whose password was right: the person's id and the token of a new session.
    `seen`: the mark of the password, as SecondFactorNeeded told it.

    Raises SignInRefused when the password is another one now, SecondFactorWrong, SignInThrottled.
    """
    event_id, found = _reserve(username, visitor, now)
    if found is None or _mark(found) != seen:
        raise SignInRefused
    with transaction() as session:
        person = _as_it_was(session, found)
        _require_code(session, person, code, now)
        return _enter(session, person, event_id, visitor, now)


def sign_in_by_provider(
    username: str, now: datetime, visitor: Visitor
) -> tuple[int, str]:
    """The person's id and the token of a new session, for who was signed in by the provider of single
    sign-on. Raises NoAccount, SecondFactorNeeded for who has a second factor here, DemonstrationElsewhere."""
    with transaction() as session:
        person = session.scalar(
            sa.select(Person)
            .where(Person.username == username, Person.active)
            .with_for_update()
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
        note_sign_in(session, person, visitor, now)
        return person.id, sessions.begin(session, person, visitor, now)


def set_locale(person_id: int, locale: str) -> None:
    """Keeps the interface language the person chose."""
    with transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.id == person_id)
            .values(locale=locale)
        )


def note_sign_in(
    session: Session, person: Person, visitor: Visitor, now: datetime
) -> None:
    """Records a sign-in that needed no password."""
    session.add(
        SignInEvent(
            at=now,
            kind="signed-in",
            username=person.username,
            person_id=person.id,
            address=_network(visitor.address),
            device_id=visitor.device_id,
        )
    )


def unlock(session: Session, person: Person, now: datetime) -> None:
    """Failures so far count no more for this person's name."""
    session.add(
        SignInEvent(
            at=now,
            kind="unlocked",
            username=person.username,
            person_id=person.id,
            address="",
        )
    )


def _as_it_was(session: Session, found: Person) -> Person:
    """The person, locked. Raises SignInRefused when he has left, or his password was changed meanwhile."""
    person = session.get_one(Person, found.id, with_for_update=True)
    if not person.active or person.password_hash != found.password_hash:
        raise SignInRefused
    return person


def _mark(person: Person) -> str:
    """Another one after any change of the password; nobody gets from it to the password."""
    return sessions.session_id(f"mark {person.id} {person.password_hash}")[:20]


def _require_code(
    session: Session, person: Person, code: str, now: datetime
) -> None:
    if person.second_factor_at is not None and not authenticators.is_right(
        session, person.id, code, now
    ):
        raise SecondFactorWrong


def _enter(
    session: Session,
    person: Person,
    event_id: int,
    visitor: Visitor,
    now: datetime,
) -> tuple[int, str]:
    session.execute(
        sa.update(SignInEvent)
        .where(SignInEvent.id == event_id)
        .values(kind="signed-in")
    )
    return person.id, sessions.begin(session, person, visitor, now)


def _forget(event_id: int) -> None:
    with transaction() as session:
        session.execute(
            sa.delete(SignInEvent).where(SignInEvent.id == event_id)
        )


def _reserve(
    name: str, visitor: Visitor, now: datetime
) -> tuple[int, Person | None]:
    """Records the attempt as failed before the password is looked at, so that attempts made at the same time
    are all counted.

    Returns the record and the person of that name, if any. Raises SignInThrottled.
    """
    address = _network(visitor.address)
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER)))
        found = session.scalar(
            sa.select(Person).where(Person.username == name, Person.active)
        )
        until = _waits_until(session, name, found, visitor, address, now)
        told = {
            "username": name,
            "person_id": found.id if found else None,
            "address": address,
            "device_id": visitor.device_id,
        }
        if until is None:
            event = SignInEvent(at=now, kind="failed", **told)
            session.add(event)
            session.flush()
            return event.id, found
        # One record a minute: a program that goes on trying fills no disk.
        recent = _events(name, now - timedelta(minutes=1)).where(
            SignInEvent.address == address, SignInEvent.kind == "throttled"
        )
        if not session.scalar(recent.limit(1)):
            session.add(SignInEvent(at=now, kind="throttled", **told))
    raise SignInThrottled(until)


def _last(session: Session, instants: sa.Select[datetime]) -> datetime | None:
    return session.scalar(instants.order_by(SignInEvent.at.desc()).limit(1))


def _events(name: str, since: datetime) -> sa.Select[datetime]:
    return sa.select(SignInEvent.at).where(
        SignInEvent.username == name, SignInEvent.at > since
    )


def _waits_until(
    session: Session,
    name: str,
    person: Person | None,
    visitor: Visitor,
    address: str,
    now: datetime,
) -> datetime | None:
    """When the next attempt is allowed; None: now.

    A person's own device, and an address he lately signed in from, wait for their own failures alone:
    strangers cannot lock him out.
    """
    free = settings().sign_in_attempts
    window = timedelta(minutes=settings().lock_minutes)
    since = now - window
    unlocked = _last(
        session, _events(name, since).where(SignInEvent.kind == "unlocked")
    )
    of_name = _events(name, unlocked or since).where(
        SignInEvent.kind == "failed"
    )
    if visitor.device_id:
        same = [SignInEvent.device_id == visitor.device_id]
    else:
        same = []
    same = same or [
        SignInEvent.device_id.is_(None),
        SignInEvent.address == address,
    ]
    succeeded = _last(
        session,
        _events(name, since).where(SignInEvent.kind == "signed-in", *same),
    )
    own = of_name.where(*same, SignInEvent.at > (succeeded or since))
    failures = session.scalars(own.order_by(SignInEvent.at.desc())).all()
    if len(failures) >= free:
        until = failures[0] + min(
            window, FIRST_WAIT * 2 ** min(len(failures) - free, 20)
        )
        return until if until > now else None
    if visitor.device_id or (
        person is not None and _is_known(session, person, address, now)
    ):
        return None
    strangers = sa.select(SignInEvent.at).where(
        SignInEvent.kind == "failed",
        SignInEvent.device_id.is_(None),
        SignInEvent.at > since,
    )
    bounds = (
        (strangers.where(SignInEvent.address == address), OF_ONE_ADDRESS),
        (of_name.where(SignInEvent.device_id.is_(None)), OF_ONE_NAME),
        (strangers, OF_ALL),
    )
    for failed, times in bounds:
        # The failure that has to leave the window before the next one has room.
        oldest = _last(session, failed.offset(free * times - 1))
        if oldest is not None:
            return oldest + window
    return None


def _is_known(
    session: Session, person: Person, address: str, now: datetime
) -> bool:
    signed_in = sa.select(SignInEvent.id).where(
        SignInEvent.person_id == person.id,
        SignInEvent.at > now - REMEMBERED,
        SignInEvent.kind == "signed-in",
        SignInEvent.address == address,
    )
    return session.scalar(signed_in.limit(1)) is not None


def _network(address: str) -> str:
    """The address, or the /64 network of an IPv6 one: a household has as many of those as it likes."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if (
        isinstance(parsed, ipaddress.IPv6Address)
        and parsed.ipv4_mapped is None
    ):
        return str(
            ipaddress.ip_network((parsed, 64), strict=False).network_address
        )
    return str(parsed)
