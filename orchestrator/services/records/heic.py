"""HEIC, the photographs of iPhones: kept as JPEG, which every browser and printer reads, with what the camera
wrote about time and place."""

from __future__ import annotations

from pathlib import PurePath

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


def camera_facts(picture: Image.Image) -> Image.Exif | None:
    """What the camera wrote, without which side is up: the decoder has turned the picture already."""
    try:
        written = picture.getexif()
        written.pop(_ORIENTATION, None)
        written.tobytes()
    except (ValueError, TypeError, SyntaxError, OverflowError, OSError):
        return None
    return written
