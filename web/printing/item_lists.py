"""An item list as an Excel workbook."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import xlsxwriter

_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME = 31
"""Characters that Excel takes as the name of a sheet."""
HEADINGS = ("类别", "事项", "依据", "变化")


class ItemRow(NamedTuple):
    category: str
    name: str
    legal_basis: str
    change: str
    """What the list's reader should know: entered or left with this version, planned end."""


def workbook(
    name: str,
    title: str,
    facts: Mapping[str, str],
    rows: Sequence[ItemRow],
    planned: Sequence[ItemRow] = (),
) -> bytes:
    """One sheet, called `name`: title, facts about the version, the items, then apart what is planned.
    Nothing typed becomes a formula or a link."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    ) as book:
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(_NOT_IN_A_NAME.sub("", name)[:LONGEST_NAME])
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 2, 46)
        sheet.set_column(3, 3, 28)
        lines: list[tuple[Sequence[str], bool]] = [
            ((title,), True),
            *((pair, False) for pair in facts.items()),
            ((), False),
        ]
        lines += [(HEADINGS, True), *((row, False) for row in rows)]
        if planned:
            lines += [
                ((), False),
                (("计划中的变化（尚未生效）",), True),
                *((row, False) for row in planned),
            ]
        for number, (line, heading) in enumerate(lines):
            for column, text in enumerate(line):
                sheet.write_string(
                    number,
                    column,
                    text,
                    bold if heading else wrapped,
                )
    return target.getvalue()
