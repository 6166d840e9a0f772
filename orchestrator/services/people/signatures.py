"""A person's signature: drawn or uploaded, kept as a small grey picture on white."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image, ImageOps

from orchestrator.errors import AttachmentRefused
from orchestrator.sentences import say
from orchestrator.services.people.photos import UNREADABLE
from orchestrator.services.records import jpeg_passes
from orchestrator.store.decision_aids import Signature
from orchestrator.store.people import one_at_a_time
from orchestrator.store.session import transaction
from orchestrator.store.writing import heavy

SIZE = (480, 180)
"""Pixels at most."""
LARGEST = 2 * 1024 * 1024
MOST_PIXELS = 8_000_000
FAINT = 200
"""A picture without any grey darker than this shows nothing (0 is black, 255 white)."""


def put(content: bytes, by: int, now: datetime) -> None:
    """Makes the picture the person's signature; decisions signed before keep theirs. Raises
    AttachmentRefused."""
    picture = prepared(content)
    with transaction() as session:
        one_at_a_time(session, by)
        session.merge(Signature(person_id=by, picture=picture, signed_at=now))


def remove(by: int) -> None:
    """Takes it away; decisions signed before keep theirs."""
    with transaction() as session:
        row = session.get(Signature, by)
        if row is not None:
            session.delete(row)


@heavy
def prepared(content: bytes) -> bytes:
    """A PNG of at most SIZE, cut to what is written. Raises AttachmentRefused for what is no JPEG or PNG, too
    large, or blank."""
    name = say("签名")
    if len(content) > LARGEST:
        raise AttachmentRefused(name, say("签名图片超过 2 MB，请压缩后再传"))
    try:
        if jpeg_passes.too_many(content):
            raise ValueError("too many passes")
        with Image.open(
            io.BytesIO(content),
            formats=("JPEG", "PNG"),
        ) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise AttachmentRefused(
                    name,
                    say("签名图片太大，请缩小后再传"),
                )
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (*UNREADABLE, Image.DecompressionBombError):
        raise AttachmentRefused(
            name,
            say("签名应为 JPG 或 PNG 图片，请换一张没有损坏的再传"),
        ) from None
    white = Image.new("RGBA", upright.size, "white")
    grey = Image.alpha_composite(white, upright).convert("L")
    written = grey.point(lambda shade: 255 if shade < FAINT else 0).getbbox()
    if written is None:
        raise AttachmentRefused(name, say("签名是空白的，请先写上名字"))
    cut = ImageOps.expand(grey.crop(written), border=8, fill=255)
    cut.thumbnail(SIZE)
    target = io.BytesIO()
    cut.save(target, "PNG", optimize=True)
    return target.getvalue()
