"""The lines of an Excel or CSV file that somebody uploaded, read within bounds."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import openpyxl

from orchestrator.domain import announcements
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.records import unpacking
from orchestrator.store.turns import Turns

LARGEST = 5 * 1024 * 1024
"""Bytes of a file."""
LARGEST_UNPACKED = 40 * 1024 * 1024
"""Bytes of all that an Excel file holds, unpacked."""
MOST_PARTS = 500
MOST_TAGS, MOST_TAGS_A_LINE = 150_000, 100
"""Of all parts of an Excel file; a cell has four, and its text four more. The library takes up to 40 µs for
each. Empty lines below with borders count too: an office's program leaves some ten thousand."""
MOST_COLUMNS = 30
_DECLARED = [
    "<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be")
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a spreadsheet begins a formula: an exported cell has an apostrophe before them."""
_turns = Turns(most_waiting=2, patience=20)


def lines(content: bytes, most: int) -> Iterator[Sequence[str]]:
    """The texts of its cells, line by line, up to so many lines. Raises RuleViolated for what is no such
    file, or too large."""
    if len(content) > LARGEST:
        raise RuleViolated(
            [
                say(
                    "文件超过 {largest} MB，请分成几份",
                    largest=LARGEST // 1024 // 1024,
                ),
            ],
        )
    if content.startswith(b"PK"):
        return _of_workbook(content, most)
    return islice(_of_csv(content), most)


def without_apostrophe(cell: str) -> str:
    """The cell as it was before an export put an apostrophe before what would be a formula."""
    if cell.startswith("'") and cell[1:].startswith(FORMULA):
        return cell[1:]
    return cell


def _of_csv(content: bytes) -> Iterator[Sequence[str]]:
    try:
        text = announcements.decode(content)
    except ValueError:
        raise RuleViolated(
            [
                say(
                    "文件的编码无法识别，请另存为 Excel、UTF-8 或 GBK 编码的 CSV 文件",
                ),
            ],
        ) from None
    try:
        yield from csv.reader(text.replace("\0", "").splitlines())
    except csv.Error as broken:
        raise RuleViolated(
            [say("不是 CSV 文件（{broken}）", broken=broken)],
        ) from None


def _of_workbook(content: bytes, most: int) -> Iterator[Sequence[str]]:
    busy = RuleViolated([say("正在读取其他人的表格，请稍后再传")])
    with _turns.turn(busy):
        plain = _plain(content, MOST_TAGS + most * MOST_TAGS_A_LINE)
        return iter(_rows(plain, most))


def _rows(plain: bytes, most: int) -> Sequence[Sequence[str]]:
    rows = []
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(plain),
            read_only=True,
            keep_links=False,
        )
        cells = book.worksheets[0].iter_rows(
            max_row=most, max_col=MOST_COLUMNS
        )
        for number, row in enumerate(cells, 1):
            if any(cell.data_type == "f" for cell in row):
                raise RuleViolated(
                    [
                        say(
                            "第 {number} 行有公式，请用“选择性粘贴—数值”换成值再上传",
                            number=number,
                        ),
                    ],
                )
            rows.append(
                ["" if cell.value is None else str(cell.value) for cell in row]
            )
    except RuleViolated:
        raise
    # A damaged or hostile file makes the library raise almost anything.
    except Exception:
        raise _unreadable() from None
    return rows


def _unreadable() -> RuleViolated:
    return RuleViolated(
        [say("这不是可以读的 Excel 文件，请另存为 .xlsx 再上传")],
    )


def _plain(content: bytes, most_tags: int) -> bytes:
    """The workbook with each of its parts as long as it is said to be. Raises RuleViolated for what unpacks
    to too much, has more tags, or declares a document type: entities grow."""
    too_large = RuleViolated(
        [
            say(
                "这个 Excel 文件展开后太大，请只保留要上传的一张表，并删去表格下面带格式的空行"
            )
        ],
    )
    try:
        parts = unpacking.files(content, MOST_PARTS, LARGEST_UNPACKED)
    except unpacking.ArchiveTooLarge:
        raise too_large from None
    except unpacking.NoArchive:
        raise _unreadable() from None
    if any(code in part for part in parts.values() for code in _DECLARED):
        raise RuleViolated(
            [say("这个 Excel 文件的内容不正常，请另存一份再上传")],
        )
    if sum(part.count(b"<") for part in parts.values()) > most_tags:
        raise too_large
    return _packed(parts)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()
