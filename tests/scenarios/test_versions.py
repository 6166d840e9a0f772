"""Every scenario of a city once more: matters that are moved before every step still come out as the scenario
says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.services import deployments, jurisdictions
from orchestrator.services.instances import migration
from orchestrator.services.records import history
from orchestrator.services.simulation import fixture_databases, run_scenarios
from orchestrator.services.simulation.backend import LOADED
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.databases import settings_for
from tests.once import once
from tests.scenarios.changes import CHANGES
from tests.scenarios.test_cities import CITIES, ROOT

DEPLOYED = LOADED + timedelta(minutes=1)
"""Before any scenario begins."""


def move_all(city: str, now: Any) -> int:
    """Moves every running matter to the other version of its procedure; how many moved."""
    with transaction(writing=False) as session:
        by = session.scalars(
            sa.select(Person.id)
            .where(Person.tenant_id == city)
            .order_by(Person.id)
            .limit(1)
        ).one()
        rows = session.execute(
            sa.select(
                ProcessInstance.id,
                ProcessInstance.process_key,
                ProcessDefinition.version,
            )
            .join(
                ProcessDefinition,
                ProcessDefinition.id == ProcessInstance.definition_id,
            )
            .where(ProcessInstance.state == "active")
        ).all()
    moved = [
        each
        for row in rows
        for each in migration.move(
            [row.id], f"{city}:{row.process_key}:{3 - row.version}", by, now
        )
    ]
    assert [each.refused for each in moved if each.refused] == []
    assert [each.changed for each in moved if each.changed] == []
    return len(moved)


@pytest.mark.parametrize("city", once(CITIES, ("dongying",)))
def test_matters_that_are_moved_before_every_step_come_out_as_the_scenario_says(
    city: str,
    tmp_path: Path,
    sqlite_schema: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves that a move to a version that is the same loses nothing, at any step; the next test goes further
    in other cities."""
    folder, counted = ROOT / "bpmn" / city, []
    settings = settings_for("sqlite://", tmp_path)
    fresh = fixture_databases.load_once(
        folder, settings, tmp_path, sqlite_schema
    )
    again = {
        name: content.replace(
            b"</bpmn:definitions>", b"<!-- again --></bpmn:definitions>"
        )
        for name, content in jurisdictions.resources(folder).items()
    }
    with fixture_databases.opened(
        tmp_path / f"{city}.sqlite", settings, tmp_path
    ):
        made = deployments.deploy(again, city, None, DEPLOYED).definition_ids
        assert made
        assert all(each.endswith(":2") for each in made)
        db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))

    @contextmanager
    def verified() -> Iterator[None]:
        with fresh():
            yield
            assert history.verify() == []

    def first_moved(name: str) -> None:
        act = getattr(DatabaseBackend, name)

        def acted(self: DatabaseBackend, *given: Any) -> Any:
            counted.append(move_all(city, self.now))
            return act(self, *given)

        monkeypatch.setattr(DatabaseBackend, name, acted)

    for name in ("complete", "fire", "urge"):
        first_moved(name)
    report = run_scenarios(jurisdictions.read(folder), verified)
    assert [str(failure) for failure in report.failures] == []
    assert sum(counted) >= report.scenarios


def waits(matter: str) -> tuple[list[Any], list[Any]]:
    """What a running matter waits for: its open tasks, for whom and until when; its timers."""
    with transaction(writing=False) as session:
        asked = sa.select(
            UserTaskCandidate.task_id, UserTaskCandidate.candidate
        ).where(UserTaskCandidate.instance_id == matter)
        tasks = session.execute(
            sa.select(
                UserTask.id,
                UserTask.name,
                UserTask.form_key,
                UserTask.due_at,
                UserTask.due_sort,
                UserTask.assignee_id,
            )
            .where(UserTask.instance_id == matter, UserTask.state == "open")
            .order_by(UserTask.id)
        ).all()
        open_ids = {row.id for row in tasks}
        offers = sorted(
            tuple(row)
            for row in session.execute(asked)
            if row.task_id in open_ids
        )
        timers = session.execute(
            sa.select(TimerJob.id, TimerJob.element_id, TimerJob.due_at)
            .where(TimerJob.instance_id == matter, TimerJob.state == "planned")
            .order_by(TimerJob.id)
        ).all()
    return [*map(tuple, tasks), *offers], [tuple(row) for row in timers]


