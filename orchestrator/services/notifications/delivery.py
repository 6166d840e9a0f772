"""Notifications go out through the outbox: chosen by person, channel and kind, not in quiet hours; the
summary in the morning.

A message is marked as sent before it is sent, and opened again when the other side does not take it: a
process that dies in between loses it for that channel, and nobody gets it twice. In the product it stands in
any case.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.sentences import say, speaking, spoken
from orchestrator.services import bundles
from orchestrator.services.execution.events import MAX_ATTEMPTS, retry_at
from orchestrator.services.installation.database import settings
from orchestrator.services.notifications import channels, letters
from orchestrator.services.notifications.channels import Letter, NotDelivered
from orchestrator.services.records.ids import new_id
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.notification_channels import (
    ACCOUNT,
    DIGEST,
    NOTICE,
    OUTBOX_KINDS,
    TRIAL,
    NotificationChannel,
    NotificationTimes,
    channels_of,
    times_of,
)
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

_log = logging.getLogger("gridflow.notifications")
FROM = time(8, 30)
"""When people are told what is due by the end of the next working day, and get their summary."""
STALE = timedelta(days=2)
"""What could not be sent for so long is not sent any more."""


def enqueue(
    session: Session,
    rows: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Puts these new notifications into the outbox, for each channel that its person chose for their kind."""
    chosen: dict[int, list[NotificationChannel]] = {}
    for channel in channels_of(session, {row["person_id"] for row in rows}):
        chosen.setdefault(channel.person_id, []).append(channel)
    if not chosen:
        return
    times = times_of(session, chosen)
    for row in rows:
        for channel in chosen.get(row["person_id"], ()):
            if row["kind"] in channel.kinds and row["at"] > now - STALE:
                payload = {"notification": row["id"]}
                at = _when(
                    session,
                    times.get(channel.person_id),
                    channel.tenant_id,
                    now,
                )
                session.add(
                    _message(
                        NOTICE,
                        channel,
                        payload,
                        now,
                        at,
                    )
                )


def try_out(person_id: int, channel: str, now: datetime) -> None:
    """Puts a trial into the outbox, for a channel that the person has set up."""
    with transaction() as session:
        row = session.get_one(NotificationChannel, (person_id, channel))
        session.add(
            _message(
                TRIAL,
                row,
                {},
                now,
                now,
            )
        )


def plan_digests(now: datetime) -> int:
    """Puts the summary of the day into the outbox for everybody who wants one and has had none; how many."""
    with transaction() as session:
        wanted = session.scalars(
            sa.select(NotificationChannel).where(NotificationChannel.digest),
        ).all()
        planned = 0
        had: dict[int, bool] = {}
        for channel in wanted:
            here = now.astimezone(_zone(session, channel.tenant_id))
            if here.time() < FROM:
                continue
            times = session.get(NotificationTimes, channel.person_id)
            if times is None:
                times = NotificationTimes(
                    person_id=channel.person_id,
                    quiet_from="",
                    quiet_until="",
                )
                session.add(times)
            if had.setdefault(
                channel.person_id,
                times.digest_on == here.date(),
            ):
                continue
            times.digest_on = here.date()
            at = _when(session, times, channel.tenant_id, now)
            session.add(
                _message(
                    DIGEST,
                    channel,
                    {},
                    now,
                    at,
                )
            )
            planned += 1
        return planned


def send(now: datetime, limit: int = 50) -> int:
    """Sends what is due; returns how many the other side took. What fails is tried again, ever later."""
    query = (
        sa.select(OutboxMessage.id)
        .where(
            OutboxMessage.sent_at.is_(None),
            OutboxMessage.available_at <= now,
            OutboxMessage.kind.in_(OUTBOX_KINDS),
        )
        .order_by(OutboxMessage.available_at, OutboxMessage.id)
        .limit(limit)
    )
    with transaction(writing=False) as session:
        waiting = session.scalars(query).all()
    return sum(_send_one(message_id, now) for message_id in waiting)


@dataclass(frozen=True, slots=True)
class _Envelope:
    person_id: int
    channel: str
    address: str
    letter: Letter


def _send_one(message_id: str, now: datetime) -> bool:
    envelope = _claim(message_id, now)
    if envelope is None:
        return False
    try:
        channels.send(
            envelope.channel,
            envelope.address,
            envelope.letter,
            settings(),
        )
    except NotDelivered as failure:
        _note(message_id, envelope, str(failure), now)
        return False
    except Exception as failure:
        # A fault of ours or of a library's in one letter must not keep the others from being sent.
        _log.exception("a letter was not sent")
        _note(message_id, envelope, type(failure).__name__, now)
        return False
    _note(message_id, envelope, "", now)
    return True


