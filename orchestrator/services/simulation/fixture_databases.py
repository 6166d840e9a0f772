"""Databases for scenarios: a jurisdiction is loaded once into a SQLite file, and every scenario gets a copy
of its own."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from orchestrator.services import bundles, jurisdictions
from orchestrator.services.execution import day_layers
from orchestrator.services.installation import database
from orchestrator.services.simulation.backend import LOADED
from orchestrator.services.simulation.runner import Fresh
from orchestrator.settings import Settings
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.session import db, transaction


def load_once(
    folder: Path,
    settings: Settings,
    space: Path,
    schema: Path | None = None,
) -> Fresh:
    """Loads the jurisdiction folder with its demo people into a database under `space`; what gives out copies
    of it. `schema`: a database file that has the newest schema and no rows, to begin with."""
    original = space / f"{folder.name}.sqlite"
    if schema is not None:
        shutil.copy(schema, original)
    with opened(original, settings, space):
        database.upgrade()
        jurisdictions.load(folder, LOADED, demo=True)
        with transaction(writing=False) as session:
            loaded = session.scalars(sa.select(ProcessDefinition.id)).all()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    copy = space / f"{folder.name}.copy.sqlite"
    # One application for all copies: the statements that SQLAlchemy has compiled stay with its engine.
    app = _application(copy, settings, space)

    @contextmanager
    def fresh() -> Iterator[None]:
        for suffix in ("-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
        shutil.copy(original, copy)
        with _inside(app, loaded):
            yield

    return fresh


@contextmanager
def opened(file: Path, settings: Settings, space: Path) -> Iterator[None]:
    """An application that has this database and nothing else: no queue, and no waiting for the disk, because
    what a power cut takes is made anew."""
    with _inside(_application(file, settings, space)):
        yield


def _application(file: Path, settings: Settings, space: Path) -> Flask:
    app = Flask(__name__)
    own = replace(
        settings,
        var_dir=space,
        database_url=f"sqlite:///{file}",
        redis_url=None,
        demo=True,
    )
    app.extensions["gridflow"] = own
    database.connect(app, own)
    with app.app_context():
        sa.event.listen(db.engine, "connect", _without_waiting)
    return app


@contextmanager
def _inside(app: Flask, loaded: Collection[str] = ()) -> Iterator[None]:
    """`loaded`: process definitions that every database at this address has."""
    with app.app_context():
        # Both caches go by the database's address, which an earlier copy had too.
        day_layers.forget()
        bundles.forget(but=loaded)
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _without_waiting(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
