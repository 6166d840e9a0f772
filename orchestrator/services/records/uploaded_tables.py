"""The lines of an Excel or CSV file that somebody uploaded, read within bounds."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence

import openpyxl

from orchestrator.domain import announcements
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say

LARGEST = 5 * 1024 * 1024
"""Bytes of a file."""
LARGEST_UNPACKED = 40 * 1024 * 1024
"""Bytes of all that an Excel file holds, unpacked."""
MOST_COLUMNS = 30


def lines(content: bytes, most: int) -> Iterator[Sequence[str]]:
    """The texts of its cells, line by line, up to so many lines of a workbook. Raises RuleViolated for what
    is no such file, or too large."""
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
    return _of_csv(content)


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
    unreadable = RuleViolated(
        [say("这不是可以读的 Excel 文件，请另存为 .xlsx 再上传")],
    )
    try:
        _require_plain(content)
        book = openpyxl.load_workbook(
            io.BytesIO(content),
            read_only=True,
            keep_links=False,
        )
        rows = book.worksheets[0].iter_rows(max_row=most, max_col=MOST_COLUMNS)
        for number, row in enumerate(rows, 1):
            if any(cell.data_type == "f" for cell in row):
                raise RuleViolated(
                    [
                        say(
                            "第 {number} 行有公式，请用“选择性粘贴—数值”换成值再上传",
                            number=number,
                        ),
                    ],
                )
            yield [
                "" if cell.value is None else str(cell.value) for cell in row
            ]
    except RuleViolated:
        raise
    # A damaged or hostile file makes the library raise almost anything.
    except Exception:
        raise unreadable from None


def _require_plain(content: bytes) -> None:
    """Raises RuleViolated for what unpacks to too much, or declares a document type: entities grow."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = packed.infolist()
        if (
            len(parts) > 500
            or sum(part.file_size for part in parts) > LARGEST_UNPACKED
        ):
            raise RuleViolated(
                [say("这个 Excel 文件展开后太大，请只保留要上传的一张表")],
            )
        for part in parts:
            if part.filename.endswith(
                (".xml", ".rels"),
            ) and b"<!DOCTYPE" in packed.read(part):
                raise RuleViolated(
                    [say("这个 Excel 文件的内容不正常，请另存一份再上传")],
                )
