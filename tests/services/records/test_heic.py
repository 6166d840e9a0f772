"""HEIC of iPhones is kept as JPEG with the camera's time and place; what only looks like one is refused."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageCms

from orchestrator.errors import AttachmentRefused
from orchestrator.services.records import attachments, heic, pictures
from orchestrator.services.records.photo_facts import facts_of
from tests.services.records.test_attachments import keep
from tests.services.records.test_photo_facts import SHANGHAI


def photograph(size: tuple[int, int] = (64, 32), turned: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turned
    exif.get_ifd(0x8769)[36867] = "2026:10:01 08:00:00"
    exif.get_ifd(0x8825).update(SHANGHAI)
    kept = io.BytesIO()
    picture = Image.new("RGB", size, "teal")
    picture.save(kept, heic.FORMAT, exif=exif.tobytes())
    return kept.getvalue()


@pytest.mark.parametrize(
    "name", ["IMG_0001.HEIC", "现场.heif", "微信图片.jpg"]
)
def test_it_becomes_a_jpeg_that_still_tells_time_and_place(world, name):
    row = keep(world, photograph(), name)
    assert row.content_type == "image/jpeg"
    assert row.filename == name.rpartition(".")[0] + ".jpg"
    content = attachments.read(row.sha256)
    facts = facts_of(content)
    assert facts is not None
    assert f"{facts.taken_at:%Y-%m-%d %H:%M}" == "2026-10-01 08:00"
    assert facts.longitude == pytest.approx(121.5)
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (64, 32))


@pytest.mark.parametrize("note", [b"", b"x" * 64_000])
def test_facts_of_any_length_keep_time_and_place(note) -> None:
    exif = Image.Exif()
    exif[272] = "iPhone"
    exif[40092] = note
    exif[270] = "x" * 10_000
    exif.get_ifd(0x8769)[36867] = "2026:10:01 08:00:00"
    exif.get_ifd(0x8825).update(SHANGHAI)
    kept = io.BytesIO()
    picture = Image.new("RGB", (64, 32), "teal")
    picture.save(kept, heic.FORMAT, exif=exif.tobytes())
    content = pictures.from_heic(kept.getvalue(), "现场.heic")
    facts = facts_of(content)
    assert facts is not None and facts.taken_at is not None
    assert facts.longitude == pytest.approx(121.5)
    with Image.open(io.BytesIO(content)) as read:
        assert read.getexif()[272] == "iPhone"


def test_facts_that_cannot_be_read_refuse_no_photograph(monkeypatch) -> None:
    def broken(_self: Image.Image) -> Image.Exif:
        raise SyntaxError

    written = photograph()
    monkeypatch.setattr(Image.Image, "getexif", broken)
    content = pictures.from_heic(written, "现场.heic")
    assert content.startswith(b"\xff\xd8\xff")


def test_the_profile_of_the_colours_is_kept() -> None:
    profile = ImageCms.ImageCmsProfile(
        ImageCms.createProfile("sRGB")
    ).tobytes()
    kept = io.BytesIO()
    picture = Image.new("RGB", (64, 32), "teal")
    picture.save(kept, heic.FORMAT, icc_profile=profile)
    content = pictures.from_heic(kept.getvalue(), "现场.heic")
    with Image.open(io.BytesIO(content)) as read:
        assert read.info["icc_profile"] == profile


def test_a_turned_photograph_stands_upright_once(world):
    row = keep(world, photograph((64, 32), turned=6), "竖拍.heic")
    with Image.open(io.BytesIO(attachments.read(row.sha256))) as picture:
        assert picture.size == (32, 64)
        assert picture.getexif().get(0x0112, 1) == 1


def test_the_same_photograph_is_known_again(world):
    first = keep(world, photograph(), "一.heic")
    second = keep(world, photograph(), "二.heic")
    assert first.sha256 == second.sha256


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (photograph()[:300], "不是能读的照片"),
        (photograph()[:12] + bytes(4000), "不是能读的照片"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "与扩展名不符"),
        (b"", "与扩展名不符"),
        (photograph() + bytes(1024 * 1024), "超过 1 MB"),
    ],
)
def test_what_is_none_is_refused_with_a_sentence(world, content, told):
    with pytest.raises(AttachmentRefused, match=told):
        keep(world, content, "现场.heic")


def test_more_pixels_than_may_be_decoded_are_told_from_the_head(
    world, monkeypatch
):
    monkeypatch.setattr(pictures, "MOST_PIXELS", 1000)
    with pytest.raises(AttachmentRefused, match="像素"):
        keep(world, photograph(), "大图.heic")


def test_changed_bytes_never_fail_otherwise(world):
    whole = photograph()
    for place in range(16, len(whole), 37):
        changed = bytearray(whole)
        changed[place] ^= 0xFF
        try:
            content = pictures.from_heic(bytes(changed), "坏.heic")
        except AttachmentRefused:
            continue
        assert content.startswith(b"\xff\xd8\xff")
