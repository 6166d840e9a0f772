"""Archive packages that people ask for on a page: a row waits, the clock makes the file, the page gives it
out."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction.functions import ARCHIVIST
from orchestrator.errors import (
    Forbidden,
    NotFound,
    PicturesBusy,
    RuleViolated,
    StorageAway,
)
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer, visible_instance
from orchestrator.services.archives import packaging, whole_records
from orchestrator.services.archives.packaging import Printer
from orchestrator.services.installation.database import settings
from orchestrator.services.records import stored_files
from orchestrator.services.records.ids import new_id
from orchestrator.store import trouble
from orchestrator.store.archives import MADE, REFUSED, WAITING, ArchivePackage
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction

log = logging.getLogger("gridflow.archives")


def may_archive(session: Session, who: Viewer, instance_id: str) -> bool:
    """Whether one of the viewer's bodies keeps the archive of the instance's place, and it has ended. Raises
    NotFound for an instance that he may not see."""
    instance = visible_instance(session, who, instance_id)
    return instance.state != "active" and _keeps(session, who, instance)


def ask(instance_id: str, who: Viewer, now: datetime) -> bool:
    """Asks for a package of the instance; False where one is waiting already.

    Raises NotFound, Forbidden, and RuleViolated while it or something about it is running.
    """
    with transaction() as session:
        instance = visible_instance(session, who, instance_id)
        if not _keeps(session, who, instance):
            raise Forbidden(instance_id)
        # One at a time asks: the second finds what the first added.
        session.get_one(ProcessInstance, instance_id, with_for_update=True)
        whole_records.together(session, instance_id)
        waiting = sa.select(ArchivePackage.id).where(
            ArchivePackage.instance_id == instance_id,
            ArchivePackage.state == WAITING,
        )
        if session.scalar(waiting.limit(1)) is not None:
            return False
        session.add(
            ArchivePackage(
                id=new_id(now),
                tenant_id=instance.tenant_id,
                instance_id=instance_id,
                asked_by=who.person_id,
                asked_at=now,
                state=WAITING,
                history_seq=instance.history_seq,
            )
        )
        return True


def make_next(printer: Printer, now: datetime) -> bool:
    """Makes the package that has waited longest; returns whether one waited. Several clocks may do it at
    once: they make the same file."""
    with transaction(writing=False) as session:
        row = session.execute(
            sa.select(ArchivePackage.id, ArchivePackage.instance_id)
            .where(ArchivePackage.state == WAITING)
            .order_by(ArchivePackage.asked_at)
            .limit(1)
        ).first()
        if row is None:
            return False
        try:
            content = packaging.package(session, row.instance_id, printer)
        except (StorageAway, PicturesBusy):
            # It waits until the store is back, or others are done.
            raise
        except RuleViolated as refused:
            content = b""
            reason = "；".join(map(str, refused.reasons))
        except Exception as error:
            if trouble.trouble_of(error) is not None:
                # It waits until the database or the disk is well.
                raise
            log.exception("the package %s could not be made", row.id)
            content = b""
            reason = say("制作时出错，请告诉管理员，日志里有原因")
    if not content:
        _end(row.id, now, state=REFUSED, reason=reason[:400])
        return True
    digest = hashlib.sha256(content).hexdigest()
    stored_files.write(digest, content)
    _end(row.id, now, state=MADE, sha256=digest, size=len(content))
    # A sweep that saw no row of it may have taken the file away while the row was being written.
    stored_files.write(digest, content)
    return True


def _end(package_id: str, now: datetime, **values: object) -> None:
    with transaction() as session:
        session.execute(
            sa.update(ArchivePackage)
            .where(
                ArchivePackage.id == package_id,
                ArchivePackage.state == WAITING,
            )
            .values(ended_at=now, **values)
        )


def of_viewer(
    session: Session, who: Viewer, instance_id: str, package_id: str
) -> tuple[ArchivePackage, ProcessInstance]:
    """A package of the instance that was made, and the instance. Raises NotFound for what the viewer may not
    have."""
    instance = visible_instance(session, who, instance_id)
    row = session.get(ArchivePackage, package_id)
    if (
        row is None
        or row.state != MADE
        or row.instance_id != instance_id
        or not _keeps(session, who, instance)
    ):
        raise NotFound(package_id)
    return row, instance


def content_of(row: ArchivePackage) -> bytes:
    """The bytes of a package. Raises NotFound, StorageAway."""
    content = None
    if row.sha256:
        content = stored_files.read(row.sha256)
    if content is None:
        raise NotFound(row.id)
    return content


def named(session: Session, reference: str) -> ProcessInstance:
    """The ended instance with that id or number. Raises RuleViolated where there is none, or several."""
    instances = session.scalars(
        sa.select(ProcessInstance)
        .where(
            sa.or_(
                ProcessInstance.id == reference,
                ProcessInstance.business_key == reference,
            )
        )
        .limit(2)
    ).all()
    if len(instances) > 1:
        raise RuleViolated(
            [
                say(
                    "编号是 {reference} 的事项不止一件，请改用事项的内部编号（页面地址里的那一串）",
                    reference=reference,
                )
            ]
        )
    if not instances:
        raise RuleViolated(
            [say("没有编号是 {reference} 的事项", reference=reference)]
        )
    return instances[0]


def closed_before(session: Session, day: date) -> list[tuple[str, str]]:
    """(id, number) of the ended instances whose last day was before `day`, in the office's zone; those about
    another one go with it."""
    zone = ZoneInfo(settings().timezone)
    until = datetime.combine(day, time(), zone).astimezone(UTC)
    query = sa.select(ProcessInstance.id, ProcessInstance.business_key).where(
        ProcessInstance.state != "active",
        ProcessInstance.ended_at < until,
        ProcessInstance.about_id.is_(None),
    )
    rows = session.execute(query.order_by(ProcessInstance.id))
    return [(row.id, row.business_key) for row in rows]


def _keeps(session: Session, who: Viewer, instance: ProcessInstance) -> bool:
    """Whether one of his bodies is the archive of the instance's place."""
    profile = bundles.profile_in_force(session, instance.tenant_id)
    keepers: Collection[str] = profile.roles_of(ARCHIVIST)
    return any(
        body.role in keepers
        and instance.territory_path.startswith(body.territory_path)
        for body in who.bodies
    )
