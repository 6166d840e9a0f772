"""Styles of the pages: an id or a class means one thing."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_id_with_a_style_stands_in_one_template() -> None:
    styled = set(
        re.findall(
            r"#([a-z][\w-]*)[^;{}]*\{",
            (ROOT / "web/client/app.css").read_text(),
        )
    )
    pages = [
        path.read_text() for path in (ROOT / "web/templates").rglob("*.html")
    ]
    assert styled
    assert {
        name
        for name in styled
        if sum(f'id="{name}"' in page for page in pages) != 1
    } == set()


def test_a_class_is_styled_in_one_sheet() -> None:
    sheets = list((ROOT / "web/client").glob("*.css"))
    classes = Counter(
        name
        for sheet in sheets
        for name in set(re.findall(r"\.(gf-[\w-]+)", sheet.read_text()))
    )
    assert len(sheets) > 1 and classes
    assert [name for name, count in classes.items() if count > 1] == []
