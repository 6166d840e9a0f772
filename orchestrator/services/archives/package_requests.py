"""Archive packages that people ask for on a page: a row waits, the clock makes the file, the page gives it
out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction.functions import ARCHIVIST
from orchestrator.errors import (
    Forbidden,
    NotFound,
    RuleViolated,
    StorageAway,
)
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer, visible_instance
from orchestrator.services.archives import retention, whole_records
from orchestrator.services.installation.database import settings
from orchestrator.services.records import stored_files
from orchestrator.services.records.ids import new_id
from orchestrator.store.archives import (
    MADE,
    WAITING,
    ArchivePackage,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction

ASKED = "asked"


def may_archive(session: Session, who: Viewer, instance_id: str) -> bool:
    """Whether one of the viewer's bodies keeps the archive of the instance's place, and it has ended. Raises
    NotFound for an instance that he may not see."""
    instance = visible_instance(session, who, instance_id)
    return instance.state != "active" and _keeps(session, who, instance)


def ask(instance_id: str, who: Viewer, now: datetime) -> str:
    """Asks for a package of the instance; ASKED, or WAITING where one is waiting already, or MADE where the
    latest one still holds all that was written.

    Raises NotFound, Forbidden, and RuleViolated while it or something about it is running.
    """
    with transaction(writing=False) as session:
        instance = visible_instance(session, who, instance_id)
        if not _keeps(session, who, instance):
            raise Forbidden(instance_id)
        # The store may be slow to answer: nobody waits for the instance meanwhile.
        known = unchanged(session, instance_id, now)
        gone = None
        if known is not None and lost([known]):
            gone = known.id
    with transaction() as session:
        # One at a time asks: the second finds what the first added.
        instance = session.get_one(
            ProcessInstance,
            instance_id,
            with_for_update=True,
        )
        last = unchanged(session, instance_id, now)
        if last is not None and last.id != gone:
            return MADE
        waiting = sa.select(ArchivePackage.id).where(
            ArchivePackage.instance_id == instance_id,
            ArchivePackage.state == WAITING,
        )
        if session.scalar(waiting.limit(1)) is not None:
            return WAITING
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
        return ASKED


def unchanged(
    session: Session,
    instance_id: str,
    now: datetime,
) -> ArchivePackage | None:
    """The latest package, where nothing was written since it was made and it is to be kept as long as it
    says; the looks in it end before it. Raises as whole_records.together."""
    whole = whole_records.together(session, instance_id)
    last = sa.select(ArchivePackage).where(
        ArchivePackage.instance_id == instance_id,
        ArchivePackage.state == MADE,
        ArchivePackage.record == record_of(session, whole, now),
    )
    return session.scalars(
        last.order_by(ArchivePackage.asked_at.desc()).limit(1)
    ).first()


def record_of(
    session: Session,
    whole: Sequence[ProcessInstance],
    now: datetime,
) -> str:
    """Digest of what a package of these would hold."""
    kept = retention.term_of(session, whole[0], now)
    return whole_records.record_digest(
        whole, kept.kept_as.name if kept else ""
    )


def lost(packages: Iterable[ArchivePackage]) -> set[str]:
    """Ids of those that were made and whose file is gone; while the store is away nothing is known of
    them."""
    ids = set()
    for row in packages:
        try:
            if row.state == MADE and not stored_files.is_kept(
                row.sha256 or ""
            ):
                ids.add(row.id)
        except StorageAway:
            return ids
    return ids


def of_viewer(
    session: Session,
    who: Viewer,
    instance_id: str,
    package_id: str,
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


def content_of(row: ArchivePackage) -> Iterator[bytes]:
    """The bytes of a package, a piece at a time. Raises RuleViolated where its file is gone, StorageAway."""
    pieces = stored_files.chunks(row.sha256 or "")
    if pieces is None:
        raise RuleViolated(
            [say("这个归档包的文件已经丢失，请在电子档案页重新制作")]
        )
    return pieces


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
        ProcessInstance.destroyed_at.is_(None),
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
