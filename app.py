"""The composition root: create_app(settings) puts settings, database, queue and pages together. Nobody
imports it."""

from __future__ import annotations

import sys

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import web
from orchestrator.errors import SettingInvalid
from orchestrator.services.installation import database
from orchestrator.settings import Settings, read_settings


def create_app(settings: Settings | None = None) -> Flask:
    """The Flask application. Ends the process with one line when a setting is wrong."""
    if settings is None:
        try:
            settings = read_settings()
        except SettingInvalid as invalid:
            sys.exit(f"网格流程：{invalid}")
    app = Flask(
        __name__, static_folder="web/static", template_folder="web/templates"
    )
    app.extensions["gridflow"] = settings
    if settings.trusted_proxies:
        # The host is not taken from a header: proxies pass `Host` on, and one that forgets would let the
        # visitor choose.
        app.wsgi_app = ProxyFix(
            app.wsgi_app,
            x_for=settings.trusted_proxies,
            x_proto=settings.trusted_proxies,
        )  # type: ignore
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # The steps of a trial go with every form of its page: a hundred of them, with long texts, are more
        # than the usual 500 kB.
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        # A list of some hundred rows has more values than the library allows by itself.
        MAX_FORM_PARTS=8_000,
        MAX_CONTENT_LENGTH=(settings.max_attachment_mb * 6 + 2) * 1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        # The cookie is renewed by each answer, so this is how long it may lie unused.
        PERMANENT_SESSION_LIFETIME=settings.idle_minutes * 60,
        # A form is good as long as the sign-in in which it was opened may last.
        WTF_CSRF_TIME_LIMIT=int(settings.session_life.total_seconds()),
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
    )
    database.connect(app, settings)
    web.register(app)
    return app
