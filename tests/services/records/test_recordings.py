"""Short videos and voice are taken by their content and length."""

from __future__ import annotations

import struct

import pytest

from orchestrator.errors import AttachmentRefused
from orchestrator.services.records import examined_files
from orchestrator.services.records.recordings import seconds_of
from orchestrator.services.simulation import sample_files


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, name) + content


def film(seconds: int, version: int = 0) -> bytes:
    layout = ">B3xIIII" if version == 0 else ">B3xQQIQ"
    head = struct.pack(layout, version, 0, 0, 600, seconds * 600)
    return (
        box(b"ftyp", b"isom\0\0\0\0")
        + box(b"mdat", bytes(5000))
        + box(b"moov", box(b"udta", b"") + box(b"mvhd", head + bytes(80)))
    )


def wave(seconds: int) -> bytes:
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    return b"RIFF" + bytes(4) + b"WAVEfmt " + form + bytes(8000 * seconds - 36)


def mp3(seconds: int) -> bytes:
    tagged = b"ID3\x03\0\0\0\0\0\x0a" + bytes(10)
    return tagged + b"\xff\xfb\x90\0" + bytes(16_000 * seconds - 4)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (film(59), ".mp4"),
        (film(59, version=1), ".mov"),
        (film(59), ".m4a"),
        (wave(59), ".wav"),
        (mp3(59), ".mp3"),
    ],
)
def test_how_long_a_recording_plays_is_read_from_its_parts(
    content: bytes, suffix: str
) -> None:
    assert seconds_of(content, suffix) == pytest.approx(59, abs=0.1)
    for cut in (0, 3, 9):
        assert seconds_of(content[:cut], suffix) is None


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (film(61), "长.mp4", "「长.mp4」长 61 秒，最长 60 秒"),
        (film(181), "长.m4a", "最长 180 秒"),
        (film(10), "其实是录像.mp3", "与扩展名不符"),
        (wave(10), "其实是录音.mp4", "与扩展名不符"),
        (box(b"ftyp", b"isom") + box(b"moov", b""), "没有长度.mp4", "不符"),
        (b"RIFF\0\0\0\0AVI LIST", "其实是录像.webp", "与扩展名不符"),
    ],
)
def test_what_is_too_long_or_something_else_is_refused(
    world, content: bytes, name: str, told: str
) -> None:
    with pytest.raises(AttachmentRefused, match=told):
        examined_files.examine(content, name)


@pytest.mark.parametrize("suffix", [*examined_files.TYPES])
def test_a_scenarios_sample_of_each_kind_is_taken(world, suffix: str) -> None:
    name = f"附件{suffix}"
    content = sample_files.sample(name)
    assert examined_files.examine(content, name).name == name
