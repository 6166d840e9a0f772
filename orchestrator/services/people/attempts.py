"""Attempts to sign in: each is recorded, and who fails too often waits, without anybody else waiting for
him."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.networks import network_of
from orchestrator.errors import SignInThrottled
from orchestrator.services.installation.database import settings
from orchestrator.services.people import sessions
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
WRONG_CODES = 50
"""Wrong codes after the right password that strangers may type for one person in CODES_COUNTED: with three
codes of a million good at a time, who goes on for a year has one chance in twenty."""
CODES_COUNTED = timedelta(hours=24)


def note_sign_in(
    session: Session,
    person: Person,
    visitor: Visitor,
    now: datetime,
    way: str,
) -> None:
    """Records a sign-in that needed no password; `way`: as in SignInEvent."""
    session.add(
        SignInEvent(
            at=now,
            kind="signed-in",
            username=person.username,
            person_id=person.id,
            address=network_of(visitor.address),
            device_id=visitor.device_id,
            device=sessions.printable(visitor.device),
            way=way,
        ),
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
        ),
    )


def succeed(
    session: Session,
    person: Person,
    event_id: int,
    visitor: Visitor,
    now: datetime,
) -> tuple[int, str]:
    """The recorded attempt has succeeded; the person's id and the token of a new session."""
    session.execute(
        sa.update(SignInEvent)
        .where(SignInEvent.id == event_id)
        .values(kind="signed-in"),
    )
    return person.id, sessions.begin(session, person, visitor, now)


def begin_code(
    event_id: int,
    person: Person,
    visitor: Visitor,
    now: datetime,
) -> None:
    """The attempt goes on with a code of the second factor. Raises SignInThrottled where strangers who know
    the password have typed too many wrong ones; the person's own devices and addresses never wait for
    them."""
    address = network_of(visitor.address)
    with transaction() as session:
        at_work = sa.update(SignInEvent).where(SignInEvent.id == event_id)
        session.execute(at_work.values(way="code"))
        if visitor.device_id or _is_known(session, person, address, now):
            return
        wrong = sa.select(SignInEvent.at).where(
            SignInEvent.person_id == person.id,
            SignInEvent.id != event_id,
            SignInEvent.kind == "failed",
            SignInEvent.way == "code",
            SignInEvent.device_id.is_(None),
            SignInEvent.at > now - CODES_COUNTED,
        )
        oldest = _last(session, wrong.offset(WRONG_CODES - 1))
        if oldest is not None:
            session.execute(at_work.values(kind="throttled"))
    if oldest is not None:
        raise SignInThrottled(oldest + CODES_COUNTED)


def forget(event_id: int) -> None:
    with transaction() as session:
        session.execute(
            sa.delete(SignInEvent).where(SignInEvent.id == event_id),
        )


def reserve(
    name: str,
    visitor: Visitor,
    now: datetime,
    way: str = "password",
) -> tuple[int, Person | None]:
    """Records the attempt as failed before the password is looked at, so that attempts made at the same time
    are all counted.

    Returns the record and the person of that name, if any. Raises SignInThrottled.
    """
    address = network_of(visitor.address)
    with transaction() as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER)))
        person = session.scalar(
            sa.select(Person).where(Person.username == name, Person.active),
        )
        until = _waits_until(
            session,
            name,
            person,
            visitor,
            address,
            now,
        )
        details = {
            "username": name,
            "person_id": person.id if person else None,
            "address": address,
            "device_id": visitor.device_id,
            "device": sessions.printable(visitor.device),
            "way": way,
        }
        if until is None:
            event = SignInEvent(at=now, kind="failed", **details)
            session.add(event)
            session.flush()
            return event.id, person
        # One record a minute: a program that goes on trying fills no disk.
        recent = _events(name, now - timedelta(minutes=1)).where(
            SignInEvent.address == address,
            SignInEvent.kind == "throttled",
        )
        if not session.scalar(recent.limit(1)):
            session.add(SignInEvent(at=now, kind="throttled", **details))
    raise SignInThrottled(until)


def _last(session: Session, instants: sa.Select[datetime]) -> datetime | None:
    return session.scalar(instants.order_by(SignInEvent.at.desc()).limit(1))


def _events(name: str, since: datetime) -> sa.Select[datetime]:
    return sa.select(SignInEvent.at).where(
        SignInEvent.username == name,
        SignInEvent.at > since,
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
        session,
        _events(name, since).where(SignInEvent.kind == "unlocked"),
    )
    of_name = _events(name, unlocked or since).where(
        SignInEvent.kind == "failed",
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
            window,
            FIRST_WAIT * 2 ** min(len(failures) - free, 20),
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
    session: Session,
    person: Person,
    address: str,
    now: datetime,
) -> bool:
    signed_in = sa.select(SignInEvent.id).where(
        SignInEvent.person_id == person.id,
        SignInEvent.at > now - REMEMBERED,
        SignInEvent.kind == "signed-in",
        SignInEvent.address == address,
    )
    return session.scalar(signed_in.limit(1)) is not None
