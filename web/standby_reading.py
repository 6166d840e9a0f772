"""Lists, figures and public pages are read from a copy of the database, where the settings name one."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_login import current_user

from orchestrator.services.installation import read_session, standby
from orchestrator.store.trouble import KINDS

PAGES = frozenset(
    {
        "case_map.index",
        "city_rules.index",
        "figures.cases",
        "figures.index",
        "figures.table",
        "figures.wall",
        "figures.workbook",
        "inbox.copies",
        "inbox.done",
        "inbox.started",
        "looks.overview",
        "members.index",
        "public.board",
        "public.boards",
        "public.grid",
        "public.grid_board",
        "public.items",
        "public.items_board",
        "public.items_json",
        "public.items_workbook",
        "registers.cases",
        "registers.grid",
        "registers.grids",
        "registers.grids_geojson",
        "registers.item",
        "registers.items",
        "registers.items_workbook",
        "sign_in_log.overview",
    }
)
"""Endpoints that may show what was true some seconds ago."""
CHANGED_AT = "changed_at"
"""In the session's cookie: when this person last sent something. He sees at once what became of it."""
_CLOCKS_APART = 5.0
"""Seconds that the clocks of two web servers may differ."""


def register(app: Flask) -> None:
    """To be called after sign-in and rights, which are always read from the primary."""
    app.before_request(_choose)
    app.after_request(_note_change)


def once_more() -> Any:
    """The page that could not be read from the copy, read from the primary; None where it was not read from
    the copy, or where that fails too."""
    if not g.pop("from_standby", False):
        return None
    read_session.give_up()
    standby.give_up()
    view = current_app.view_functions[request.endpoint or ""]
    try:
        return view(**(request.view_args or {}))
    except KINDS:
        return None


def _choose() -> None:
    if request.endpoint not in PAGES or request.method not in ("GET", "HEAD"):
        return
    copy = standby.of_this_application()
    if copy is None:
        return
    since = time.time() - float(session.get(CHANGED_AT, 0.0))
    if since < copy.most_behind + _CLOCKS_APART:
        return
    g.from_standby = standby.read()


def _note_change(response: Any) -> Any:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return response
    if standby.of_this_application() is None:
        return response
    if current_user.is_authenticated:
        session[CHANGED_AT] = int(time.time())
    return response
