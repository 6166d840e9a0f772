"""What the photographs of an instance tell who decides: when and where each was taken, what does not fit, and
that the same picture was used before."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.shapes import kilometres_outside
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.photos import AttachmentPhoto
from orchestrator.store.registers import Grid, GridArea, GridCase
from orchestrator.store.user_tasks import Attachment

OLD = timedelta(days=7)
"""A photograph taken so long before the instance began is told as old."""
CLOCK_WRONG = timedelta(hours=1)
"""A camera whose clock is so far ahead of the upload is told as wrong."""
NEAR_KM = 0.3
"""So far outside its grid a place may lie: phones miss by that in narrow streets."""
MOST_USES = 3
"""Other instances that are named for one picture."""


@dataclass(frozen=True, slots=True)
class PhotoEvidence:
    taken: str
    """When, by the office's clock; empty where the file does not say."""
    place: str
    """Latitude and longitude; empty where the file does not say."""
    remarks: Sequence[str]
    """What does not fit, in whole sentences."""


def evidence(
    session: Session,
    who: access.Viewer,
    instance: ProcessInstance,
    files: Sequence[Attachment],
) -> Mapping[str, PhotoEvidence]:
    """By attachment id, of the photographs among the files that say something or were used elsewhere."""
    photos = [file for file in files if file.content_type.startswith("image/")]
    if not photos:
        return {}
    known = {
        row.attachment_id: row
        for row in session.scalars(
            sa.select(AttachmentPhoto).where(
                AttachmentPhoto.attachment_id.in_(
                    [photo.id for photo in photos]
                )
            )
        )
    }
    used = _used_before(session, who, instance, photos)
    zone = ZoneInfo(
        bundles.bundle_of(
            session, instance.definition_id
        ).jurisdiction.timezone
    )
    photo_evidences = {}
    for photo in photos:
        row = known.get(photo.id)
        remarks = list(used.get(photo.sha256, ()))
        taken = ""
        place = ""
        if row is not None and row.taken_at:
            instant = _instant(row.taken_at, zone)
            taken = f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
            remarks += _of_the_time(instant, instance, photo)
        if row is not None and row.latitude is not None:
            place = f"{row.latitude:.5f}, {row.longitude:.5f}"
            remarks += _of_the_place(session, instance, row)
        if taken or place or remarks:
            photo_evidences[photo.id] = PhotoEvidence(taken, place, remarks)
    return photo_evidences


def _instant(written: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _of_the_time(
    taken: datetime, instance: ProcessInstance, file: Attachment
) -> list[str]:
    if taken > file.uploaded_at + CLOCK_WRONG:
        return [say("拍摄时间晚于上传时间，拍摄设备的时间可能不准")]
    if taken < instance.started_at - OLD:
        days = (instance.started_at - taken).days
        return [
            say(
                "拍摄时间比本事项发起早 {days} 天，请核实是否为旧照片",
                days=days,
            )
        ]
    return []


def _of_the_place(
    session: Session, instance: ProcessInstance, row: AttachmentPhoto
) -> list[str]:
    grid = session.execute(
        sa.select(Grid.code, Grid.name)
        .join(
            GridCase,
            (GridCase.tenant_id == Grid.tenant_id)
            & (GridCase.grid_code == Grid.code),
        )
        .where(GridCase.instance_id == instance.id)
    ).first()
    if grid is None or row.latitude is None or row.longitude is None:
        return []
    drawn = session.scalars(
        sa.select(GridArea.boundary).where(
            GridArea.tenant_id == instance.tenant_id,
            GridArea.grid_code == grid.code,
        )
    ).all()
    away = kilometres_outside(
        [value for value in drawn if value], row.longitude, row.latitude
    )
    if away is None or away <= NEAR_KM:
        return []
    return [
        say(
            "拍摄地点不在网格“{grid}”内，相距约 {km} 公里，请核实",
            grid=grid.name,
            km=math.ceil(away * 10) / 10,
        )
    ]


def _used_before(
    session: Session,
    who: access.Viewer,
    instance: ProcessInstance,
    photos: Sequence[Attachment],
) -> dict[str, list[str]]:
    """By digest, the other instances of the jurisdiction to which the same picture was attached earlier."""
    rows = session.execute(
        sa.select(
            Attachment.sha256,
            sa.func.min(Attachment.uploaded_at).label("at"),
            ProcessInstance.business_key,
            sa.case((access.may_see(who), 1), else_=0).label("seen"),
        )
        .join(ProcessInstance, ProcessInstance.id == Attachment.instance_id)
        .where(
            Attachment.sha256.in_([photo.sha256 for photo in photos]),
            Attachment.tenant_id == instance.tenant_id,
            Attachment.instance_id != instance.id,
            Attachment.uploaded_at
            < max(photo.uploaded_at for photo in photos),
        )
        .group_by(Attachment.sha256, ProcessInstance.id)
        .order_by(sa.func.min(Attachment.uploaded_at))
        .limit(MOST_USES * len(photos))
    )
    result: dict[str, list[str]] = {}
    for row in rows:
        sentences = result.setdefault(row.sha256, [])
        if len(sentences) < MOST_USES:
            sentences.append(_use(row))
    return result


def _use(row: Any) -> str:
    day = f"{row.at:%Y-%m-%d}"
    if row.seen:
        return say(
            "同一张照片 {day} 已用于 {number}，请核实",
            day=day,
            number=row.business_key,
        )
    return say("同一张照片 {day} 已用于另一件事项，请核实", day=day)
