"""What a camera wrote into a picture is read; what it wrote badly is passed over."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import Image

from orchestrator.services.records.photo_facts import facts_of


def picture(taken: str = "", place: dict | None = None) -> bytes:
    exif = Image.Exif()
    if taken:
        exif.get_ifd(0x8769)[36867] = taken
    if place:
        exif.get_ifd(0x8825).update(place)
    kept = io.BytesIO()
    Image.new("RGB", (8, 8)).save(kept, "JPEG", exif=exif)
    return kept.getvalue()


SHANGHAI = {1: "N", 2: (31.0, 14.0, 0.0), 3: "E", 4: (121.0, 30.0, 0.0)}


def test_time_and_place_are_read() -> None:
    found = facts_of(picture("2020:01:01 10:00:00", SHANGHAI))
    assert found is not None
    assert found.taken_at == datetime(2020, 1, 1, 10)
    assert found.latitude == pytest.approx(31 + 14 / 60)
    assert found.longitude == pytest.approx(121.5)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff" + b"\0" * 50,
        picture(),
        picture("2020:13:45 99:00:00"),
        picture("0000:00:00 00:00:00"),
        picture("明天"),
        picture(place={1: "N", 2: (931.0, 0.0, 0.0), 3: "E", 4: (0.0,)}),
        picture("2020:01:01 10:00:00")[:60],
    ],
)
def test_what_says_nothing_is_nothing(content) -> None:
    assert facts_of(content) is None


def test_bytes_turned_over_never_stop_an_upload() -> None:
    whole = picture("2020:01:01 10:00:00", SHANGHAI)
    for place in range(20, min(len(whole), 400)):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        facts_of(bytes(changed))
