"""How much residents may send within an hour: what was kept, and what was only tried, is counted before any
photograph is decoded."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import resident_reports as rules
from orchestrator.domain.networks import network_of
from orchestrator.errors import TooManyReports
from orchestrator.sentences import say
from orchestrator.services.installation.database import settings
from orchestrator.services.records import pictures
from orchestrator.store import resident_reports as store
from orchestrator.store.registers import Grid
from orchestrator.store.resident_reports import ReportAttempt, ResidentReport

Photo = tuple[str, bytes]
"""What the phone calls it, and its bytes."""
_ORDER = 0x67665F72
"""PostgreSQL's advisory lock under which reports are counted one after the other; SQLite has one writer
anyway."""


def sender_of(address: str) -> str:
    """A keyed digest of the network that the address stands for."""
    key = settings().secret_key.encode()
    network = network_of(address).encode()
    return hmac.new(key, network, hashlib.sha256).hexdigest()


def require_moderate(photos: Sequence[Photo]) -> None:
    """Raises AttachmentRefused unless every photograph's header tells of a picture that is cheap to
    decode."""
    for name, content in photos:
        pictures.require_at_most(content, name, rules.MOST_PIXELS)


def require_room(
    session: Session,
    grid: Grid,
    sender: str,
    now: datetime,
) -> None:
    """Raises TooManyReports when the sender has sent, or everybody about the grid, too many in the hour. Who
    asks at the same time waits until the transaction has ended."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_ORDER)))
    since = now - rules.WINDOW
    about = (
        ResidentReport.tenant_id == grid.tenant_id,
        ResidentReport.grid_code == grid.code,
    )
    mine = store.count_since(session, since, ResidentReport.sender == sender)
    all_of_grid = store.count_since(session, since, *about)
    if mine >= rules.FROM_AN_ADDRESS or all_of_grid >= rules.ABOUT_A_GRID:
        raise _too_many()


def note_attempt(
    session: Session,
    grid: Grid,
    sender: str,
    now: datetime,
) -> None:
    """Records that the sender tries; what is older than the hour is forgotten. Raises TooManyReports as
    `require_room`, and when he has tried too often."""
    require_room(session, grid, sender, now)
    since = now - rules.WINDOW
    session.execute(sa.delete(ReportAttempt).where(ReportAttempt.at <= since))
    tried = store.count_attempts(session, sender)
    if tried >= rules.ATTEMPTS_OF_AN_ADDRESS:
        raise _too_many()
    session.add(ReportAttempt(sender=sender, at=now))


def _too_many() -> TooManyReports:
    return TooManyReports(
        [
            say(
                "一小时内反映得太多，这一条还没有收下。请过一会儿再提交，急事请拨打公示牌上的电话",
            ),
        ],
    )
