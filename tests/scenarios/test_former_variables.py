"""A case begun on a version that did not keep whether the city waits comes out as the scenarios say, once
it is moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.services import deployments, jurisdictions
from orchestrator.services.instances import migration
from orchestrator.services.records import history
from orchestrator.services.simulation import fixture_databases, run_scenarios
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from tests.databases import settings_for
from tests.scenarios.test_cities import ROOT
from tests.scenarios.test_versions import DEPLOYED

CITY = "qingdao"
PROCESS = "case_handling"
DIAGRAM = f"{PROCESS}.bpmn"
_KEPT = r'<camunda:outputParameter name="city_waits">[^<]*</camunda:outputParameter>'
_READ = r"variable\('city_waits', False\)|\bcity_waits\b"


def _former(files: dict[str, bytes]) -> dict[str, bytes]:
    text, removed = re.subn(_KEPT, "", files[DIAGRAM].decode())
    assert removed
    text = re.sub(_READ, "False", text)
    return {**files, DIAGRAM: text.encode()}


def _move(now: Any) -> list[migration.Moved]:
    """Moves the running cases of the former version, which is the second one here, to the present one."""
    with transaction(writing=False) as session:
        by = session.scalars(
            sa.select(Person.id).order_by(Person.id).limit(1)
        ).one()
        instance_ids = session.scalars(
            sa.select(ProcessInstance.id)
            .join(
                ProcessDefinition,
                ProcessDefinition.id == ProcessInstance.definition_id,
            )
            .where(
                ProcessInstance.state == "active",
                ProcessInstance.process_key == PROCESS,
                ProcessDefinition.version == 2,
            )
        ).all()
    return migration.move(instance_ids, f"{CITY}:{PROCESS}:1", by, now)


def test_a_case_of_the_former_version_goes_on_after_it_is_moved(
    tmp_path: Path, sqlite_schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that no step of the present version needs a variable that only its own beginning sets; takes
    all scenarios of the process, since each step may read it."""
    folder = ROOT / "bpmn" / CITY
    settings = settings_for("sqlite://", tmp_path)
    fresh = fixture_databases.load_once(
        folder, settings, tmp_path, sqlite_schema
    )
    with fixture_databases.opened(
        tmp_path / f"{CITY}.sqlite", settings, tmp_path
    ):
        former = _former(dict(jurisdictions.resources(folder)))
        deployments.deploy(former, CITY, None, DEPLOYED)
        db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    moved: list[migration.Moved] = []

    @contextmanager
    def verified() -> Iterator[None]:
        with fresh():
            yield
            assert history.verify() == []

    act = DatabaseBackend.complete

    def moved_first(self: DatabaseBackend, *given: Any) -> Any:
        moved.extend(_move(self.now))
        return act(self, *given)

    monkeypatch.setattr(DatabaseBackend, "complete", moved_first)
    report = run_scenarios(jurisdictions.read(folder), verified, {PROCESS})
    assert [str(failure) for failure in report.failures] == []
    assert moved
    assert [outcome for outcome in moved if outcome.refused] == []
