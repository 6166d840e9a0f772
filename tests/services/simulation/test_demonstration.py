"""The demonstration's instances: of every city, on any day, all or nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services import jurisdictions
from orchestrator.services.installation import database
from orchestrator.services.records import history
from orchestrator.services.simulation import demonstration
from orchestrator.services.simulation.demonstration import (
    daily_work,
    filling,
    planning,
)
from orchestrator.settings import ROOT
from orchestrator.store.assessments import AssessmentPeriod, AssessmentResult
from orchestrator.store.figures import Figure
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.member_issues import MemberIssue
from orchestrator.store.pay import PaySheet
from orchestrator.store.people import tenants
from orchestrator.store.registers import GridCase, ServiceItem
from orchestrator.store.session import db, transaction
from orchestrator.store.timers import Deadline, TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.databases import forget, release, settings_for, without_pages

MORNING = datetime(2026, 11, 26, 1, 40, tzinfo=UTC)
"""Thursday, 9:40 in Shanghai."""
SUNDAY_NIGHT = datetime(2027, 1, 3, 15, 0, tzinfo=UTC)
FESTIVAL = datetime(2027, 2, 6, 4, 0, tzinfo=UTC)


@pytest.fixture
def machine(tmp_path: Path, sqlite_schema: Path) -> Iterator[Flask]:
    """A demonstration's machine with the schema and no city."""
    file = tmp_path / "gridflow.sqlite"
    shutil.copy(sqlite_schema, file)
    app = without_pages(settings_for(f"sqlite:///{file}", tmp_path, demo=True))
    with app.app_context():
        forget()
        yield app
        release()


def _all(query: sa.Select) -> list:
    with transaction(writing=False) as session:
        return list(session.scalars(query))


def _titles_and_items() -> list[tuple[str, str]]:
    with transaction(writing=False) as session:
        query = sa.select(GridCase.title, ServiceItem.name).join(
            ServiceItem, ServiceItem.id == GridCase.item_id
        )
        return [(row.title, row.name) for row in session.execute(query)]


def _running_late(now: datetime) -> list[UserTask]:
    return _all(
        sa.select(UserTask).where(
            UserTask.state == "open", UserTask.due_at < now
        )
    )


def test_the_demonstration_has_matters_of_every_procedure_in_every_state(
    machine: Flask,
) -> None:
    filled = demonstration.load_filled(ROOT / "bpmn" / "zhenjiang", MORNING)
    assert filled is not None
    instances = _all(sa.select(ProcessInstance))
    assert filled.instances == len(instances) and 50 <= len(instances) <= 65
    drawn = {
        path.stem for path in (ROOT / "bpmn" / "zhenjiang").glob("*.bpmn")
    }
    # The clock opens what is yearly in the days after the year's end, and never before its day.
    profile = jurisdictions.read(ROOT / "bpmn" / "zhenjiang").profile
    yearly = {rule.key for rule in profile.series if rule.every == "year"}
    shown = {each.process_key for each in instances}
    assert drawn - yearly <= shown
    assert yearly.isdisjoint(shown)
    assert sum(each.state == "completed" for each in instances) >= 15
    assert 4 <= len(_running_late(MORNING)) <= 20, (
        "some are overdue, most are not"
    )
    due_today = [
        task
        for task in _all(sa.select(UserTask).where(UserTask.state == "open"))
        if task.due_at and MORNING < task.due_at < MORNING + timedelta(hours=9)
    ]
    assert len(due_today) >= 2
    names = {
        task.name
        for task in _all(sa.select(UserTask).where(UserTask.state == "open"))
    }
    assert {"补正申请", "审核申请", "镇街分流"} <= names, (
        "returned, under review and handed on"
    )
    assert any(
        entry["kind"] == "suspension"
        for row in _all(sa.select(Deadline))
        for entry in row.entries
    )
    assert min(each.started_at for each in instances) < MORNING - timedelta(
        days=60
    )
    assert len({each.title for each in instances}) > 35, (
        "they are about different things"
    )
    assert len({each.territory_path for each in instances}) > 5
    blocked = {
        item
        for title, item in _titles_and_items()
        if title == "三号楼消防通道被占"
    }
    assert blocked == {"治安问题与公共安全隐患排查上报"}, "what it is about"


