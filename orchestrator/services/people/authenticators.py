"""Codes of authenticator apps (RFC 6238), and recovery codes for the day the telephone is lost."""

from __future__ import annotations

import hmac
import unicodedata
from datetime import datetime

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.installation import sealing
from orchestrator.services.people import passwords, sessions
from orchestrator.store.accounts import (
    Authenticator,
    Passkey,
    RecoveryCode,
)

PURPOSE = "second factor"
STEP = 30
"""Seconds for which a code is shown."""
LATE = 1
"""Steps by which the clock of a telephone may be wrong."""
RECOVERY_CODES = 10


def new_secret(session: Session, person_id: int, now: datetime) -> str:
    """A new secret of the person in the place of an older one."""
    secret = pyotp.random_base32()
    session.execute(
        sa.delete(Authenticator).where(Authenticator.person_id == person_id),
    )
    sealed = sealing.seal(secret, PURPOSE)
    session.add(
        Authenticator(
            person_id=person_id,
            sealed_secret=sealed,
            made_at=now,
            last_step=0,
        ),
    )
    return secret


def secret_of(session: Session, person_id: int) -> str | None:
    """The person's secret; None when he has none, or the installation's secret key is another one now."""
    row = session.get(Authenticator, person_id)
    if row is not None:
        return sealing.unseal(row.sealed_secret, PURPOSE)
    return None


def in_use(session: Session, person_id: int) -> bool:
    """Whether the person's app was set up to the end: a code of it has counted."""
    row = session.get(Authenticator, person_id)
    return row is not None and row.last_step > 0


def is_right(
    session: Session,
    person_id: int,
    code: str,
    now: datetime,
) -> bool:
    """Whether it is the present code of the app, which counts once, or a recovery code, which is used up."""
    given = _typed(code)
    if given.isdecimal():
        return in_use(session, person_id) and matches(
            session,
            person_id,
            given,
            now,
        )
    used = sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id)
    gone = used.where(RecoveryCode.id == _digest(person_id, given)).returning(
        RecoveryCode.id,
    )
    return session.scalar(gone) is not None


def codes_left(session: Session, person_id: int) -> int:
    """How many recovery codes the person has not used."""
    counted = sa.select(sa.func.count()).where(
        RecoveryCode.person_id == person_id,
    )
    return session.scalar(counted) or 0


def matches(
    session: Session,
    person_id: int,
    code: str,
    now: datetime,
) -> bool:
    """Whether it is the code that the app shows now, or did half a minute ago; each counts once."""
    row = session.get(Authenticator, person_id, with_for_update=True)
    secret = None
    if row is not None:
        secret = sealing.unseal(row.sealed_secret, PURPOSE)
    if row is None or secret is None:
        return False
    generator = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP
    given = _typed(code).encode()
    for step in range(present - LATE, present + LATE + 1):
        # A code that was seen over somebody's shoulder is worth nothing once it has been used.
        if step > row.last_step and hmac.compare_digest(
            generator.at(step * STEP).encode(),
            given,
        ):
            row.last_step = step
            return True
    return False


def new_codes(session: Session, person_id: int) -> list[str]:
    """New recovery codes in the place of the old ones; only their hashes are kept."""
    session.execute(
        sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id),
    )
    codes = [
        passwords.one_time_password() for _number in range(RECOVERY_CODES)
    ]
    session.add_all(
        RecoveryCode(
            id=_digest(person_id, code.replace("-", "")),
            person_id=person_id,
        )
        for code in codes
    )
    return codes


def remove(session: Session, person_id: int) -> None:
    """Forgets the person's secret, passkeys and recovery codes."""
    session.execute(sa.delete(Passkey).where(Passkey.person_id == person_id))
    session.execute(
        sa.delete(Authenticator).where(Authenticator.person_id == person_id),
    )
    session.execute(
        sa.delete(RecoveryCode).where(RecoveryCode.person_id == person_id),
    )


def _typed(code: str) -> str:
    """The code without what people type around and inside it: apps show `123 456`, and some keyboards give
    wide digits."""
    plain = unicodedata.normalize("NFKC", code[:100])
    return "".join(value for value in plain if value.isalnum()).lower()[:40]


def _digest(person_id: int, code: str) -> str:
    return sessions.session_id(f"{person_id} {code}")
