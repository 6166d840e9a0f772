"""Printed pages with any character that somebody may type."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from web.printing import fonts
from web.printing.typesetting import printable, typeset


def _board(text: str) -> bytes:
    """A notice board on which the text stands in every place."""
    member = {
        "name": text,
        "role": text,
        "second_name": text,
        "phone": text,
        "photo": "",
    }
    board: dict[str, Any] = {
        "name": text,
        "second_name": text,
        "second_area": text,
        "code": text,
        "area": text,
        "members": [member],
        "duties": text,
        "supervision_phone": text,
        "labels": {"title": text, "area": text},
        "updated": text,
        "qr": "qr.svg",
    }
    return typeset(
        "board",
        {"title": text, "boards": [board]},
        {
            "qr.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
        },
    )


def _text(pdf: bytes) -> str:
    return "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages
    )


@pytest.mark.parametrize(
    "text",
    [
        "镕堃䶮㛃𬭎",
        "🚧👍🏽",
        "👨‍👩‍👧",
        "❤️",
        "𡈽",
        "한글",
        "ไทย",
        "ئۇيغۇرچە",
        "ᠮᠣᠩᠭᠣᠯ",
        "བོད་ཡིག",
        "ꆈꌠꁱꂷ",
        "a\u0301",
        "a\u200bb\u202ec",
    ],
)
def test_a_script_that_a_fallback_font_holds_is_printed(text: str) -> None:
    assert _board(text).startswith(b"%PDF")


def test_a_character_that_no_font_holds_is_printed_as_the_printers_mark_with_its_code_point() -> (
    None
):
    assert ord("𠮷") not in fonts.held()
    assert "〓(U+20BB7)野" in _text(_board("𠮷野"))


def test_signs_without_a_drawing_are_left_out_where_no_font_holds_them() -> (
    None
):
    assert printable({"a": ["x\x00y", 3, None, ("行\n二",)]}) == {
        "a": ["xy", 3, None, ["行\n二"]]
    }


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_no_text_stops_a_printed_page(text: str) -> None:
    assert _board(text).startswith(b"%PDF")
