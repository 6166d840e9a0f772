"""Connecting the database to an application, and bringing its schema up to date."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from flask import Flask, current_app

from orchestrator.services.installation import (
    connection_figures,
    read_session,
    standby,
    traces,
)
from orchestrator.settings import Settings
from orchestrator.store.session import db, engine_options, prepare_engine

MIGRATIONS = Path(__file__).parents[2] / "store" / "migrations"


def connect(app: Flask, settings: Settings) -> None:
    """Gives the application its database handle."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(
        settings.database_url,
        settings.database_pooler,
    )
    db.init_app(app)
    app.teardown_appcontext(read_session.end)
    with app.app_context():
        prepare_engine(db.engine)
        connection_figures.watch(db.engine)
        standby.connect(app, settings)
        traces.start(app, db.engine, settings.otlp_endpoint)


def upgrade(revision: str = "head") -> None:
    """Runs the migrations up to `revision` on the current application's database."""
    command.upgrade(_config(), revision)


def downgrade(revision: str) -> None:
    """Takes migrations back to `revision`."""
    command.downgrade(_config(), revision)


def release_connections() -> None:
    """Closes the connections of this process's pools that are not in use."""
    db.engine.dispose()
    standby.release_connections()


def settings() -> Settings:
    """The current application's settings."""
    result: Settings = current_app.extensions["gridflow"]
    return result


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = db.engine
    return config