@pytest.mark.parametrize("city", ["qingdao", "zhenjiang"])
def test_its_last_month_is_closed_with_figures_a_bulletin_and_an_assessment(
    machine: Flask, city: str
) -> None:
    filled = demonstration.load_filled(
        ROOT / "bpmn" / city, MORNING, instances=planning.FEWEST
    )
    assert filled is not None and filled.refused == []
    whole = sa.select(sa.func.sum(Figure.closed)).where(
        Figure.kind == "all",
        Figure.period == "2026-10",
        Figure.path.notlike("%/%/%"),
    )
    assert _all(whole)[0] >= 3
    bulletins = _all(
        sa.select(ProcessInstance).where(
            ProcessInstance.process_key == "monthly_bulletin",
            ProcessInstance.state == "completed",
        )
    )
    assert len(bulletins) == 1
    drafted = sa.select(HistoryEntry.data).where(
        HistoryEntry.instance_id == bulletins[0].id,
        HistoryEntry.kind == "user-task-completed",
    )
    told = _all(drafted.order_by(HistoryEntry.seq))[0]["submitted"]["figures"]
    assert told.startswith("全部：登记、交办 "), "the month's own figures"
    assert history.verify(bulletins[0].id) == []
    closed = sa.select(AssessmentResult).join(
        AssessmentPeriod, AssessmentPeriod.id == AssessmentResult.period_id
    )
    results = _all(closed.where(AssessmentPeriod.period == "2026-10"))
    assert [each for each in results if not each.key.isdigit() and each.grade]
    # Those of members are closed by the month or by the quarter.
    of_months = AssessmentPeriod.period.in_(["2026-10", "2026Q3"])
    members = [
        each.score
        for each in _all(closed.where(of_months))
        if each.key.isdigit()
    ]
    assert len(set(members)) > 3, "one from another"
    assert {row.kind for row in _all(sa.select(GridGroup))} >= {"party"}
    assert {row.kind for row in _all(sa.select(MemberIssue))} >= {"insurance"}
    sheets = _all(sa.select(PaySheet.state).order_by(PaySheet.state))
    pays = jurisdictions.read(ROOT / "bpmn" / city).profile.members.pay
    assert sheets == (["approved", "submitted"] if pays else [])
    _see_in_order()


def _see_in_order() -> None:
    """What was written for a pay sheet stands in the order in which the product lets it be written, on
    workdays."""
    for sheet in _all(sa.select(PaySheet)):
        days = [sheet.drafted_at, sheet.checked_at, sheet.approved_at]
        acted = [day for day in days if day is not None]
        assert acted == sorted(acted)
        assert all(day.weekday() < 5 for day in acted)
        of_members = sa.select(AssessmentPeriod.published_at).where(
            AssessmentPeriod.rule == "members",
            AssessmentPeriod.published_at.is_not(None),
        )
        published = _all(of_members)
        assert published and max(published) < sheet.drafted_at < MORNING
    for issue in _all(
        sa.select(MemberIssue).where(MemberIssue.kind == "insurance")
    ):
        assert (issue.until_on - issue.from_on).days == 364


def test_the_history_of_the_demonstration_is_in_order_and_whole(
    machine: Flask,
) -> None:
    demonstration.load_filled(
        ROOT / "bpmn" / "zhenjiang", MORNING, instances=20
    )
    for matter in _all(sa.select(ProcessInstance.id)):
        entries = sa.select(HistoryEntry.at).where(
            HistoryEntry.instance_id == matter
        )
        instants = _all(entries.order_by(HistoryEntry.seq))
        assert instants == sorted(instants) and instants[-1] <= MORNING
        assert history.verify(matter) == []
    assert _all(sa.select(Incident)) == []
    planned = _all(
        sa.select(TimerJob.due_at).where(TimerJob.state == "planned")
    )
    assert all(due_at > MORNING for due_at in planned), (
        "what was due has fired at its time"
    )


