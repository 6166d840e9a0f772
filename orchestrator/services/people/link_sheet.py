"""A table of one-time links, to be given to each person by hand."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import xlsxwriter

from orchestrator.sentences import say
from orchestrator.store.people import Person


def write(links: Iterable[tuple[Person, str]]) -> bytes:
    """An xlsx file with a line for each person: user name, name, telephone, address of the link."""
    target = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(say("链接"))
        sheet.write_row(
            0,
            0,
            [say("用户名"), say("姓名"), say("电话"), say("设置密码的链接")],
        )
        for number, (person, address) in enumerate(links, 1):
            sheet.write_row(
                number,
                0,
                [person.username, person.display_name, person.phone, address],
            )
        sheet.set_column(0, 2, 18)
        sheet.set_column(3, 3, 70)
    return target.getvalue()
