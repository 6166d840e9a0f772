"""One-time links: who opens one sets a password and is signed in. No password is ever told to anybody."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import FormInvalid, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.installation.database import settings
from orchestrator.services.people import (
    accounts,
    attempts,
    passwords,
    second_factors,
    sessions,
)
from orchestrator.services.people.accounts import NewPassword
from orchestrator.services.people.sessions import Visitor, session_id
from orchestrator.store.accounts import SignInLink
from orchestrator.store.people import Person
from orchestrator.store.session import transaction


@dataclass(frozen=True, slots=True)
class Opened:
    """Whom a link leads to."""

    person_id: int
    username: str
    display_name: str


def make(
    session: Session,
    person: Person,
    now: datetime,
    actor: int | None,
) -> str:
    """The text of a new link of the person, whose older links, password and sessions end; an account of a
    demonstration becomes a real one."""
    (token,) = make_all(session, [person], now, actor)
    return token


def make_all(
    session: Session,
    people: Sequence[Person],
    now: datetime,
    actor: int | None,
) -> list[str]:
    """As `make`, a link for each of them: the rows of all are written at once."""
    older = sa.update(SignInLink).where(
        SignInLink.person_id.in_([person.id for person in people]),
        SignInLink.used_at.is_(None),
    )
    session.execute(older.values(used_at=now))
    return [_made(session, person, now, actor) for person in people]


def _made(
    session: Session,
    person: Person,
    now: datetime,
    actor: int | None,
) -> str:
    token = secrets.token_urlsafe(24)
    session.add(
        SignInLink(
            id=session_id(token),
            person_id=person.id,
            made_at=now,
            until=now + settings().link_life,
        ),
    )
    person.password_hash = ""
    person.one_time_until = None
    person.is_demo = False
    sessions.raise_epoch(session, person)
    attempts.unlock(session, person, now)
    accounts.note(session, person, "link-made", now, actor)
    return token


def make_for(username: str, now: datetime, phone_lost: bool = False) -> str:
    """The text of a new link of the person of that name, for a command on the server; with a lost telephone
    his second factor goes too. Raises NotFound, RuleViolated for a closed account."""
    with transaction() as session:
        person = accounts.named(session, username)
        if not person.active:
            raise RuleViolated(
                [say("“{name}”已停用，请先恢复", name=person.display_name)],
            )
        if phone_lost:
            second_factors.forget(session, person, now, None)
        return make(session, person, now, None)


def opened(session: Session, token: str, now: datetime) -> Opened:
    """Whom the link leads to. Raises NotFound for one that was used, replaced, is too old or never was."""
    row = session.execute(_valid(token, now)).first()
    if row is None:
        raise NotFound(say("这个链接已失效"))
    person = row.Person
    return Opened(person.id, person.username, person.display_name)


def redeem(
    token: str,
    wanted: NewPassword,
    now: datetime,
    visitor: Visitor,
) -> tuple[int, str] | None:
    """Sets the password; the person's id and the token of a new session, None for who has a second factor and
    signs in with it now. The link is used up.

    Raises NotFound as `opened`, FormInvalid, SignInBusy.
    """
    with transaction(writing=False) as session:
        person = session.execute(_valid(token, now)).first()
        if person is None:
            raise NotFound(say("这个链接已失效"))
        names = (
            person.Person.username,
            person.Person.display_name,
            person.Person.phone,
        )
    wrong = passwords.faults(wanted.password, wanted.again, names)
    if wrong:
        raise FormInvalid(wrong)
    hashed = passwords.hash_password(wanted.password)
    with transaction() as session:
        row = session.execute(_valid(token, now).with_for_update()).first()
        if row is None:
            raise NotFound(say("这个链接已失效"))
        person = row.Person
        row.SignInLink.used_at = now
        person.password_hash = hashed
        person.one_time_until = None
        sessions.raise_epoch(session, person)
        accounts.note(session, person, "password-set", now, person.id)
        if person.second_factor_at is not None:
            return None
        attempts.note_sign_in(session, person, visitor, now, "link")
        return person.id, sessions.begin(session, person, visitor, now)


def _valid(token: str, now: datetime) -> sa.Select[SignInLink, Person]:
    return (
        sa.select(SignInLink, Person)
        .join(Person, Person.id == SignInLink.person_id)
        .where(
            SignInLink.id == session_id(token),
            SignInLink.used_at.is_(None),
            SignInLink.until > now,
            Person.active,
        )
    )