class Changing:
    """Each time, every running matter goes to the next changed version and back: it must stand there as if it
    had never left."""

    def __init__(self, city: str) -> None:
        self.city = city
        self.moved, self.refused = (
            dict.fromkeys(CHANGES, 0),
            dict.fromkeys(CHANGES, 0),
        )

    def there_and_back(self, now: Any) -> None:
        with transaction(writing=False) as session:
            by = session.scalars(
                sa.select(Person.id)
                .where(Person.tenant_id == self.city)
                .order_by(Person.id)
                .limit(1)
            ).one()
            rows = session.execute(
                sa.select(
                    ProcessInstance.id, ProcessInstance.process_key
                ).where(ProcessInstance.state == "active")
            ).all()
            extended = {
                row.instance_id
                for row in session.scalars(sa.select(Deadline))
                if row.entries
            }
        for matter, key in rows:
            # The change that moved least often so far: one that is mostly refused is tried the more.
            name, before = (
                min(CHANGES, key=lambda each: self.moved[each]),
                waits(matter),
            )
            number = list(CHANGES).index(name)
            (there,) = migration.move(
                [matter], f"{self.city}:{key}:{number + 2}", by, now
            )
            assert migration.UNFORESEEN not in there.refused, name
            if there.refused:
                self.refused[name] += 1
                assert waits(matter) == before
                continue
            self.moved[name] += 1
            (back,) = migration.move(
                [matter], f"{self.city}:{key}:{len(CHANGES) + 2}", by, now
            )
            assert back.refused == (), name
            # An extension does not outlive a version that counts by the clock alone; what moving says of it
            # is tested elsewhere.
            if matter not in extended:
                assert waits(matter) == before, name


@pytest.mark.parametrize("city", once(CITIES, ("zhenjiang",)))
def test_matters_that_go_to_a_changed_version_and_back_before_every_step_come_out_as_the_scenario_says(
    city: str,
    tmp_path: Path,
    sqlite_schema: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves that no change of limits, timers, bodies, forms or steps makes moving fail, wherever a matter
    stands, and that a move loses nothing.

    Before every seventh step only: the turns are spread over all steps and changes, and the test stays short.
    """
    folder, changing = ROOT / "bpmn" / city, Changing(city)
    counted: list[DatabaseBackend] = []
    settings = settings_for("sqlite://", tmp_path)
    fresh = fixture_databases.load_once(
        folder, settings, tmp_path, sqlite_schema
    )
    resources = jurisdictions.resources(folder)
    with fixture_databases.opened(
        tmp_path / f"{city}.sqlite", settings, tmp_path
    ):
        # New matters begin on the last version, which is as the first one.
        for name, change in [*CHANGES.items(), ("as before", dict)]:
            mark = f"<!-- {name} --></bpmn:definitions>".encode()
            files = {
                each: text.replace(b"</bpmn:definitions>", mark)
                for each, text in change(resources).items()
            }
            deployments.deploy(files, city, None, DEPLOYED)
        db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))

    @contextmanager
    def verified() -> Iterator[None]:
        with fresh():
            yield
            assert history.verify() == []

    act = DatabaseBackend.complete

    def acted(self: DatabaseBackend, *given: Any) -> Any:
        counted.append(self)
        if len(counted) % 7 == 1:
            changing.there_and_back(self.now)
        return act(self, *given)

    monkeypatch.setattr(DatabaseBackend, "complete", acted)
    report = run_scenarios(jurisdictions.read(folder), verified)
    assert [str(failure) for failure in report.failures] == []
    assert all(changing.moved.values()), changing.moved
    assert changing.refused["a step removed"] > 0
