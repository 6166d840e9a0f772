"""Styles of the pages: a rule for an id means one thing on one page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_id_with_a_style_stands_in_one_template() -> None:
    styled = set(re.findall(r"#([a-z][\w-]*)[^;{}]*\{", (ROOT / "web/client/app.css").read_text()))
    pages = [path.read_text() for path in (ROOT / "web/templates").rglob("*.html")]
    assert styled
    assert {name for name in styled if sum(f'id="{name}"' in page for page in pages) != 1} == set()
