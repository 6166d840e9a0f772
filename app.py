"""The composition root: create_app(settings) puts settings, database, queue and pages together. Nobody imports it."""

from __future__ import annotations

import sys

from flask import Flask

import web
from orchestrator.errors import SettingInvalid
from orchestrator.services import database
from orchestrator.settings import Settings, read_settings

SESSION_SECONDS = 12 * 3600


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Ends the process with one line when a setting is wrong."""
    if settings is None:
        try:
            settings = read_settings()
        except SettingInvalid as invalid:
            sys.exit(f"网格流程：{invalid}")
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.extensions["gridflow"] = settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # The steps of a trial go with every form of its page: a hundred of them, with long texts, are more than the usual 500 kB.
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_CONTENT_LENGTH=(settings.max_attachment_mb * 6 + 2) * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SESSION_SECONDS,
        # A form is good as long as the sign-in in which it was opened.
        WTF_CSRF_TIME_LIMIT=SESSION_SECONDS,
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
    )
    database.connect(app, settings)
    web.register(app)
    return app
