"""By which ways notifications reach a person outside the product, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.people import Person

CHANNELS = ("email", "wecom", "dingtalk", "feishu", "webhook")
NOTICE = "notification"
DIGEST = "notification-digest"
TRIAL = "notification-trial"
ACCOUNT = "account-change"
"""Kind of those that tell a person what was done to his account."""
EMAIL = "email"
OUTBOX_KINDS = (NOTICE, DIGEST, TRIAL, ACCOUNT)
"""Kinds of outbox messages that go to people."""
COMMIT = "design-commit"
"""Kind of those that become commits of a git repository."""
NO_EVENTS = (*OUTBOX_KINDS, COMMIT)
"""Kinds of those that reach no instance."""


class NotificationChannel(Base):
    """One way to one person."""

    __tablename__ = "notification_channel"
    __table_args__ = (
        one_of("channel", *CHANNELS),
        sa.Index(
            "ix_notification_channel_failing",
            "tenant_id",
            postgresql_where=sa.text("failing_since IS NOT NULL"),
            sqlite_where=sa.text("failing_since IS NOT NULL"),
        ),
    )

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    channel: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    address: Mapped[str] = mapped_column(sa.String(500))
    """A mail address, or the address of a robot or webhook with its secret: no page shows it again."""
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    """Which notifications are sent at once."""
    digest: Mapped[bool] = mapped_column(default=False)
    """Whether the morning's summary is sent."""
    failing_since: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(300))


class NotificationTimes(Base):
    """When a person is left alone, and up to which day he has had his summary."""

    __tablename__ = "notification_times"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    quiet_from: Mapped[str] = mapped_column(sa.String(5), default="")
    """`22:00` in the jurisdiction's zone; empty: no quiet hours."""
    quiet_until: Mapped[str] = mapped_column(sa.String(5), default="")
    digest_on: Mapped[date | None]


def channels_of(
    session: Session,
    person_ids: Collection[int],
) -> Sequence[NotificationChannel]:
    """The channels of these people."""
    query = sa.select(NotificationChannel).where(
        NotificationChannel.person_id.in_(person_ids),
    )
    return session.scalars(
        query.order_by(
            NotificationChannel.person_id,
            NotificationChannel.channel,
        ),
    ).all()


def times_of(
    session: Session,
    person_ids: Collection[int],
) -> dict[int, NotificationTimes]:
    """When these people are left alone, of those who said so."""
    query = sa.select(NotificationTimes).where(
        NotificationTimes.person_id.in_(person_ids),
    )
    return {row.person_id: row for row in session.scalars(query)}


def failing_channels(
    session: Session,
    tenant_id: str,
    limit: int = 50,
) -> Sequence[Any]:
    """(channel, failing_since, last_error, name) of the channels of a jurisdiction that fail, the longest
    first."""
    return session.execute(
        sa.select(
            NotificationChannel.channel,
            NotificationChannel.failing_since,
            NotificationChannel.last_error,
            Person.display_name.label("name"),
        )
        .join(Person, Person.id == NotificationChannel.person_id)
        .where(
            NotificationChannel.tenant_id == tenant_id,
            NotificationChannel.failing_since.is_not(None),
        )
        .order_by(NotificationChannel.failing_since)
        .limit(limit),
    ).all()
