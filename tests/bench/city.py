"""A database full of running cases to measure on: the demo city's case diagram, its people, and as many
instances as asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app import create_app
from orchestrator.services import instances, jurisdictions
from orchestrator.services.installation import database
from orchestrator.settings import read_settings
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from orchestrator.store.user_tasks import UserTask
from tests.servers import postgres

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TENANT = "zhenjiang"
GRID = "3211020010011001"
TRIAGE = {"decision": "self", "opinion": "本中心协调处理"}
HANDLED = {"result": "已经清理完毕"}
REWORK = {"verdict": "rework", "verification_note": "仍有堆放，请再次清理"}


@contextmanager
def city() -> Iterator[Flask]:
    """An application on a fresh PostgreSQL with the demo city in it."""
    with postgres() as url, tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(
            url.format(database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE DATABASE bench")
        engine.dispose()
        given = {
            "GRIDFLOW_DATABASE_URL": url.format(database="bench"),
            "GRIDFLOW_VAR_DIR": folder,
        }
        # A database of its own is no demonstration, in which alone the demonstration's people may sign in.
        app = create_app(replace(read_settings(given), demo=True))
        with app.app_context():
            database.upgrade()
            jurisdictions.load(
                Path(__file__).parents[2] / "bpmn" / TENANT, NOW, demo=True
            )
            yield app
            db.session.remove()
            db.engine.dispose()


def person(username: str) -> int:
    with transaction() as session:
        return session.scalars(
            sa.select(Person.id).where(Person.username == username)
        ).one()


def new_case(number: int, member: int, item: str) -> str:
    """Starts a case that waits for the township's triage; returns its id."""
    data = {
        "item_id": item,
        "case_title": f"楼道堆物{number}",
        "description": "三单元楼道堆放杂物，影响通行",
        "area_id": "321102001001-01",
        "location": "三幢三单元",
        "priority": "normal",
        "disposal": "report",
    }
    return instances.start(
        TENANT,
        "case_handling",
        data,
        member,
        f"{TENANT}:grid-member:{GRID}",
        NOW,
    ).instance_id


def open_task(instance_id: str) -> str:
    with transaction() as session:
        query = sa.select(UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.state == "open"
        )
        return session.scalars(
            query.order_by(UserTask.opened_at.desc()).limit(1)
        ).one()