def _see_clusters() -> bool:
    """Whether there are clusters of households; each tells how many belong to it."""
    clusters = _all(sa.select(GridGroup).where(GridGroup.kind == "cluster"))
    for cluster in clusters:
        own = sa.select(GridEntry.id).where(
            GridEntry.cluster_id == cluster.id, GridEntry.gone_on.is_(None)
        )
        assert cluster.households == len(_all(own))
    return any(cluster.households for cluster in clusters)


@pytest.mark.parametrize(
    ("city", "now"),
    [
        ("qingdao", SUNDAY_NIGHT),
        ("xinxiang", FESTIVAL),
        ("xizang", MORNING),
        ("dongying", SUNDAY_NIGHT),
    ],
)
def test_every_city_is_alive_on_any_day(
    machine: Flask, city: str, now: datetime
) -> None:
    filled = demonstration.load_filled(ROOT / "bpmn" / city, now, instances=20)
    assert filled is not None and filled.instances >= 16, filled
    assert _all(sa.select(Incident)) == []
    assert _see_clusters() == (city == "xizang")
    states = _all(sa.select(ProcessInstance.state))
    assert states.count("active") >= 6 and states.count("completed") >= 4
    with transaction(writing=False) as session:
        (shown,) = demonstration.example_cities(session)
    assert len(shown.examples) == 2, (
        "an admission and a case, each from beginning to end"
    )
    assert all(
        len({role.body for role in each.roles}) >= 2 for each in shown.examples
    )
    assert any(
        account.open_tasks
        for each in shown.levels.values()
        for account in each
    )
    assert _running_late(now)
    assert _all(
        sa.select(UserTask.id).where(
            UserTask.state == "open", UserTask.due_at > now
        )
    )


def test_a_city_in_a_folder_of_its_own_is_filled_from_its_own_scenarios(
    machine: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "bpmn" / "template", folder)
    filled = demonstration.load_filled(folder, MORNING, instances=20)
    assert filled is not None and filled.instances >= 16, filled


def test_a_folder_without_scenarios_is_loaded_without_matters(
    machine: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "bpmn" / "template", folder)
    (folder / "scenarios" / "item_exit.yaml").write_text(
        "情景: [", encoding="utf-8"
    )
    filled = demonstration.load_filled(folder, MORNING, instances=20)
    assert filled is not None and filled.instances == 0
    assert "item_exit.yaml" in filled.refused[0]
    with transaction(writing=False) as session:
        assert len(tenants(session)) == 1


def test_who_is_stopped_in_the_middle_begins_anew_and_nothing_is_made_twice(
    machine: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = ROOT / "bpmn" / "template"
    with monkeypatch.context() as stopped:
        stopped.setattr(filling, "play", _killed)
        with pytest.raises(KeyboardInterrupt):
            demonstration.load_filled(folder, MORNING, instances=20)
    with transaction(writing=False) as session:
        assert tenants(session) == []
    assert [each.name for each in tmp_path.glob("*.filling*")] == []
    filled = demonstration.load_filled(folder, MORNING, instances=20)
    assert filled is not None and filled.instances > 0
    assert demonstration.load_filled(folder, MORNING, instances=20) is None
    db.session.remove()
    assert len(_all(sa.select(ProcessInstance.id))) == filled.instances
    assert database.settings().demo


def _killed(*_given: object) -> None:
    raise KeyboardInterrupt


def test_nobody_visits_or_patrols_at_night() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    for now in (MORNING, SUNDAY_NIGHT, FESTIVAL):
        times = [
            daily_work._by_day(now, zone, number) for number in range(1, 40)
        ]
        assert times == sorted(times, reverse=True) and times[0] < now
        there = {at.astimezone(zone).time() for at in times}
        assert time(9) <= min(there) <= max(there) <= time(17)
