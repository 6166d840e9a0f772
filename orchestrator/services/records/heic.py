"""HEIC, the photographs of iPhones: kept as JPEG, which every browser and printer reads, with what the camera
wrote about time and place."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import PurePath
from typing import Any

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener(thumbnails=False)

FORMAT = "HEIF"
"""What Pillow calls it."""
EDGE = 4096
"""Pixels of the longer side: an iPhone's usual photograph keeps its size."""
QUALITY = 90
"""Of the JPEG, of a hundred."""
ENDINGS = (".heic", ".heif")
_NAMED_SO = (*ENDINGS, ".jpg", ".jpeg")
"""Some phones call it .jpg all the same."""
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")
_ORIENTATION = 0x0112
MOST_FACTS = 65_533
"""Bytes of what a camera wrote, as far as a JPEG holds it."""
_CAMERA = (271, 272, 306)
"""Maker, model and time."""
_TIMES_PART = 0x8769
_TIMES = (36867, 36868, 36880, 36881, 36882)
_PLACE_PART = 0x8825
_PLACE = (1, 2, 3, 4, 5, 6, 7, 29)
_MOST_VALUE = 200
"""Characters of one value among these."""
_UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
    SyntaxError,
    OSError,
    struct.error,
)


def is_one(content: bytes, filename: str) -> bool:
    """Whether the bytes begin as such a photograph does and the name fits one."""
    suffix = PurePath(filename).suffix.lower()
    begins = content[4:8] == b"ftyp" and content[8:12] in _BRANDS
    return begins and suffix in _NAMED_SO


def jpeg_name(filename: str) -> str:
    """The name under which the photograph is kept."""
    path = PurePath(filename)
    if path.suffix.lower() in ENDINGS:
        return str(path.with_suffix(".jpg"))
    return filename


def camera_facts(picture: Image.Image) -> bytes:
    """What the camera wrote, as a JPEG takes it, without which side is up: the decoder has turned the picture
    already. Of more than a JPEG holds, time, place and camera alone; empty where nothing can be read."""
    try:
        written = picture.getexif()
        written.pop(_ORIENTATION, None)
        facts = written.tobytes()
        if len(facts) > MOST_FACTS:
            facts = _shortened(written).tobytes()
    except _UNREADABLE:
        return b""
    if len(facts) > MOST_FACTS:
        return b""
    return facts


def colours(picture: Image.Image) -> bytes | None:
    """The profile that says what its red, green and blue are; None where it names none for these."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("RGB", "RGBA") and isinstance(profile, bytes):
        return profile
    return None


def _shortened(written: Image.Exif) -> Image.Exif:
    kept = Image.Exif()
    _copy(written, kept, _CAMERA)
    _copy(written.get_ifd(_TIMES_PART), kept.get_ifd(_TIMES_PART), _TIMES)
    _copy(written.get_ifd(_PLACE_PART), kept.get_ifd(_PLACE_PART), _PLACE)
    return kept


def _copy(
    written: Mapping[int, Any],
    kept: MutableMapping[int, Any],
    tags: Iterable[int],
) -> None:
    for tag in tags:
        if tag in written and len(str(written[tag])) <= _MOST_VALUE:
            kept[tag] = written[tag]