def _claim(message_id: str, now: datetime) -> _Envelope | None:
    """The letter, marked as sent; None for what need not be sent any more, or is being sent elsewhere."""
    with transaction() as session:
        query = sa.select(OutboxMessage).where(
            OutboxMessage.id == message_id,
            OutboxMessage.sent_at.is_(None),
        )
        message = session.scalars(
            query.with_for_update(skip_locked=True),
        ).first()
        if message is None:
            return None
        message.sent_at = now
        message.last_error = say("发送中断，不再重发")
        envelope = _envelope(session, message, now)
        if envelope is None:
            message.last_error = say("不需要再发送")
        return envelope


def _envelope(
    session: Session,
    message: OutboxMessage,
    now: datetime,
) -> _Envelope | None:
    """The letter in the language of its reader; None where there is nothing to tell him any more."""
    details = message.payload
    person = session.get_one(Person, details["person"])
    way = session.get(NotificationChannel, (person.id, details["channel"]))
    # What was done to the account goes where its person was when it was done.
    address = details.get("address") or (way.address if way else "")
    if not address or not person.active or message.created_at < now - STALE:
        return None
    with speaking(person.locale):
        letter = _letter(
            session,
            message,
            person,
            way,
            now,
        )
        if letter is None:
            return None
        written = Letter(spoken(letter.subject), spoken(letter.text))
    return _Envelope(person.id, details["channel"], address, written)


def _letter(
    session: Session,
    message: OutboxMessage,
    person: Person,
    channel: NotificationChannel | None,
    now: datetime,
) -> Letter | None:
    zone = _zone(session, person.tenant_id)
    address = settings().public_url
    if message.kind == ACCOUNT:
        at = datetime.fromisoformat(message.payload["at"]).astimezone(zone)
        change = message.payload["change"]
        return letters.of_account(person, change, at, address)
    if channel is None:
        return None
    if message.kind == TRIAL:
        return Letter(
            say("网格流程通知测试"),
            say("收到这条消息，说明通知可以送达。"),
        )
    if message.kind == DIGEST:
        if channel.digest:
            return letters.digest(
                session,
                channel.person_id,
                zone,
                now,
                address,
            )
        return None
    row = session.get(Notification, message.payload["notification"])
    if row is None or row.read_at is not None or row.kind not in channel.kinds:
        return None
    return letters.of_one(session, row, zone, address)


def _note(
    message_id: str,
    envelope: _Envelope,
    error: str,
    now: datetime,
) -> None:
    """Writes how it went: a failure is tried again later, and the administrator sees the channel."""
    with transaction() as session:
        message = session.get_one(
            OutboxMessage,
            message_id,
            with_for_update=True,
        )
        channel = session.get(
            NotificationChannel,
            (envelope.person_id, envelope.channel),
            with_for_update=True,
        )
        message.last_error = error or None
        if error:
            message.attempts += 1
            if message.attempts < MAX_ATTEMPTS:
                message.sent_at = None
                message.available_at = retry_at(now, message.attempts)
        if channel is not None and channel.address == envelope.address:
            channel.last_error = error[:300] or None
            if error:
                channel.failing_since = channel.failing_since or now
            else:
                channel.failing_since = None


def _message(
    kind: str,
    channel: NotificationChannel,
    payload: dict[str, Any],
    now: datetime,
    at: datetime,
) -> OutboxMessage:
    return OutboxMessage(
        id=new_id(now),
        tenant_id=channel.tenant_id,
        kind=kind,
        payload={
            "person": channel.person_id,
            "channel": channel.channel,
            **payload,
        },
        created_at=now,
        available_at=at,
    )


def _when(
    session: Session,
    times: NotificationTimes | None,
    tenant_id: str,
    now: datetime,
) -> datetime:
    """Now, or the end of the quiet hours that it is in."""
    if times is None or not times.quiet_from or not times.quiet_until:
        return now
    here = now.astimezone(_zone(session, tenant_id))
    begin = time.fromisoformat(times.quiet_from)
    end = time.fromisoformat(times.quiet_until)
    clock = here.time()
    if begin <= end:
        quiet = begin <= clock < end
    else:
        quiet = clock >= begin or clock < end
    if not quiet:
        return now
    until = datetime.combine(here.date(), end, here.tzinfo)
    if until > here:
        return until
    return until + timedelta(days=1)


def _zone(session: Session, tenant_id: str) -> ZoneInfo:
    return ZoneInfo(bundles.profile_in_force(session, tenant_id).timezone)
