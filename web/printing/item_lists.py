"""An item list as an Excel workbook."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import xlsxwriter

HEADINGS = ("类别", "事项", "依据", "变化")


def workbook(title: str, facts: Mapping[str, str], rows: Sequence[tuple[str, str, str, str]]) -> bytes:
    """One sheet: title, facts about the version, then (category, item, ground, change) rows. Nothing typed becomes a formula or a link."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet("事项清单")
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 2, 46)
        sheet.write_string(0, 0, title, bold)
        line = 1
        for label, value in facts.items():
            sheet.write_string(line, 0, label)
            sheet.write_string(line, 1, value)
            line += 1
        line += 1
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(line, column, heading, bold)
        for row in rows:
            line += 1
            for column, text in enumerate(row):
                sheet.write_string(line, column, text, wrapped)
    return target.getvalue()
