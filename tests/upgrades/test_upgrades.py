"""Databases with matters in every state, left by every landed version, go on: the schema, the folder, the
pages and the matters."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app import create_app
from orchestrator.services import jurisdictions
from orchestrator.services.clocks import messages, timers
from orchestrator.services.installation import database
from orchestrator.services.instances import incidents
from orchestrator.services.people import Visitor, sessions
from orchestrator.services.records import history
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from tests.databases import forget, release, settings_for
from tests.store.test_migrations import differences
from tests.upgrades import kinds, remembered, versions
from tests.upgrades.clock import clock_at
from tests.upgrades.officials import PDF
from tests.upgrades.people import People

ROOT = Path(__file__).parents[2]
CITY = "zhenjiang"
MORNINGS = 5
"""As many as the recruitment takes, which waits twice for a day that its people name."""

NEWEST = versions.RECORDED[-1]
POSTGRESQL = pytest.mark.postgres
OFTEN_PLAYED = (
    ("sqlite", NEWEST),
    ("postgresql", "0003"),
)
"""The newest, and one that could not be upgraded for a while."""
ON_SQLITE = tuple(("sqlite", name) for name in versions.RECORDED)
SHOWN = (
    *(("postgresql", name) for name in ("0001-text-hashes", "0007-undated")),
    ("postgresql", NEWEST),
)
"""Those that the repair changes most, and the newest: PostgreSQL's rows are SQLite's, which are played."""
EVERY = (
    *ON_SQLITE,
    *(("postgresql", name) for name in versions.RECORDED),
)
"""`EVERY_VERSION=1` brings all instances of each version to their end on both databases, in a quarter of an
hour."""
wholly = OFTEN_PLAYED
if os.environ.get("EVERY_VERSION") == "1":
    wholly = EVERY


def _cases(pairs: Iterable[tuple[str, str]]) -> list[Any]:
    return [
        pytest.param(
            *pair, marks=[POSTGRESQL] if pair[0] == "postgresql" else []
        )
        for pair in pairs
    ]


PLAYED = _cases(wholly)
PLAYED_ONCE = _cases(pair for pair in ON_SQLITE if pair not in wholly)


_right: set[tuple[object, ...]] = set()
"""Schemas, as SQLite tells their parts, that were found to be what the models say."""


def as_the_models_say(engine: sa.Engine) -> bool:
    """Compared once for each schema: nearly all versions come to the same one."""
    parts: tuple[object, ...] = ()
    if engine.dialect.name == "sqlite":
        parts = _parts(engine)
    if parts and parts in _right:
        return True
    assert differences(engine) == []
    _right.add(parts)
    return True


def _parts(engine: sa.Engine) -> tuple[object, ...]:
    """Columns and constraints of each table and the text of each index and trigger. The order of a table's
    columns is left out: it tells which migration added them."""
    with engine.connect() as connection:
        written = connection.exec_driver_sql(
            "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"
        ).all()
    return tuple(
        (row.type, row.name, tuple(sorted(_lines(row.sql or ""))))
        for row in written
    )


def _lines(statement: str) -> list[str]:
    """The statement cut at its outermost commas and brackets, without quotes and white space."""
    lines, depth = [""], 0
    for letter in "".join(statement.replace('"', "").split()):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if (letter, depth) in {(",", 1), ("(", 1), (")", 0)}:
            lines.append("")
        else:
            lines[-1] += letter
    return lines


@pytest.fixture
def upgraded(
    request: pytest.FixtureRequest, empty_url: str, tmp_path: Path
) -> Iterator[tuple[Flask, datetime]]:
    """The product on a recorded database after what a start does with it, and the next morning of those
    people."""
    app = create_app(settings_for(empty_url, tmp_path, demo=True))
    app.config.update(WTF_CSRF_ENABLED=False)
    with app.app_context(), remembered.statements():
        forget()
        left = versions.put_back(
            request.param, tmp_path / "attachments", tmp_path
        )
        morning = left + timedelta(hours=12)
        database.upgrade()
        assert as_the_models_say(db.engine)
        jurisdictions.load(ROOT / "bpmn" / CITY, now=morning, demo=True)
        db.session.remove()
    with clock_at(morning):
        yield app, morning
    with app.app_context():
        release()


class Visitors(People):
    """Signed in without a password, which takes a tenth of a second each."""

    def enter(self, username: str) -> Any:
        with self.app.app_context(), transaction() as session:
            person = session.scalars(
                sa.select(Person).where(Person.username == username)
            ).one()
            token = sessions.begin(
                session, person, Visitor("127.0.0.1"), self.at
            )
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    def running(self) -> list[str]:
        return [
            row.id
            for row in self.rows(
                "SELECT id FROM process_instance WHERE state = 'active' ORDER BY id"
            )
        ]

    def retry_incidents(self) -> None:
        (admin,) = self.rows("SELECT id FROM person WHERE username = 'admin'")
        for row in self.rows("SELECT id FROM incident WHERE state = 'open'"):
            with self.app.app_context():
                incidents.retry(row.id, admin.id, self.at)


@pytest.mark.parametrize(
    ("empty_url", "upgraded"),
    _cases(pair for pair in SHOWN if pair not in wholly),
    indirect=True,
)
def test_a_landed_version_goes_to_the_newest_on_postgresql_too(
    upgraded: tuple[Flask, datetime],
) -> None:
    """Proves that no version's data stops a migration, the load of the folder or a page there, and that no
    history was touched."""
    _see_pages(Visitors(*upgraded))


def _see_pages(people: Visitors) -> None:
    with people.app.app_context():
        assert history.verify() == []
    assert people.rows("SELECT count(*) AS n FROM history_entry")[0].n > 200
    shown = people.rows(
        "SELECT state, min(id) AS id FROM process_instance WHERE territory_path LIKE :hers"
        " GROUP BY state, process_key ORDER BY id",
        hers="321100/321102/%",
    )
    assert {row.state for row in shown} == {"active", "completed", "cancelled"}
    for row in shown:
        for address in (f"/instance/{row.id}", f"/dossier/{row.id}"):
            people.officials.page("jk-wgb", address)
    for username in ("zd-wgb", "jk-wgb", "designer"):
        people.officials.page(username, "/")
    files = people.rows(
        "SELECT attachment.id, username FROM attachment JOIN person ON person.id = uploaded_by"
    )
    assert files
    for row in files:
        answer = people.officials.of(row.username).get(f"/attachment/{row.id}")
        assert (answer.status_code, answer.data) == (200, PDF), row


@pytest.mark.parametrize(("empty_url", "upgraded"), PLAYED, indirect=True)
def test_what_was_running_is_brought_to_its_end(
    upgraded: tuple[Flask, datetime],
) -> None:
    """Proves that instances which an earlier version started are shown and completed by this one: engine
    states, forms, timers, files."""
    assert len(Visitors(*upgraded).running()) > 30
    _play(*upgraded, set())


@pytest.mark.again
@pytest.mark.parametrize(("empty_url", "upgraded"), PLAYED_ONCE, indirect=True)
def test_one_instance_of_each_kind_is_brought_to_its_end(
    request: pytest.FixtureRequest, upgraded: tuple[Flask, datetime]
) -> None:
    """Proves the same for each landed version: of instances that differ in nothing but their data one goes
    on, in the first version that left such; in each version one of each procedure."""
    chosen = kinds.to_play(request.node.callspec.params["upgraded"])
    assert len(chosen) > 5
    running = Visitors(*upgraded).running()
    assert chosen <= {*running}
    _play(*upgraded, {*running} - chosen)


def _play(app: Flask, at: datetime, but: Collection[str]) -> None:
    """Mornings of work on all that runs except these, forty days from one to the next; asserts that nothing
    else is left."""
    _see_pages(Visitors(app, at))
    running = set(Visitors(app, at).running()) - {*but}
    for morning in range(MORNINGS):
        with clock_at(at):
            people = Visitors(app, at)
            with app.app_context():
                timers.fire_due(at)
                messages.relay(at)
            if morning == 0:
                people.retry_incidents()
            people.work_off(but)
        at = at + timedelta(days=40)
    left = [
        row
        for row in people.rows(
            "SELECT process_instance.id, process_key, incident.kind, incident.message FROM process_instance"
            " LEFT JOIN incident ON instance_id = process_instance.id AND incident.state = 'open'"
            " WHERE process_instance.state = 'active'"
        )
        if row.id not in but
    ]
    if but:
        assert left == []
    # The recorded people asked twice for the same item: what the list refuses is an incident, and nothing
    # else is left.
    assert [tuple(row) for row in left if row.kind != "handler-failed"] == []
    assert len(left) <= len(running) / 8, left
    with app.app_context():
        assert history.verify() == []


def test_the_database_of_the_last_release_is_recorded() -> None:
    """Proves that no release went without its database: docs/decisions/0012-upgrades.md says how one is
    recorded."""
    released = (Path(__file__).parent / "released").read_text().strip()
    assert released in {versions.schema_of(name) for name in versions.RECORDED}
