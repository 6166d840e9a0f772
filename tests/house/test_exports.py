"""What people typed stays text in every file for a spreadsheet that the product hands out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("web", "orchestrator")
    for path in (ROOT / folder).rglob("*.py")
]


def test_every_workbook_is_written_without_formulas_and_links() -> None:
    written = 0
    for path in SOURCES:
        text = path.read_text()
        if "xlsxwriter.Workbook(" in text:
            written += 1
            assert '"strings_to_formulas": False' in text, path
            assert '"strings_to_urls": False' in text, path
    assert written > 3


def test_every_table_that_a_page_hands_out_writes_plain_cells() -> None:
    lines = [
        (path.name, line)
        for path in SOURCES
        if path.is_relative_to(ROOT / "web")
        for line in re.findall(r"\.writerows?\(\s*([^\n]*)", path.read_text())
    ]
    assert len(lines) > 3
    assert [line for line in lines if "plain_cells" not in line[1]] == []
