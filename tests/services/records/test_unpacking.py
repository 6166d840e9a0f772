"""What an uploaded ZIP file tells of itself is not believed: no more is unpacked than may be, whatever it
is."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
import pytest

from orchestrator.errors import RuleViolated
from orchestrator.services.records import (
    examined_files,
    unpacking,
    uploaded_tables,
)

MEGABYTE = 1024 * 1024
Part = Callable[[str, bytes], bytes]


def archive(kind: int = zipfile.ZIP_DEFLATED, **contents: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", kind) as packed:
        for name, content in contents.items():
            packed.writestr(name, content)
    return target.getvalue()


def lying(kind: int) -> bytes:
    """A file of 20 MB that says it has ten bytes, and what the ten add up to."""
    raw = bytearray(archive(kind, a=bytes(20 * MEGABYTE)))
    entry = raw.rindex(b"PK\x01\x02")
    struct.pack_into("<I", raw, entry + 16, zlib.crc32(bytes(10)))
    struct.pack_into("<I", raw, entry + 24, 10)
    return bytes(raw)


def workbook(change: Part = lambda _name, part: part) -> bytes:
    """A list of two lines, each part of its file as `change` makes it."""
    book = openpyxl.Workbook()
    book.active.append(["类别", "名称"])
    book.active.append(["户", "张三户"])
    source, target = io.BytesIO(), io.BytesIO()
    book.save(source)
    with (
        zipfile.ZipFile(source) as there,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in there.namelist():
            packed.writestr(name, change(name, there.read(name)))
    return target.getvalue()


def after(end: str, added: bytes) -> Part:
    """Puts something at the end of the element of that name."""
    closing = f"</{end}>".encode()
    return lambda _name, part: part.replace(closing, added + closing)


def as_other_code(code: str) -> Part:
    """A sheet with an entity, under a code in which the declaration looks otherwise."""

    def changed(name: str, part: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return part
        entity = '<!DOCTYPE a [<!ENTITY b "张三">]>'
        return f"<?xml version='1.0'?>{entity}{part.decode()}".encode(code)

    return changed


def test_a_file_is_unpacked_as_far_as_it_says_and_no_further() -> None:
    packed = lying(zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    files = unpacking.files(packed, 10, MEGABYTE)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert files == {"a": bytes(10)}
    assert most < 4 * MEGABYTE


@pytest.mark.parametrize("kind", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_kinds_that_are_unpacked_whole_are_refused(kind: int) -> None:
    with pytest.raises(unpacking.NoArchive):
        unpacking.files(lying(kind), 10, MEGABYTE)


def test_more_files_or_bytes_than_may_be_are_refused() -> None:
    with pytest.raises(unpacking.ArchiveTooLarge):
        unpacking.files(archive(a=b"", b=b""), 1, MEGABYTE)
    with pytest.raises(unpacking.ArchiveTooLarge):
        unpacking.files(archive(a=b"abc"), 1, 2)


def test_a_damaged_head_is_no_error_of_ours() -> None:
    raw = bytearray(archive(**{"word/a中.xml": b"x"}))
    entry = raw.rindex(b"PK\x01\x02")
    unnamed, newer = bytearray(raw), bytearray(raw)
    unnamed[entry + 46 + 6 : entry + 46 + 9] = b"\xff\xff\xff"
    struct.pack_into("<H", newer, entry + 6, 200)
    for damaged in (bytes(unnamed), bytes(newer)):
        assert not examined_files.holds(damaged, ".docx")
        with pytest.raises(RuleViolated):
            list(uploaded_tables.lines(damaged, 10))


def test_a_full_list_of_many_columns_is_read() -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(1_000):
        sheet.append([f"{number}号{column}" for column in range(12)])
    target = io.BytesIO()
    book.save(target)
    told = list(uploaded_tables.lines(target.getvalue(), 1_002))
    assert len(told) == 1_000 and told[-1][11] == "999号11"


def test_a_workbook_is_read_to_its_last_line() -> None:
    told = list(uploaded_tables.lines(workbook(), 10))
    assert [line[:2] for line in told] == [["类别", "名称"], ["户", "张三户"]]


@pytest.mark.parametrize(
    ("end", "added"),
    [
        ("cellXfs", b"<xf/>" * 160_000),
        ("sheetData", b'<row r="1"/>' * 160_000),
        ("worksheet", b'<conditionalFormatting sqref="A1"/>' * 160_000),
    ],
)
def test_a_workbook_of_very_many_elements_is_refused_before_it_is_read(
    end: str, added: bytes
) -> None:
    with pytest.raises(RuleViolated, match="展开后太大"):
        list(uploaded_tables.lines(workbook(after(end, added)), 10))


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_a_workbook_with_entities_is_refused_in_whatever_code(
    code: str,
) -> None:
    with pytest.raises(RuleViolated, match="不正常"):
        list(uploaded_tables.lines(workbook(as_other_code(code)), 10))


def test_of_a_table_in_text_no_more_lines_are_kept_than_asked_for() -> None:
    assert len(list(uploaded_tables.lines(b"\n" * MEGABYTE, 12))) == 12


def test_a_list_of_very_many_files_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpacking, "MOST_ENTRIES", 5)
    content = archive(**{f"a{number}": b"" for number in range(6)})
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(unpacking.NoArchive):
        unpacking.names(content)
    with pytest.raises(unpacking.ArchiveTooLarge):
        unpacking.files(content, 100, MEGABYTE)
