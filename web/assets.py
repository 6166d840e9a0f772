"""The bundles of scripts and styles: their names of this build, and how browsers keep them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

_DIST = "dist/"
_HASHED = re.compile(r"/(?:assets/)?[^/]+-[A-Z0-9]{8}\.\w+(?:\.\w+)*$")
"""A name that holds a hash of the content, as esbuild writes it."""


def register(app: Flask) -> None:
    """Gives files of web/static under names that change with their content, compressed, kept by the browser
    for a year.

    `url_for("static", filename="dist/app.css")` names the bundle of this build. Raises FileNotFoundError
    where the bundles were not built.
    """
    folder = Path(str(app.static_folder))
    names = json.loads(
        (folder / _DIST / "names.json").read_text(encoding="utf-8"),
    )

    @app.url_defaults
    def _name_of_this_build(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint != "static":
            return
        bundle = str(values.get("filename", "")).removeprefix(_DIST)
        if bundle in names:
            values["filename"] = _DIST + names[bundle]

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=folder,
        prefix=f"{app.static_url_path}/",
        max_age=3600,
        immutable_file_test=_is_kept_for_good,
        add_headers_function=_add_headers,
        allow_all_origins=False,
    )


def _is_kept_for_good(_path: str, url: str) -> bool:
    return bool(_HASHED.search(url))


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
