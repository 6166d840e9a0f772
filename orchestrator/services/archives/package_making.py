"""The clock makes the archive packages that wait: one clock each, a few attempts, an incident where none
succeeds."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.errors import (
    PicturesBusy,
    RuleViolated,
    StorageAway,
)
from orchestrator.sentences import say
from orchestrator.services.archives import (
    package_requests,
    packaging,
    whole_records,
)
from orchestrator.services.archives.packaging import Printer
from orchestrator.services.installation.database import settings
from orchestrator.services.records import stored_files
from orchestrator.services.records.ids import new_id
from orchestrator.store import trouble
from orchestrator.store.archives import (
    FAILED,
    MADE,
    REFUSED,
    WAITING,
    ArchivePackage,
)
from orchestrator.store.incidents import Incident
from orchestrator.store.session import transaction

log = logging.getLogger("gridflow.archives")
MOST_ATTEMPTS = 3
BETWEEN = timedelta(minutes=10)
"""After the first attempt; twice as long after the second. Meanwhile no other clock begins the same: who
makes it renews that."""
RENEWED = timedelta(minutes=2)
MOST_TROUBLES = 30
"""A little more than a day, with the pauses of `_not_counted`."""
LONGEST_PAUSE = timedelta(hours=1)


def make_next(
    printer: Printer, now: datetime, clock: Callable[[], datetime]
) -> bool:
    """Makes the package that has waited longest and may be begun; returns whether there was one.

    One that was begun MOST_ATTEMPTS times, and was not made, is given up with an incident; so is one that a
    store or a database in trouble ended MOST_TROUBLES times: that error goes on to the clock's log.
    `clock`: the present, which a long round has left behind.
    """
    begun = _begin_next(clock())
    if begun is None:
        return False
    if begun.attempts > MOST_ATTEMPTS:
        _give_up(begun, clock(), _tried_in_vain())
        return True
    try:
        _make(begun, printer, now, clock)
    except _AnotherMakesIt:
        log.warning("another clock has begun the package %s", begun.id)
    except (StorageAway, PicturesBusy):
        _not_counted(begun, clock())
        raise
    except RuleViolated as refused:
        reason = "；".join(map(str, refused.reasons))
        _end(begun, clock(), state=REFUSED, reason=reason[:400])
    except Exception as error:
        if trouble.trouble_of(error) is not None:
            _not_counted(begun, clock())
            raise
        log.exception("the package %s could not be made", begun.id)
        if begun.attempts >= MOST_ATTEMPTS:
            _give_up(begun, clock(), _tried_in_vain())
    return True


class _AnotherMakesIt(Exception):
    """This process was taken for ended."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A package that this process makes."""

    id: str
    tenant_id: str
    instance_id: str
    attempts: int
    """With this one."""

    @property
    def mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        """The conditions that nobody has begun it since."""
        return (
            ArchivePackage.id == self.id,
            ArchivePackage.state == WAITING,
            ArchivePackage.attempts == self.attempts,
        )


class _Renewal:
    """Says now and then that a package is being made, so that no other clock begins it."""

    def __init__(self, begun: _Begun, clock: Callable[[], datetime]) -> None:
        self._begun = begun
        self._clock = clock
        self._renewed_at = clock()

    def __call__(self) -> None:
        now = self._clock()
        if now - self._renewed_at < RENEWED:
            return
        self._renewed_at = now
        with transaction() as session:
            renewed: Any = session.execute(
                sa.update(ArchivePackage)
                .where(*self._begun.mine)
                .values(next_at=now + BETWEEN * self._begun.attempts)
            )
            if not renewed.rowcount:
                raise _AnotherMakesIt


