"""The board of figures as an Excel workbook and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter
from flask_babel import gettext as _

from orchestrator.domain.figures import MEASURES
from orchestrator.services.figures.board import TITLES, Board, BoardRow
from orchestrator.services.figures.ranking import UNITS
from orchestrator.services.records.uploaded_tables import FORMULA
from web.figure_words import MEASURE_NAMES, RATE_NAMES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
MOST_DIGITS = 11
"""A spreadsheet shows a whole number of more as 3.21E+15, and rounds one of more than fifteen."""
MOST_FOOTER = 255
"""Letters that Excel takes at the foot of a page."""


def headings() -> list[str]:
    """The headings of a line of figures, without that of its name."""
    names = [str(MEASURE_NAMES[name]) for name in MEASURES]
    rates = [f"{RATE_NAMES[name]}（%）" for name in RATE_NAMES]
    return [*names, _("已逾期"), *rates, _("用时中位数（工作时）")]


def _line(row: BoardRow) -> list[Any]:
    counts = [getattr(row.counts, name) for name in MEASURES]
    rates = [row.counts.rate(name) for name in RATE_NAMES]
    if row.minutes is None:
        hours = None
    else:
        hours = round(row.minutes / 60, 1)
    return [*counts, row.overdue, *rates, hours]


def _whole(board: Board) -> BoardRow:
    return BoardRow(
        "all",
        "",
        board.place.name,
        board.totals,
        board.minutes,
        board.pressing.overdue,
    )


def as_workbook(title: str, board: Board, mark: str) -> bytes:
    """A sheet for each table, with the mark of who exports below it and at the foot of each printed page.
    Nothing typed becomes a formula or a link."""
    target = BytesIO()
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(
        target,
        {"constant_memory": True, **plain},
    ) as book:
        bold = book.add_format({"bold": True})
        for name, lines in _tables(title, board):
            sheet = book.add_worksheet(name)
            sheet.set_column(0, 0, 32)
            sheet.set_column(1, len(lines[0]), 12)
            sheet.set_footer(footer(mark))
            for number, line in enumerate([*lines, [mark]]):
                for column, cell in enumerate(line):
                    _write(
                        sheet,
                        (number, column),
                        cell,
                        bold if number == 0 else None,
                    )
    return target.getvalue()


def footer(mark: str) -> str:
    """The mark at the left of a page's foot, as much of it as fits."""
    text = "&L"
    for letter in mark:
        # Excel reads a single & as the beginning of a command.
        written = letter.replace("&", "&&")
        if len(text) + len(written) > MOST_FOOTER:
            break
        text += written
    return text


def _write(sheet: Any, at: tuple[int, int], cell: Any, form: Any) -> None:
    if isinstance(cell, int | float):
        sheet.write_number(*at, cell, form)
    elif cell is not None:
        sheet.write_string(*at, str(cell), form)


def _tables(title: str, board: Board) -> Iterator[tuple[str, list[list[Any]]]]:
    yield (
        _("总数"),
        [[title, *headings()], [board.place.name, *_line(_whole(board))]],
    )
    for key, rows in board.tables.items():
        if key == UNITS and not rows:
            continue
        yield (
            TITLES[key],
            [
                [TITLES[key], *headings()],
                *([row.name, *_line(row)] for row in rows),
            ],
        )
    steps = [
        [step.name, round(step.minutes / 60, 1), step.many]
        for step in board.steps
    ]
    yield (
        _("步骤"),
        [[_("步骤"), _("用时中位数（工作时）"), _("件数")], *steps],
    )


def as_csv(board: Board, mark: str) -> bytes:
    """One table with what each line is in its first column, and the mark of who exports as its last line, in
    UTF-8 as Excel reads it."""
    target = StringIO()
    table = csv.writer(target, lineterminator="\r\n")
    table.writerow(plain_cells([_("统计对象"), _("名称"), *headings()]))
    table.writerow(
        plain_cells([_("总数"), board.place.name, *_line(_whole(board))])
    )
    for key, rows in board.tables.items():
        for row in rows:
            table.writerow(plain_cells([TITLES[key], row.name, *_line(row)]))
    table.writerow(plain_cells([mark]))
    return target.getvalue().encode("utf-8-sig")


def plain_cells(cells: Sequence[Any]) -> list[Any]:
    """A text that a spreadsheet would take for a formula is written after an apostrophe, one whose digits it
    would not show as they are (a long number, a telephone that begins with 0) after a tab."""
    return [_plain(cell) if isinstance(cell, str) else cell for cell in cells]


def _plain(text: str) -> str:
    if text.startswith(FORMULA):
        return f"'{text}"
    if not text.isascii() or not text.isdecimal():
        return text
    if len(text) > MOST_DIGITS or (len(text) > 1 and text.startswith("0")):
        return f"\t{text}"
    return text
