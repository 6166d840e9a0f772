"""What a person chooses: by which ways he is notified, of what, and when he is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services.installation.database import settings
from orchestrator.services.notifications import channels
from orchestrator.services.people import credential_changes
from orchestrator.store.notification_channels import (
    CHANNELS,
    EMAIL,
    NotificationChannel,
    NotificationTimes,
)
from orchestrator.store.notifications import KINDS
from orchestrator.store.people import Person
from orchestrator.store.session import transaction


@dataclass(frozen=True, slots=True)
class Choice:
    """One channel as its person fills it in."""

    address: str
    """Empty: as it was."""
    kinds: Sequence[str]
    digest: bool
    remove: bool = False


def choose(
    person_id: int,
    chosen: Mapping[str, Choice],
    quiet_from: str,
    quiet_until: str,
    now: datetime,
) -> None:
    """Keeps the choices. Raises RuleViolated with every reason; nothing is kept then."""
    with transaction() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFound(str(person_id))
        reasons = [*_times_refused(quiet_from, quiet_until)]
        for channel in CHANNELS:
            choice = chosen.get(channel)
            if choice is None:
                continue
            row = session.get(NotificationChannel, (person_id, channel))
            if choice.remove:
                if row is not None:
                    _note_old_mail(session, person, row, "", now)
                    session.delete(row)
                continue
            if choice.address:
                sentence = channels.objection(
                    channel,
                    choice.address,
                    settings(),
                )
            else:
                sentence = ""
            if sentence:
                reasons.append(
                    joined("：", [channels.NAMES[channel], sentence]),
                )
            elif row is not None or choice.address:
                row = row or NotificationChannel(
                    person_id=person_id,
                    channel=channel,
                    tenant_id=person.tenant_id,
                )
                if choice.address:
                    _note_old_mail(session, person, row, choice.address, now)
                    row.address = choice.address
                    row.failing_since = None
                    row.last_error = None
                row.kinds = [kind for kind in KINDS if kind in choice.kinds]
                row.digest = choice.digest
                session.add(row)
        if reasons:
            raise RuleViolated(reasons)
        times = session.get(NotificationTimes, person_id) or NotificationTimes(
            person_id=person_id,
        )
        times.quiet_from = quiet_from
        times.quiet_until = quiet_until
        session.add(times)


def _note_old_mail(
    session: Session,
    person: Person,
    row: NotificationChannel,
    address: str,
    now: datetime,
) -> None:
    """The address that gets no mail from now on is told so."""
    if row.channel == EMAIL and row.address not in (None, address):
        credential_changes.notify(
            session,
            person,
            credential_changes.MAIL_CHANGED,
            now,
        )


def _times_refused(begin: str, end: str) -> list[str]:
    if not begin and not end:
        return []
    try:
        same = time.fromisoformat(begin) == time.fromisoformat(end)
    except ValueError:
        return [say("免打扰时间请写成 22:00 到 07:00 的样子，或者两项都留空")]
    if same or len(begin) != 5 or len(end) != 5:
        return [say("免打扰时间请写成 22:00 到 07:00 的样子，或者两项都留空")]
    return []
