"""Pages are built once before the web server's processes part, so that nobody waits for what a first page
reads and compiles."""

from __future__ import annotations

from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from orchestrator.services.installation import database

PATHS = ("/sign-in", "/public/")
WARMING = "gridflow.warming"
"""In the environment of a request that builds a page for nobody: it counts as no slow one."""


def register(app: Flask) -> None:
    """The server calls it, before it parts into processes, under `gridflow.warm`."""
    app.extensions["gridflow.warm"] = lambda: warm(app)


def warm(app: Flask) -> list[int]:
    """Builds the pages that strangers open, and gives up the connections it took: no two processes may share
    one. Returns their states; where the database is away they say so, and nothing is raised."""
    states = []
    for path in PATHS:
        builder = EnvironBuilder(path=path, environ_overrides={WARMING: True})
        _body, status, _headers = run_wsgi_app(
            app, builder.get_environ(), buffered=True
        )
        states.append(int(status.split()[0]))
    with app.app_context():
        database.release_connections()
    return states
