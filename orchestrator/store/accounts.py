"""Sessions, attempts to sign in, one-time links, and what was done to accounts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.people import Person


class SignInSession(Base):
    """A device on which somebody is signed in."""

    __tablename__ = "sign_in_session"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the random text in the cookie: who reads the table cannot use it."""
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        index=True,
    )
    epoch: Mapped[int]
    """Valid while it is the person's `session_epoch`."""
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(sa.String(45))
    device: Mapped[str] = mapped_column(sa.String(200))
    """What the browser calls itself."""


class SignInEvent(Base):
    """An attempt to sign in, or an administrator's unlocking."""

    __tablename__ = "sign_in_event"
    __table_args__ = (
        one_of("kind", "signed-in", "failed", "throttled", "unlocked"),
        sa.Index(None, "username", "at"),
        sa.Index(None, "address", "at"),
        sa.Index(None, "person_id", "at"),
        sa.Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(12))
    username: Mapped[str] = mapped_column(sa.String(60))
    """As it was typed, known or not."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    address: Mapped[str] = mapped_column(sa.String(45))
    device_id: Mapped[str | None] = mapped_column(sa.String(32))
    """The known device of this person; None: a stranger's."""
    way: Mapped[str] = mapped_column(
        sa.String(12),
        default="password",
        server_default="password",
    )
    """What was shown last: `password`, `code` (of the second factor), `passkey`, `provider`, `link`."""
    device: Mapped[str] = mapped_column(
        sa.String(200),
        default="",
        server_default="",
    )
    """What the browser called itself."""


class SignInLink(Base):
    """A one-time link with which a person sets a password."""

    __tablename__ = "sign_in_link"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the random text in the link: who reads the table cannot use it."""
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        index=True,
    )
    made_at: Mapped[datetime]
    until: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """Also set when a newer link of the person replaced it."""


class Authenticator(Base):
    """The secret that a person's authenticator app shares with us."""

    __tablename__ = "authenticator"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    sealed_secret: Mapped[str] = mapped_column(sa.String(400))
    """Who reads the table cannot use it."""
    made_at: Mapped[datetime]
    last_step: Mapped[int]
    """Number of the half minute whose code was used last: no code counts twice."""


class RecoveryCode(Base):
    """A code for the day the telephone is lost; its row goes when it is used."""

    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the person's id and the code."""
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        index=True,
    )


class Passkey(Base):
    """A key with which a person signs in; its secret half never leaves his device."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        index=True,
    )
    credential: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    """The key's own id, in base64url."""
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    """How often the device says the key was used; a copied key falls behind."""
    name: Mapped[str] = mapped_column(sa.String(60))
    """What its person calls it."""
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class UsedChallenge(Base):
    """A question that a passkey has answered: the same answer counts once."""

    __tablename__ = "used_challenge"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """SHA-256 of the question."""
    used_at: Mapped[datetime]


class AccountEvent(Base):
    """What was done to an account, by whom."""

    __tablename__ = "account_event"
    __table_args__ = (sa.Index(None, "person_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(24))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None: a command on the server."""
    details: Mapped[dict[str, Any]]


def changes_since(
    session: Session,
    person_id: int,
    since: datetime,
    kinds: Collection[str],
    most: int,
) -> Sequence[AccountEvent]:
    """What of these kinds was done to the account after `since`, the latest first."""
    query = sa.select(AccountEvent).where(
        AccountEvent.person_id == person_id,
        AccountEvent.at > since,
        AccountEvent.kind.in_(kinds),
    )
    latest = query.order_by(AccountEvent.at.desc(), AccountEvent.id.desc())
    return session.scalars(latest.limit(most)).all()


def set_up_at(session: Session, person_id: int) -> datetime | None:
    """When the person first set a password by a link; None where nobody has."""
    first = sa.select(sa.func.min(AccountEvent.at)).where(
        AccountEvent.person_id == person_id,
        AccountEvent.kind == "password-set",
    )
    return session.scalar(first)


def open_sessions(
    session: Session,
    person_id: int,
    since: datetime,
) -> Sequence[SignInSession]:
    """The person's sessions that began after `since` and were not ended, the newest first."""
    return session.scalars(
        sa.select(SignInSession)
        .join(Person, Person.id == SignInSession.person_id)
        .where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.epoch == Person.session_epoch,
            SignInSession.began_at > since,
        )
        .order_by(SignInSession.began_at.desc())
        .limit(50),
    ).all()


def passkeys_of(session: Session, person_id: int) -> Sequence[Passkey]:
    """The person's passkeys, the oldest first."""
    return session.scalars(
        sa.select(Passkey)
        .where(Passkey.person_id == person_id)
        .order_by(Passkey.id),
    ).all()


def has_passkey(session: Session, username: str) -> bool:
    """Whether the person of that user name has a passkey."""
    query = (
        sa.select(Passkey.id)
        .join(Person, Person.id == Passkey.person_id)
        .where(Person.username == username)
    )
    return session.scalar(query.limit(1)) is not None
