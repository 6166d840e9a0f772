"""Filling the database of a demonstration, all or nothing: into a copy that takes the file's place when it is
whole."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import sqlalchemy as sa

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.errors import GridflowError
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.services.execution import day_layers, locked_instance
from orchestrator.services.figures import counting
from orchestrator.services.installation import database
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.simulation import fixture_databases, scenario_files
from orchestrator.services.simulation.backend import NOW
from orchestrator.services.simulation.demonstration import (
    assessed_month,
    courses_held,
    daily_work,
    member_affairs,
    member_files,
    planning,
    recurring_done,
)
from orchestrator.services.simulation.demonstration.demonstration_backend import (
    DemonstrationBackend,
)
from orchestrator.services.simulation.demonstration.office_times import (
    office_times,
)
from orchestrator.services.simulation.demonstration.playing import play
from orchestrator.services.simulation.scenario_people import FolderDirectory
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import tenants
from orchestrator.store.session import db, transaction

LOOKS_BACK = timedelta(days=120)
"""How long before now the demonstration's city began to work."""


@dataclass(frozen=True)
class Filled:
    """What a demonstration was filled with."""

    instances: int
    refused: list[str] = field(default_factory=list)
    """Steps that were not accepted, each with the reason."""


def load_filled(
    folder: Path,
    now: datetime,
    instances: int = planning.INSTANCES,
) -> Filled | None:
    """Loads a jurisdiction folder that the demonstration's database does not have yet, with people and
    instances. None, and nothing is changed, where it has been loaded before.

    A process that is killed meanwhile leaves the database as it was. Raises as `jurisdictions.load`.
    """
    given = jurisdictions.read(folder)
    settings = database.settings()
    with transaction(writing=False) as session:
        if given.profile.key in tenants(session):
            return None
    db.session.remove()
    db.engine.dispose()
    file = Path(str(sa.make_url(settings.database_url).database))
    copy = file.with_suffix(".filling.sqlite")
    _remove(copy)
    try:
        with (
            closing(sqlite3.connect(file)) as original,
            closing(sqlite3.connect(copy)) as target,
        ):
            original.backup(target)
        with fixture_databases.opened(copy, settings, settings.var_dir):
            filled = fill(folder, given, now, instances)
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        with copy.open("rb") as written:
            os.fsync(written.fileno())
        copy.replace(file)
    finally:
        _remove(copy)
    # Both caches go by the database's address, at which another file stands now.
    day_layers.forget()
    bundles.forget()
    return filled


def _remove(file: Path) -> None:
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        path.unlink(missing_ok=True)


def fill(
    folder: Path,
    given: Folder,
    now: datetime,
    instances: int = planning.INSTANCES,
) -> Filled:
    """Loads the folder as of some months ago and plays its scenarios up to now, on the database of the
    current application. Without readable scenarios there are no instances."""
    begins_at = now - LOOKS_BACK
    jurisdictions.load(folder, begins_at, demo=True)
    try:
        files = scenario_files.read_resources(
            given.profile.key, given.resources
        )
    except GridflowError as wrong:
        return Filled(0, [str(wrong)])
    backend = DemonstrationBackend(given.profile.key)
    directory = FolderDirectory(given)
    backend.now = begins_at
    keys = deployments.process_keys(given.resources)
    definitions = {key: backend.definition(key) for key in keys}
    with transaction(writing=False) as session:
        definition_id = bundles.definition_in_force(
            session, given.profile.key, keys[0], begins_at
        )
        calendar = locked_instance.calendar(
            session, bundles.bundle_of(session, definition_id)
        )
    times = office_times(calendar, begins_at, now)
    city = planning.City(
        directory,
        definitions,
        calendar,
        times,
        now,
        NOW,
    )
    scenarios = [each for file in files for each in file.scenarios]
    runs = planning.plan(city, scenarios, instances)
    refused = play(backend, directory, runs, times, now).refused
    while counting.settle(now):
        pass
    refused += recurring_done.play(backend, city, scenarios)
    member_files.fill(given.profile, now)
    daily_work.fill(given.profile, now)
    member_affairs.fill(given.profile, now)
    courses_held.fill(given.profile, now)
    published_at, *days = _last_mornings(calendar, now)
    assessed_month.fill(given.profile, published_at, now)
    member_affairs.pay_out(given.profile, days)
    with transaction(writing=False) as session:
        made = sa.select(sa.func.count()).where(
            ProcessInstance.tenant_id == given.profile.key
        )
        return Filled(session.scalar(made) or 0, refused)


def _last_mornings(calendar: WorkCalendar, now: datetime) -> list[datetime]:
    """Ten o'clock of the last four workdays before today: on the first of them the assessment is published,
    on the others a pay sheet is drawn up, checked and approved."""
    mornings: list[datetime] = []
    day = calendar.local(now).date()
    while len(mornings) < 4:
        day -= timedelta(days=1)
        if calendar.is_workday(day):
            mornings.insert(0, calendar.at(day, time(10)))
    return mornings
