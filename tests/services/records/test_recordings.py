"""Short videos and voice are taken by their content and length."""

from __future__ import annotations

import struct

import pytest

from orchestrator.errors import AttachmentRefused
from orchestrator.services.records import examined_files, heic
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


def quicktime(seconds: int) -> bytes:
    """As older cameras write it."""
    return box(b"wide", b"") + film(seconds)[16:]


def streamed(seconds: int, own_durations: bool) -> bytes:
    """As a browser writes it while it records: the head tells no length."""
    track = box(b"tkhd", struct.pack(">IIII", 0, 0, 0, 1)) + box(
        b"mdia", box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0))
    )
    usual = box(b"trex", struct.pack(">IIIII", 0, 1, 1, 0, 0))
    head = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 0))
    tracks = box(b"trak", track) + box(b"mvex", usual)
    if own_durations:
        begins = box(b"tfhd", struct.pack(">II", 0x20000, 1))
        samples = struct.pack(">IIIII", 0x301, 2, 0, 400, 9)
        run = box(b"trun", samples + struct.pack(">II", 600, 9))
    else:
        begins = box(b"tfhd", struct.pack(">IIII", 0x2000A, 1, 1, 500))
        run = box(b"trun", struct.pack(">III", 0x1, 2, 0))
    part = box(b"moof", box(b"traf", begins + run)) + box(b"mdat", bytes(18))
    return (
        box(b"ftyp", b"iso5\0\0\0\0")
        + box(b"moov", head + tracks)
        + part * seconds
    )


def wave_of_parts(seconds: int, told: int) -> bytes:
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    sound = b"data" + struct.pack("<I", told) + bytes(8000 * seconds)
    before = b"JUNK" + struct.pack("<I", 27) + bytes(28)
    return b"RIFF" + bytes(4) + b"WAVE" + before + b"fmt " + form + sound


def mp3_that_tells(seconds: int) -> bytes:
    """Its first frame is of few bits; the others may have any."""
    frames = round(seconds * 44_100 / 1152)
    told = b"Xing" + struct.pack(">II", 1, frames)
    tag = b"ID3\x03\0\0\0\0\0\0"
    return tag + b"\xff\xfb\x10\0" + bytes(32) + told + bytes(16_000 * seconds)


def mp3_of_frames(seconds: int) -> bytes:
    """Frames of 32 and 128 kilobits in turn; none tells how many there are."""
    small = b"\xff\xfb\x10\xc0" + bytes(144 * 32_000 // 44_100 - 4)
    large = b"\xff\xfb\x90\xc0" + bytes(144 * 128_000 // 44_100 - 4)
    tag = b"ID3\x03\0\0\0\0\0\0"
    return tag + (small + large) * round(seconds * 44_100 / 1152 / 2)


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (quicktime(59), ".mov"),
        (streamed(59, own_durations=True), ".mp4"),
        (streamed(59, own_durations=False), ".mp4"),
        (wave_of_parts(59, 8000 * 59), ".wav"),
        (wave_of_parts(59, 0), ".wav"),
        (wave_of_parts(59, 0xFFFFFFFF), ".wav"),
        (mp3_that_tells(59), ".mp3"),
        (mp3_of_frames(59), ".mp3"),
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
        (film(61), "长.mp4", "“长.mp4”长 61 秒，最长 60 秒"),
        (streamed(61, own_durations=True), "长.mp4", "长 61 秒"),
        (quicktime(9), "其实是旧的录像.mp4", "与扩展名不符"),
        (film(0), "没有长度.mp4", "与扩展名不符"),
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


@pytest.mark.parametrize(
    "suffix", [*examined_files.TYPES, ".JPG", ".DOCX", ".HEIC"]
)
def test_a_scenarios_sample_of_each_kind_is_taken(world, suffix: str) -> None:
    name = heic.jpeg_name(f"附件{suffix}")
    content = sample_files.sample(f"附件{suffix}")
    assert examined_files.examine(content, name).name == name
