"""What a camera wrote into a photograph: when and where it was taken. It is shown beside the file and blocks
nothing."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import Image

from orchestrator.services.records.pictures import UNREADABLE

_EXIF = 0x8769
_GPS = 0x8825
_TAKEN = 36867
_OFFSET = 36881
_LATITUDE = (1, 2, "S", 90)
_LONGITUDE = (3, 4, "W", 180)
"""Tag of the hemisphere, tag of the degrees, the hemisphere that counts backwards, the most degrees."""


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    taken_at: datetime | None
    """By the camera's clock; without a zone where it wrote none."""
    latitude: float | None
    """Degrees, WGS 84, as is the longitude; both or neither."""
    longitude: float | None


def facts_of(content: bytes) -> PhotoFacts | None:
    """What the file says; None where it is no photograph or says nothing. Never raises."""
    try:
        # These tell it in their head; looking for it in a PNG would decode the whole picture.
        with Image.open(
            io.BytesIO(content), formats=("JPEG", "WEBP")
        ) as picture:
            written = picture.getexif()
            camera = written.get_ifd(_EXIF)
            place = written.get_ifd(_GPS)
    except UNREADABLE:
        return None
    taken_at = _taken(camera)
    latitude = _degrees(place, *_LATITUDE)
    longitude = _degrees(place, *_LONGITUDE)
    if latitude is None or longitude is None:
        latitude = None
        longitude = None
    if taken_at is None and latitude is None:
        return None
    return PhotoFacts(taken_at, latitude, longitude)


def _taken(camera: Mapping[int, Any]) -> datetime | None:
    try:
        day, _blank, clock = str(camera[_TAKEN])[:19].partition(" ")
        moment = datetime.fromisoformat(f"{day.replace(':', '-')}T{clock}")
    except (KeyError, ValueError):
        return None
    if not 1990 <= moment.year <= 2200:
        return None
    try:
        sign, hours, minutes = (
            str(camera[_OFFSET])[:1],
            int(str(camera[_OFFSET])[1:3]),
            int(str(camera[_OFFSET])[4:6]),
        )
        away = timedelta(hours=hours, minutes=minutes)
        if sign == "-":
            away = -away
        return moment.replace(tzinfo=timezone(away))
    except (KeyError, ValueError):
        return moment


def _degrees(
    place: Mapping[int, Any],
    side: int,
    tag: int,
    backwards: str,
    most: int,
) -> float | None:
    try:
        degrees, minutes, seconds = (float(value) for value in place[tag])
        result = degrees + minutes / 60 + seconds / 3600
        if str(place[side]).strip("\0 ").upper() == backwards:
            result = -result
    except UNREADABLE:
        return None
    if not math.isfinite(result) or abs(result) > most:
        return None
    return result
