"""Sessions: a random text in the cookie, its hash in the database, so that an end on the server is an end."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.installation.database import settings
from orchestrator.store import arrivals
from orchestrator.store.accounts import (
    SignInEvent,
    SignInSession,
    UsedChallenge,
)
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

SESSIONS_KEPT = timedelta(days=30)
"""After its beginning a session is forgotten; it ended long ago."""
EVENTS_KEPT = timedelta(days=365)
"""Attempts to sign in are kept so long: the Cybersecurity Law (art. 21) asks for logs of six months at
least."""

CHALLENGES_KEPT = timedelta(days=1)
"""A challenge of a passkey is too old after minutes; its row goes then."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where an attempt to sign in comes from."""

    address: str = ""
    """The visitor's, as far as the trusted proxies tell it."""
    device: str = ""
    """What his browser calls itself."""
    device_id: str | None = None
    """The mark of a device on which this person signed in before; None: unknown."""
    demonstration: bool = True
    """Whether the way he came by is one of a demonstration on this machine."""


def printable(device: str) -> str:
    """What a browser calls itself, as it is kept."""
    return "".join(value for value in device if value.isprintable())[:200]


def session_id(token: str) -> str:
    """What the database keeps of a cookie's text."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(
    session: Session,
    person: Person,
    visitor: Visitor,
    now: datetime,
) -> str:
    """Writes a new session and returns its token, the text for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignInSession(
            id=session_id(token),
            person_id=person.id,
            epoch=person.session_epoch,
            began_at=now,
            address=visitor.address[:45],
            device=printable(visitor.device),
        ),
    )
    return token


def person_of(session: Session, token: str, now: datetime) -> Person | None:
    """Whose session it is; None when it has ended, or its person has left or may not be here."""
    row = arrivals.arrive(session, session_id(token), now)
    if (
        row is None
        or row[0].began_at <= now - settings().session_life
        or (row[1].is_demo and not settings().demo)
    ):
        return None
    return row[1]


def end(token: str, now: datetime) -> None:
    """Ends the session; ending it again changes nothing."""
    ended = sa.update(SignInSession).where(
        SignInSession.id == session_id(token),
        SignInSession.ended_at.is_(None),
    )
    with transaction() as session:
        session.execute(ended.values(ended_at=now))


def end_others(person_id: int, token: str, now: datetime) -> None:
    """Ends the person's sessions on all devices but the one of the token."""
    with transaction() as session:
        raise_epoch(
            session,
            session.get_one(Person, person_id, with_for_update=True),
            keep=token,
        )


def raise_epoch(
    session: Session,
    person: Person,
    keep: str | None = None,
) -> None:
    """Ends every session of the person, but not the one whose token is to be kept."""
    before = person.session_epoch
    person.session_epoch = person.session_epoch + 1
    if keep is not None:
        kept = sa.update(SignInSession).where(
            SignInSession.id == session_id(keep),
            SignInSession.epoch == before,
        )
        session.execute(kept.values(epoch=before + 1))


def sweep(now: datetime) -> int:
    """Forgets sessions, attempts to sign in and used challenges that are too old; returns how many."""
    with transaction() as session:
        sessions = (
            sa.delete(SignInSession)
            .where(SignInSession.began_at < now - SESSIONS_KEPT)
            .returning(SignInSession.id)
        )
        events = (
            sa.delete(SignInEvent)
            .where(SignInEvent.at < now - EVENTS_KEPT)
            .returning(SignInEvent.id)
        )
        challenges = (
            sa.delete(UsedChallenge)
            .where(UsedChallenge.used_at < now - CHALLENGES_KEPT)
            .returning(UsedChallenge.id)
        )
        return sum(
            len(session.scalars(value).all())
            for value in (sessions, events, challenges)
        )
