"""Typst as a function: a template of this folder and data to PDF/A. Data never becomes markup."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from web.printing import fonts

HERE = Path(__file__).parent
MISSING = "〓"
"""What Chinese printers set for a character that no font holds (GB/T 2312 row 1, U+3013)."""

_TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def typeset(
    template: str,
    data: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
    made_at: datetime | None = None,
) -> bytes:
    """The PDF (PDF/A-2b) of the template; `files` are what it may read beside the data. `made_at`: the
    instant that the file names as its own, so that the same data give the same bytes; else now.

    A character that no font holds is printed as 〓 with its code point. Raises typst.TypstError for a fault
    in the template.
    """
    seconds = None
    if made_at is not None:
        seconds = int(made_at.timestamp())
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "page.typ").write_bytes(
            (HERE / f"{template}.typ").read_bytes(),
        )
        for name, content in (files or {}).items():
            (root / name).write_bytes(content)
        return typst.compile(
            str(root / "page.typ"),
            root=folder,
            font_paths=[str(fonts.FONTS)],
            ignore_system_fonts=True,
            sys_inputs={
                "data": json.dumps(printable(data), ensure_ascii=False),
                "fonts": json.dumps(fonts.FAMILIES),
            },
            pdf_standards="a-2b",
            timestamp=seconds,
        )


def printable(value: Any) -> Any:
    """The value with every text in it made of characters that can be printed."""
    if isinstance(value, str):
        return "".join(_printable(character) for character in value)
    if isinstance(value, Mapping):
        return {key: printable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [printable(part) for part in value]
    return value


def _printable(character: str) -> str:
    if character in "\n\t":
        return character
    # Control characters have no drawing, and those of direction would turn a line round.
    if (
        unicodedata.category(character) == "Cc"
        or unicodedata.bidirectional(character) in _TURNING
    ):
        return ""
    if ord(character) in fonts.held():
        return character
    # PDF/A refuses a character without a drawing; signs that only steer the text have none to lose.
    if unicodedata.category(character) in ("Cf", "Mn", "Me", "Zl", "Zp", "Zs"):
        return ""
    return f"{MISSING}(U+{ord(character):04X})"
