"""Portraits of grid members for the notice board: re-encoded, small, without what the camera wrote into the
file."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from orchestrator.errors import AttachmentRefused, NotFound
from orchestrator.handlers.grid_notices import grid_notices
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.records import jpeg_passes
from orchestrator.store.definitions import versions_in_force
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import Grid
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.turns import Turns
from orchestrator.store.writing import heavy

SIZE = (300, 400)
"""Pixels: three by four, as an identity photograph."""
LARGEST = 5 * 1024 * 1024
MOST_PIXELS = 24_000_000
"""A decoded picture takes four bytes a pixel; a small file may hold any number of them."""
_turns = Turns(most_waiting=3, patience=10)
UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
)
"""What Pillow raises for a damaged picture, or for what a camera wrote into it."""


def put(content: bytes, by: int, now: datetime) -> None:
    """Makes the picture the person's portrait and refreshes the notices of the grids he serves. Raises
    AttachmentRefused."""
    portrait = shrink(content)
    with transaction() as session:
        person = session.get(Person, by)
        if person is None:
            raise NotFound(str(by))
        person.photo = portrait
        session.flush()
        refresh(session, person.tenant_id, grids_of(session, [person.id]), now)


def remove(by: int, now: datetime) -> None:
    """Takes the portrait away, from the notices too."""
    with transaction() as session:
        person = session.get(Person, by)
        if person is None:
            raise NotFound(str(by))
        person.photo = None
        session.flush()
        refresh(session, person.tenant_id, grids_of(session, [person.id]), now)


@heavy
def shrink(content: bytes) -> bytes:
    """A JPEG of SIZE, upright and cut to the middle. Raises AttachmentRefused for what is no JPEG or PNG, or
    too large."""
    if len(content) > LARGEST:
        raise AttachmentRefused(
            say("照片"),
            say(
                "照片超过 {largest} MB，请压缩后再传",
                largest=LARGEST // 1024 // 1024,
            ),
        )
    busy = AttachmentRefused(
        say("照片"),
        say("正在处理其他人的照片，请稍后再传"),
    )
    with _turns.turn(busy):
        return _shrunk(content)


def _shrunk(content: bytes) -> bytes:
    try:
        return _decode(content)
    except _TooManyPixels:
        raise AttachmentRefused(
            say("照片"),
            say(
                "照片超过 {most_pixels} 万像素，请缩小后再传",
                most_pixels=MOST_PIXELS // 10000,
            ),
        ) from None
    except UNREADABLE:
        raise AttachmentRefused(
            say("照片"),
            say("照片应为 JPG 或 PNG 图片，请换一张没有损坏的再传"),
        ) from None


class _TooManyPixels(Exception):
    """The header says so; nothing was decoded."""


def _decode(content: bytes) -> bytes:
    if jpeg_passes.too_many(content):
        raise ValueError("too many passes")
    try:
        # Opening reads the header alone.
        picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _TooManyPixels from None
    with picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _TooManyPixels
        # A JPEG is decoded no larger than needed; a PNG shrinks before it is turned, so that there is one
        # large copy.
        larger = (SIZE[1] * 2, SIZE[1] * 2)
        picture.draft("RGB", larger)
        # Colours of a palette and the like cannot be mixed.
        shrunk = (
            picture
            if picture.mode in ("L", "LA", "RGB", "RGBA")
            else picture.convert("RGB")
        )
        shrunk.thumbnail(larger, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(shrunk).convert("RGB")
    target = io.BytesIO()
    ImageOps.fit(upright, SIZE).save(target, "JPEG", quality=82, optimize=True)
    return target.getvalue()


def grids_of(session: Session, people: Sequence[int]) -> Sequence[str]:
    """Codes of the grids that the people with these ids serve."""
    return session.scalars(
        sa.select(Body.territory_code)
        .join(Membership, Membership.body_id == Body.id)
        .join(
            Grid,
            (Grid.tenant_id == Body.tenant_id)
            & (Grid.code == Body.territory_code),
        )
        .where(
            Membership.person_id.in_(people),
            Membership.until_on.is_(None),
        )
        .distinct(),
    ).all()


def refresh(
    session: Session,
    tenant_id: str,
    places: Iterable[str],
    now: datetime,
) -> None:
    """Writes the notices of those of the places that are grids anew: their people, or what is shown of them,
    changed."""
    grids = session.scalars(
        sa.select(Grid.code).where(
            Grid.tenant_id == tenant_id,
            Grid.code.in_(list(places)),
            Grid.state == "active",
        ),
    ).all()
    in_force = None
    if grids:
        in_force = versions_in_force(session, tenant_id, now)
    if not in_force:
        return
    newest = max(in_force, key=lambda definition: definition.deployment_id)
    profile = bundles.bundle_of(session, newest.id).jurisdiction
    grid_notices(
        session,
        profile,
        tenant_id,
        grids,
        now,
        None,
    )
