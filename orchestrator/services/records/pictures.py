"""Photographs as they are kept for looking at: downsized, upright, without what the camera wrote into the
file."""

from __future__ import annotations

import io
import struct

from PIL import Image, ImageOps, UnidentifiedImageError

from orchestrator.errors import AttachmentRefused, PicturesBusy
from orchestrator.sentences import say
from orchestrator.services.records import heic, jpeg_passes
from orchestrator.store.turns import Turns
from orchestrator.store.writing import heavy

EDGE = 1600
"""Pixels of the longer side."""
MOST_PIXELS = 60_000_000
"""A decoded picture takes four bytes a pixel; a phone's camera makes fewer than this."""
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
FORMATS = ("JPEG", "PNG", "WEBP", heic.FORMAT)
PATIENCE_SECONDS = 10
MOST_SENDING = 3
MOST_LOOKING = 5
"""Threads of a process that may wait for a picture; it has eight."""
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
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for a damaged picture, or for what a camera wrote into it."""
_sending = Turns(MOST_SENDING, PATIENCE_SECONDS)
_looking = Turns(MOST_LOOKING, PATIENCE_SECONDS)
"""Another one, so that who looks at photographs keeps nobody waiting who sends some."""


@heavy
def downsized(content: bytes, name: str, edge: int = EDGE) -> bytes:
    """A JPEG no longer than `edge`, upright. Raises AttachmentRefused for what is no photograph, or too
    large."""
    with _sending.turn(_busy(name)):
        return _decoded(content, name, edge)


@heavy
def from_heic(content: bytes, name: str) -> bytes:
    """The photograph as a JPEG, with what the camera wrote. Raises AttachmentRefused for what
    is no photograph, or too large."""
    require_at_most(content, name, MOST_PIXELS)
    with _sending.turn(_busy(name)):
        try:
            return _as_jpeg(content)
        except UNREADABLE:
            raise _unreadable(name) from None


def for_looking(content: bytes, name: str, edge: int) -> bytes:
    """As `downsized`, for somebody who looks at a photograph that is kept. Raises PicturesBusy where others
    are decoded for too long, and AttachmentRefused for what is no photograph, or too large."""
    with _looking.turn(PicturesBusy()):
        return _decoded(content, name, edge)


def require_at_most(content: bytes, name: str, most: int) -> None:
    """Reads the header alone. Raises AttachmentRefused for what is no photograph, and for one of more than
    `most` pixels, or that is drawn in too many passes."""
    if jpeg_passes.too_many(content):
        raise _unreadable(name)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            pixels = picture.width * picture.height
    except Image.DecompressionBombError:
        # Pillow says so of twice what it takes for large.
        pixels = most + 1
    except UNREADABLE:
        raise _unreadable(name) from None
    if pixels > most:
        raise AttachmentRefused(
            name,
            say(
                "“{name}”超过 {most} 万像素，请把相机的分辨率调低后重拍，或者传这张照片的截图",
                name=name,
                most=most // 10_000,
            ),
        )


def _busy(name: str) -> AttachmentRefused:
    return AttachmentRefused(name, say("正在处理其他人的照片，请稍后再传"))


def _unreadable(name: str) -> AttachmentRefused:
    return AttachmentRefused(
        name,
        say(
            "“{name}”不是能读的照片，请换一张 JPG、PNG、WebP 或 HEIC 照片",
            name=name,
        ),
    )


def _decoded(content: bytes, name: str, edge: int) -> bytes:
    try:
        return _decode(content, edge)
    except UNREADABLE:
        raise _unreadable(name) from None


def _as_jpeg(content: bytes) -> bytes:
    target = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=(heic.FORMAT,)) as picture:
        facts = heic.camera_facts(picture)
        profile = heic.colours(picture)
        picture.thumbnail((heic.EDGE, heic.EDGE))
        picture.convert("RGB").save(
            target,
            "JPEG",
            quality=heic.QUALITY,
            exif=facts,
            icc_profile=profile,
        )
    return target.getvalue()


def _decode(content: bytes, edge: int) -> bytes:
    if jpeg_passes.too_many(content):
        raise ValueError("too many passes")
    # Opening reads the header alone.
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        larger = (edge, edge)
        picture.draft("RGB", larger)
        shrunk: Image.Image = picture
        if picture.mode not in ("L", "LA", "RGB", "RGBA"):
            shrunk = picture.convert("RGB")
        shrunk.thumbnail(larger, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(shrunk).convert("RGB")
    target = io.BytesIO()
    upright.save(target, "JPEG", quality=80, optimize=True)
    return target.getvalue()
