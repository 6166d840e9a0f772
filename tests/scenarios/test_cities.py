"""Every scenario of every city passes in memory and on the database, with the same course; a replay of what
has ended runs alike again.

Every sequence flow is crossed or waived by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services import bundles, jurisdictions
from orchestrator.services.designing import backtests, finished_instances
from orchestrator.services.designing.replay import Replay
from orchestrator.services.execution.course import course_of
from orchestrator.services.simulation import fixture_databases, run_scenarios
from orchestrator.store.definitions import version_in_force
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from tests.databases import settings_for

ROOT = Path(__file__).parents[2]
CITIES = sorted(
    path.parent.name for path in (ROOT / "bpmn").glob("*/scenarios")
)


def unlike_their_replay(session: Session, city: str, key: str) -> list[str]:
    """Titles of the finished instances of which a replay of their own version records another course than
    they had."""
    rows = session.execute(finished_instances.finished(city, key, 100)).all()
    histories = finished_instances.histories(session, [row.id for row in rows])
    known = finished_instances.Known(
        session, [entry for entries in histories.values() for entry in entries]
    )
    found = []
    for row in rows:
        record = known.record(row, histories[row.id])
        replay = Replay(session, record.bundle, record, known.bodies)
        replay.run()
        if course_of(replay.instance.history) != course_of(histories[row.id]):
            found.append(row.title)
    return found


def unlike_in_an_unchanged_draft(
    session: Session, city: str, key: str
) -> list[backtests.Backtested]:
    """What a back-test of a draft that changes nothing says of finished instances, but for “same”."""
    base = version_in_force(session, city, key, None)
    assert base is not None
    content = {f"{key}.bpmn": bundles.diagram(session, base).decode()}
    draft = Draft(
        id="unchanged",
        tenant_id=city,
        process_key=key,
        base_definition_id=base,
        content=content,
    )
    return [
        each
        for each in backtests.backtest(session, draft, 100)
        if each.verdict != "same"
    ]


def test_every_city_has_scenarios() -> None:
    assert (
        sorted(
            path.parent.name
            for path in (ROOT / "bpmn").glob("*/jurisdiction.toml")
        )
        == CITIES
    )


@pytest.mark.parametrize("city", CITIES)
def test_a_citys_scenarios_hold_on_every_backend_and_cross_every_sequence_flow(
    city: str, tmp_path: Path, sqlite_schema: Path
) -> None:
    folder, ended = ROOT / "bpmn" / city, 0
    unlike: list[object] = []
    fresh = fixture_databases.load_once(
        folder, settings_for("sqlite://", tmp_path), tmp_path, sqlite_schema
    )

    @contextmanager
    def watched() -> Iterator[None]:
        nonlocal ended
        with fresh():
            yield
            with transaction(writing=False) as session:
                finished = sa.select(ProcessInstance.process_key).where(
                    ProcessInstance.state == "completed"
                )
                for key in session.scalars(finished.distinct()).all():
                    ended += 1
                    unlike.extend(unlike_their_replay(session, city, key))
                    unlike.extend(
                        unlike_in_an_unchanged_draft(session, city, key)
                    )

    report = run_scenarios(jurisdictions.read(folder), watched)
    assert [str(failure) for failure in report.failures] == []
    assert unlike == []
    assert ended >= 5
    assert report.uncrossed == ()
    assert report.passed == report.scenarios >= 6
    assert all(
        len(why) >= 6
        for why in [*report.waived.values(), *report.memory_only.values()]
    )
