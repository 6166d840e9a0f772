"""Portraits of grid members for the notice board: re-encoded, small, without what the camera wrote into the file."""

from __future__ import annotations

import io
from datetime import datetime

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from orchestrator.errors import AttachmentRefused, NotFound
from orchestrator.handlers.notices import grid_notice
from orchestrator.services import deployments
from orchestrator.store.definitions import versions_in_force
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.writing import heavy

SIZE = (300, 400)
"""Pixels: three by four, as an identity photograph."""
LARGEST = 5 * 1024 * 1024
Image.MAX_IMAGE_PIXELS = 40_000_000


def put(content: bytes, by: int, now: datetime) -> None:
    """Makes the picture the person's portrait and refreshes the notices of the grids he serves. Raises AttachmentRefused."""
    portrait = shrink(content)
    with transaction() as session:
        person = session.get(Person, by)
        if person is None:
            raise NotFound(str(by))
        person.photo = portrait
        session.flush()
        _refresh(session, person, now)


def remove(by: int, now: datetime) -> None:
    """Takes the portrait away, from the notices too."""
    with transaction() as session:
        person = session.get(Person, by)
        if person is None:
            raise NotFound(str(by))
        person.photo = None
        session.flush()
        _refresh(session, person, now)


@heavy
def shrink(content: bytes) -> bytes:
    """A JPEG of SIZE, upright and cut to the middle. Raises AttachmentRefused for what is no JPEG or PNG, or too large."""
    if len(content) > LARGEST:
        raise AttachmentRefused("照片", f"照片超过 {LARGEST // 1024 // 1024} MB，请压缩后再传")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError):
        raise AttachmentRefused("照片", "照片应为 JPG 或 PNG 图片，请换一张没有损坏的再传") from None
    target = io.BytesIO()
    ImageOps.fit(upright, SIZE).save(target, "JPEG", quality=82, optimize=True)
    return target.getvalue()


def _refresh(session: Session, person: Person, now: datetime) -> None:
    grids = session.scalars(
        sa.select(Body.territory_code)
        .join(Membership, Membership.body_id == Body.id)
        .where(Membership.person_id == person.id, Membership.until_on.is_(None), Body.level == "grid")
        .distinct()
    ).all()
    in_force = versions_in_force(session, person.tenant_id, now)
    if not in_force:
        return
    newest = max(in_force, key=lambda each: each.deployment_id)
    profile = deployments.bundle(session, newest.id).jurisdiction
    for code in grids:
        grid_notice(session, profile, person.tenant_id, code, now, None)
