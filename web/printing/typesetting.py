"""Typst as a function: a template of this folder and data to PDF/A. Data never becomes markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

HERE = Path(__file__).parent
FONTS = HERE.parent / "static" / "dist" / "fonts"
"""Put there by the asset build, so that a page looks the same wherever it was printed."""


def typeset(template: str, data: Mapping[str, Any], files: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF (PDF/A-2b) of the template; `files` are what it may read beside the data. Raises typst.TypstError for a fault in the template."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "page.typ").write_bytes((HERE / f"{template}.typ").read_bytes())
        for name, content in (files or {}).items():
            (root / name).write_bytes(content)
        return typst.compile(
            str(root / "page.typ"),
            root=folder,
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards="a-2b",
        )
