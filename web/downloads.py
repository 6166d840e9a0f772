"""An answer that the browser keeps as a file."""

from __future__ import annotations

import io

from flask import Response, send_file


def download(content: bytes, name: str, kind: str) -> Response:
    """The content as a file of that name and media type."""
    return send_file(
        io.BytesIO(content),
        mimetype=kind,
        as_attachment=True,
        download_name=name,
    )
