"""A limit in words, `3个工作日`, is counted by the same ledger as a deadline of the profile: on working days,
extended and suspended alike."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.limits import DatedLimit, LimitLength
from orchestrator.engine import timers as texts
from orchestrator.engine.commands import Environment
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.services.clocks import deadlines, timers
from orchestrator.services.execution import due_dates, openings
from orchestrator.services.simulation import run_scenarios
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTaskCandidate
from tests.services.world import CITY, MONDAY, TENANT

BPMN = Path(__file__).parents[3] / "bpmn"
SCENARIO = """
情景:
  - 名称: 退出
    步骤:
      - 时间: 2026-12-28 10:00
      - 发起: 事项退出
        由: 东营区应急管理局
        填写: {退出事项: 影响社会稳定的风险隐患排查, 退出理由: 已由专业队伍承担}
      - 应在期限: {核准退出: 2026-12-31 17:30}
"""


def _deploy(world, due: str, timer: str) -> None:
    resources = {
        path.name: path.read_bytes() for path in sorted(CITY.iterdir())
    }
    diagram = (
        resources["errand.bpmn"]
        .decode()
        .replace('dueDate="deadline:review"', f'dueDate="{due}"')
    )
    diagram = diagram.replace(">deadline:review<", f">{timer}<")
    for opening in (f'dueDate="{due}">', 'cancelActivity="false">'):
        diagram = diagram.replace(
            opening,
            f"{opening}<bpmn:documentation>依据：第一条第一款</bpmn:documentation>",
        )
    resources["errand.bpmn"] = diagram.encode()
    deployments.deploy(resources, TENANT, None, world.now)


def _deadline(world, errand: str) -> Deadline:
    (found,) = world.rows(
        sa.select(Deadline).where(Deadline.instance_id == errand)
    )
    return found


@pytest.mark.one_database
def test_three_working_days_leave_the_holiday_out_and_the_timer_follows_the_tasks_ledger(
    world,
) -> None:
    _deploy(world, "3 个工作日", "3工作日")
    errand = world.start()
    friday = datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
    ledger = _deadline(world, errand)
    assert (
        ledger.name,
        ledger.limit_amount,
        ledger.limit_unit,
        ledger.citation,
    ) == (
        "3工作日",
        3,
        "working_days",
        "1.1",
    )
    assert (
        world.task(errand, "review").due_at,
        world.timers(errand)[0].due_at,
    ) == (
        friday,
        friday,
    )
    due = deadlines.extend(
        ledger.id,
        deadlines.Extension(1, "working_days", "材料需外调"),
        by=world.person("zhou"),
        now=world.now,
    )
    assert due == datetime(2026, 3, 7, 9, 30, tzinfo=UTC), (
        "the make-up Saturday counts"
    )
    assert world.timers(errand)[0].due_at == due
    offered = sa.select(UserTaskCandidate.due_sort).where(
        UserTaskCandidate.instance_id == errand
    )
    assert set(world.rows(offered)) == {due}, "its place in the inbox"
    deadlines.suspend(
        ledger.id,
        "等待鉴定",
        by=world.person("zhou"),
        now=world.now,
        review_on=date(2026, 4, 1),
    )
    assert timers.fire_due(due + timedelta(days=3)).fired == 0


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "due"),
    {
        "24小时": datetime(2026, 3, 3, 1, 0, tzinfo=UTC),
        "2天": datetime(2026, 3, 4, 1, 0, tzinfo=UTC),
        "2 日": datetime(2026, 3, 4, 1, 0, tzinfo=UTC),
        "30分钟": datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        "PT24H": datetime(2026, 3, 3, 1, 0, tzinfo=UTC),
    }.items(),
)
def test_hours_days_and_minutes_run_on_through_night_and_holiday(
    world, text: str, due: datetime
) -> None:
    _deploy(world, text, text)
    errand = world.start()
    assert (
        world.task(errand, "review").due_at,
        world.timers(errand)[0].due_at,
    ) == (
        due,
        due,
    )
    assert timers.fire_due(due - timedelta(seconds=1)).fired == 0
    assert timers.fire_due(due).fired == 1


def test_a_play_on_paper_counts_alike(tmp_path: Path) -> None:
    folder = tmp_path / "dongying"
    shutil.copytree(
        BPMN / "dongying", folder, ignore=shutil.ignore_patterns("scenarios")
    )
    diagram = folder / "item_exit.bpmn"
    diagram.write_text(
        diagram.read_text().replace("deadline:ratify_application", "3个工作日")
    )
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "item_exit.yaml").write_text(SCENARIO)
    assert [
        failure.message
        for failure in run_scenarios(jurisdictions.read(folder), None).failures
    ] == []
    (folder / "scenarios" / "item_exit.yaml").write_text(
        SCENARIO.replace("12-31", "12-30")
    )
    (failure,) = run_scenarios(jurisdictions.read(folder), None).failures
    assert "实为 2026-12-31 17:30" in failure.message


def test_the_profiles_own_deadline_comes_first_and_what_is_neither_is_refused(
    world,
) -> None:
    profile = bundles.assemble(
        {path.name: path.read_bytes() for path in CITY.iterdir()}, "errand"
    ).jurisdiction
    assert due_dates.new_ledger(profile, "review", MONDAY).citation == "1.1"
    # A later limit begins at midnight of the city, not of the server.
    later = DatedLimit(date(2026, 3, 3), LimitLength(9, "days", "2"))
    rule = replace(profile.deadlines["review"], changes=(later,))
    changed = replace(profile, deadlines={"review": rule})
    for minute, citation in ((59, "1.1"), (60, "2")):
        start = datetime(2026, 3, 2, 15, tzinfo=UTC)
        start += timedelta(minutes=minute)
        given = due_dates.new_ledger(changed, "review", start)
        assert given.citation == citation
    assert (
        due_dates.new_ledger(profile, "2工作小时", MONDAY, "13").unit
        == "working_hours"
    )
    with pytest.raises(KeyError):
        due_dates.new_ledger(profile, "三天", MONDAY)


def test_a_task_whose_day_of_return_says_no_time_comes_up_on_no_day() -> None:
    profile = bundles.assemble(
        {path.name: path.read_bytes() for path in CITY.iterdir()}, "errand"
    ).jurisdiction
    bundle = SimpleNamespace(jurisdiction=profile)
    instance: Any = SimpleNamespace(bundle=bundle, now=MONDAY)
    for text in (None, "", "三天", "deadline:nowhere"):
        assert openings._follow_up(instance, text) is None


def test_every_unit_in_words_is_one_of_the_ledgers() -> None:
    assert set(texts.LIMIT_UNITS.values()) == set(UNITS)
    for text in ("0工作日", "3", "三工作日", "3工作", "R3/3工作日", "12345天"):
        assert texts.limit(text) is None
    with pytest.raises(KeyError):
        texts.schedule(
            "timeDuration",
            "3工作日",
            MONDAY,
            Environment(timezone="Asia/Shanghai"),
        )


@pytest.mark.parametrize(
    "text", ["3", "24", "1.5", "deadline:", "", "三天", "3工作", "三个工作日"]
)
def test_a_limit_without_unit_is_refused_with_the_ways_to_write_it(
    text: str,
) -> None:
    with pytest.raises(texts.TimerTextInvalid) as refused:
        texts.check_text("timeDuration", text)
    assert "deadline:名称" in str(refused.value)