def _begin_next(now: datetime) -> _Begun | None:
    """Counts the attempt before it is made: one that ends with its process is counted too. Another clock does
    not begin it meanwhile."""
    may_begin = (
        ArchivePackage.state == WAITING,
        sa.or_(
            ArchivePackage.next_at.is_(None),
            ArchivePackage.next_at <= now,
        ),
    )
    waiting = (
        sa.select(ArchivePackage.id)
        .where(*may_begin)
        .order_by(
            sa.func.coalesce(ArchivePackage.next_at, ArchivePackage.asked_at)
        )
        .limit(1)
    )
    with transaction(writing=False) as session:
        # Nothing waits most of the time: then no writer is kept waiting.
        if session.scalar(waiting) is None:
            return None
    with transaction() as session:
        row = session.scalars(
            sa.select(ArchivePackage)
            # PostgreSQL looks again at the conditions of a row that another clock has begun since the
            # statement began, but not at those inside the subquery.
            .where(
                ArchivePackage.id.in_(waiting.scalar_subquery()), *may_begin
            )
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        row.attempts += 1
        row.next_at = now + BETWEEN * row.attempts
        return _Begun(row.id, row.tenant_id, row.instance_id, row.attempts)


def _make(
    begun: _Begun,
    printer: Printer,
    now: datetime,
    clock: Callable[[], datetime],
) -> None:
    _sweep_folders(now)
    with tempfile.TemporaryDirectory(
        prefix=packaging.FOLDER, dir=settings().var_dir
    ) as folder:
        file = Path(folder) / "package.zip"
        with transaction(writing=False) as session:
            whole = whole_records.together(session, begun.instance_id)
            record = package_requests.record_of(session, whole, now)
            with file.open("wb") as target:
                packaging.package(
                    session,
                    begun.instance_id,
                    printer,
                    target,
                    now,
                    _Renewal(begun, clock),
                )
        digest = _digest_of(file)
        stored_files.write_file(digest, file)
        _end(
            begun,
            clock(),
            state=MADE,
            sha256=digest,
            size=file.stat().st_size,
            record=record,
        )
        # A sweep that saw no row of it may have taken the file away while the row was being written.
        stored_files.write_file(digest, file)


def _digest_of(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _sweep_folders(now: datetime) -> None:
    """Folders of processes that ended while they packed."""
    for folder in settings().var_dir.glob(f"{packaging.FOLDER}*"):
        try:
            changed = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        except OSError:
            continue
        if changed < now - stored_files.LEFT_OVER:
            shutil.rmtree(folder, ignore_errors=True)


def _not_counted(begun: _Begun, now: datetime) -> None:
    """The attempt was not the package's fault: it is begun again after a pause that doubles, and given up
    after MOST_TROUBLES. What the database in trouble cannot take is told by what follows."""
    try:
        with transaction() as session:
            row = session.scalars(
                sa.select(ArchivePackage).where(*begun.mine).with_for_update()
            ).first()
            if row is None:
                log.warning("another clock has begun the package %s", begun.id)
                return
            row.attempts -= 1
            row.troubles += 1
            pause = timedelta(minutes=2 ** min(row.troubles - 1, 6))
            row.next_at = now + min(pause, LONGEST_PAUSE)
            troubles = row.troubles
    except SQLAlchemyError:
        log.warning("the attempt at package %s stays counted", begun.id)
        return
    if troubles >= MOST_TROUBLES:
        _give_up(
            begun,
            now,
            say(
                "附件存储、图片处理或数据库一天多没有恢复，归档包没有做成；"
                "请先在“系统状态”页查明原因，恢复以后点“重试”"
            ),
        )


def _tried_in_vain() -> str:
    return say(
        "归档包试了 {most} 次都没有做成，原因在时钟的日志里；处理以后点“重试”",
        most=MOST_ATTEMPTS,
    )


def _give_up(begun: _Begun, now: datetime, message: str) -> None:
    """The one who asked reads why; the administrator has an incident."""
    with transaction() as session:
        row = session.get(ArchivePackage, begun.id, with_for_update=True)
        if (
            row is None
            or row.state != WAITING
            or row.attempts > begun.attempts
        ):
            return
        row.state = REFUSED
        row.reason = say(
            "多次没有做成，已告知管理员；管理员处理并点“重试”以后会重新制作，"
            "也可以点“制作归档包”重新申请"
        )
        row.ended_at = now
        session.add(
            Incident(
                id=new_id(now),
                tenant_id=begun.tenant_id,
                instance_id=begun.instance_id,
                kind=FAILED,
                message=message,
                details={"package": begun.id},
                state="open",
                attempts=begun.attempts,
                created_at=now,
            )
        )


def _end(begun: _Begun, now: datetime, **values: object) -> None:
    with transaction() as session:
        ended: Any = session.execute(
            sa.update(ArchivePackage)
            .where(*begun.mine)
            .values(ended_at=now, **values)
        )
    if not ended.rowcount:
        log.warning("another clock has begun the package %s", begun.id)
