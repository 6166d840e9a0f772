"""Sheets with the QR code by which residents report: A4, one for each grid, to be put up beside its board."""

from __future__ import annotations

from collections.abc import Sequence

from web.printing.boards import code_picture
from web.printing.typesetting import typeset


def report_codes(grids: Sequence[tuple[str, str, str]]) -> bytes:
    """PDF/A, one page for each (name, code, address of its page)."""
    files: dict[str, bytes] = {}
    sheets = []
    for number, (name, code, address) in enumerate(grids):
        picture = f"qr{number}.svg"
        files[picture] = code_picture(address)
        sheets.append({"name": name, "code": code, "qr": picture})
    return typeset("report_codes", {"sheets": sheets}, files)
