"""A page that answers at once, and ones that answer when the file named in HOLD_FILE appears."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def application(environ, start_response):
    if environ["PATH_INFO"] in ("/hold", "/sign-in"):
        Path(f"{os.environ['HOLD_FILE']}.reached").touch()
        while not Path(os.environ["HOLD_FILE"]).exists():
            threading.Event().wait(0.02)
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [
        f"{os.getpid()} {environ.get('CONTENT_LENGTH') or 0} {len(body)}".encode()
    ]
