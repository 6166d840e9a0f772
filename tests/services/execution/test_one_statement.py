"""On PostgreSQL a command's rows are written with one statement, elsewhere kind by kind: they are the same
rows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.errors import InstanceChanged
from orchestrator.services import bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.persistence import one_statement
from orchestrator.store.base import Base
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import db, transaction
from tests.services.world import dialect

pytestmark = pytest.mark.both_databases
WRITTEN = {
    "process_instance": "id",
    "user_task": "instance_id",
    "user_task_candidate": "instance_id",
    "deadline": "instance_id",
    "timer_job": "instance_id",
    "history_entry": "instance_id",
    "search_entry": "instance_id",
}
OWN = ("hash", "history_hash", "business_key", "engine_state")
"""Columns that differ from instance to instance."""


def _played(world) -> list[dict[str, list[dict[str, Any]]]]:
    """The rows of an errand that was sent back, and when it has been reviewed again and confirmed."""
    errand = world.start(subject="路灯")
    world.review(errand, decision="back")
    sent_back = _rows(errand)
    world.review(errand)
    (confirm,) = world.tasks(errand)
    world.complete(confirm.id, "zhao")
    return [sent_back, _rows(errand)]


def _rows(errand: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of the instance, with its own id and number left out."""
    result = {}
    with transaction(writing=False) as session:
        for name, column in WRITTEN.items():
            target = Base.metadata.tables[name]
            query = sa.select(target).where(target.c[column] == errand)
            rows = session.execute(query.order_by(*target.primary_key))
            result[name] = [
                {
                    key: _anonymous(value, errand)
                    for key, value in row._mapping.items()
                    if key not in OWN and (name, key) != ("search_entry", "id")
                }
                for row in rows
            ]
    return result


def _anonymous(value: Any, errand: str) -> Any:
    if isinstance(value, str):
        return re.sub("0000[23]", "00001", value.replace(errand, "…"))
    if isinstance(value, list):
        return {part for part in value if not re.search("[0-9]", part)}
    return value


def test_a_command_writes_the_same_rows_at_once_as_kind_by_kind(
    world, monkeypatch
):
    at_once = _played(world)
    world.handled.clear()
    monkeypatch.setattr(one_statement, "of", lambda *_rows: None)
    by_kind = _played(world)
    assert all(at_once[0].values())
    assert by_kind == at_once
    world.handled.clear()
    monkeypatch.setattr(one_statement, "added", lambda *_rows: None)
    assert _played(world) == at_once


def test_what_moved_on_meanwhile_is_told_before_anything_is_added(world):
    errand = world.start()
    before = world.snapshot(errand)
    with pytest.raises(InstanceChanged), transaction() as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS).where(
                ProcessInstance.id == errand
            )
        ).one()
        instance = locked_instance.from_row(
            session,
            bundles.bundle_of(session, row.definition_id),
            row,
            locked_instance.CLOCK,
            world.now,
        )
        # As read before the last command: its entry's number is taken.
        instance.revision -= 1
        instance.history_seq -= 1
        instance.remember("claimed")
        persistence.write_entries(instance)
    assert world.snapshot(errand) == before


@pytest.mark.parametrize(
    ("text", "gone", "possible"),
    [("路灯", "1.3", True), ("路\x00灯", "1.3", False), ("", "1.4", False)],
)
def test_rows_that_one_statement_cannot_write_are_written_kind_by_kind(
    world, text: str, gone: str, possible: bool
):
    """A NUL inside rows that are JSON, and a timer that goes and comes."""
    rows = [
        ("noted", [{"row_id": "1"}]),
        ("cancel-timer", [{"row_id": gone}]),
        ("close-subscription", []),
        ("timer", [{"id": "1.4", "element_id": text}]),
        ("subscription", []),
    ]
    with db.engine.connect() as connection:
        at_once = one_statement.of(connection, rows) is not None
        twice = [{"id": number, "element_id": text} for number in ("4", "5")]
        together = one_statement.added(connection, "timer", twice)
    assert at_once == (possible and dialect() == "postgresql")
    readable = "\x00" not in text and dialect() == "postgresql"
    assert (together is not None) == readable


@pytest.mark.one_database
def test_only_columns_may_be_instants() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    (row,) = one_statement._as_texts([{"due_at": at, "key": b"\x01"}])
    assert row == {"due_at": "2026-03-02T00:00:00+00:00", "key": "\\x01"}
    with pytest.raises(TypeError):
        one_statement._json(one_statement._as_texts([{"data": {"at": at}}]))


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("opened", "offered", "another"),
    [(["t"], ["t"], False), (["t"], ["t", "old"], True), ([], ["old"], False)],
)
def test_an_offer_of_an_older_task_beside_new_ones_goes_kind_by_kind(
    opened: list[str], offered: list[str], another: bool
) -> None:
    rows = {
        "task": [{"id": task} for task in opened],
        "candidate": [{"task_id": task} for task in offered],
    }
    assert one_statement._offers_another(rows) is another
