"""Periods of the assessment and recurring work: what is due, when it waits, who is in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.domain.assessment import DEPARTMENTS, MEMBERS
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import CASE_DEPARTMENT
from orchestrator.domain.series import SeriesRule
from orchestrator.errors import RuleViolated
from orchestrator.services import bundles
from orchestrator.services.assessment import (
    assessed,
    due_periods,
    period_closing,
    period_figures,
    recurring_work,
    scoring,
)
from orchestrator.store.assessments import AssessmentPeriod
from orchestrator.store.figures import Figure
from orchestrator.store.grid_work import Patrol
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Membership, Person
from orchestrator.store.registers import ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from tests.handlers.office import COUNTY as CODE
from tests.handlers.office import EAST, TENANT, Office
from tests.handlers.redeploy import redeploy
from tests.handlers.test_cases import to_the_county, to_the_departments
from tests.handlers.test_figures import settle

COUNTY = f"{TENANT}:grid-office:{CODE}"
PERIOD = "2026-11"


def _report(office: Office, to_departments: bool = False) -> None:
    item = sa.select(ServiceItem.id).where(ServiceItem.territory_code == CODE)
    case = office.report(office.rows(item)[0])
    if to_departments:
        to_the_county(office, case)
        to_the_departments(office, case)


def _closed(office: Office) -> set[tuple[str, str]]:
    rows = office.rows(sa.select(AssessmentPeriod))
    return {(row.rule, row.period) for row in rows}


def _profile() -> Jurisdiction:
    with transaction(writing=False) as session:
        return bundles.profile_in_force(session, TENANT)


def test_a_period_waits_until_it_is_counted_and_is_closed_also_two_months_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _report(office, to_departments=True)
    office.now = office.now.replace(month=12, day=12)
    assert period_closing.settle(office.now) == 0, "not counted yet"
    with pytest.raises(RuleViolated, match="还没有统计完"):
        period_closing.close(
            office.person("jk-wgb"), "departments", PERIOD, COUNTY, office.now
        )
    settle(office)
    # The clock stood still until the middle of January.
    office.now = office.now.replace(year=2027, month=1, day=15)
    _report(office)
    with transaction(writing=False) as session:
        of = session, bundles.profile_in_force(session, TENANT)
        by = session.get_one(Body, COUNTY)
        assert assessed.has_work(*of, DEPARTMENTS, by, PERIOD)
        assert not assessed.has_work(*of, DEPARTMENTS, by, "2027-01"), (
            "no department was asked: there is nothing to score"
        )
    with transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, TENANT)
        waiting = due_periods.to_close(
            session,
            profile,
            period_closing.rule_of(profile, "departments"),
            [session.get_one(Body, COUNTY)],
            office.now.date(),
        )
    assert [period for period, _body in waiting] == ["2026-12", PERIOD]
    before = len(office.rows(sa.select(AssessmentPeriod)))
    made = period_closing.close_last(TENANT, office.now, {"departments"})
    after = len(office.rows(sa.select(AssessmentPeriod)))
    assert made == after - before
    assert ("departments", PERIOD) not in _closed(office), "the last alone"
    scores = scoring.scores

    def broken(
        session: Any, profile: Any, rule: Any, by: Any, period: str
    ) -> Any:
        if rule.key == "offices":
            raise ValueError(period)
        return scores(session, profile, rule, by, period)

    monkeypatch.setattr(scoring, "scores", broken)
    period_closing.settle(office.now)
    assert ("departments", PERIOD) in _closed(office), "one that fails"
    assert ("offices", PERIOD) not in _closed(office)
    monkeypatch.undo()
    period_closing.settle(office.now)
    assert ("offices", PERIOD) in _closed(office)


def test_recurring_work_is_opened_for_each_host_and_period_a_bulletin_where_there_was_work(
    office: Office,
) -> None:
    _report(office)
    settle(office)
    office.now = office.now.replace(month=12, day=5)
    assert recurring_work.settle(office.now) == 1
    bulletin = sa.select(ProcessInstance.id).where(
        ProcessInstance.process_key == "monthly_bulletin",
    )
    assert len(office.rows(bulletin)) == 1, "elsewhere there was no case"
    here = bulletin.where(ProcessInstance.territory_code == CODE)
    assert len(office.rows(here)) == 1
    quarterly = SeriesRule(
        "quarterly",
        "季度通报",
        "series.bulletin",
        "quarter",
        1,
        ("grid-office@county",),
        "default",
    )
    due = recurring_work.DueWork(quarterly, "2026Q3", COUNTY)
    assert recurring_work._open(TENANT, due, office.now) == 1
    assert recurring_work._open(TENANT, due, office.now) == 0
    assert len(office.rows(bulletin)) == 2


def test_a_weekly_bulletin_has_the_figures_of_its_week_and_what_was_put_into_it(
    office: Office,
) -> None:
    """每周一通报上周: the period of the bulletin is the profile's."""
    weekly = 'every = "month"\nday = 5', 'every = "week"\nday = 1'
    redeploy(office, process="monthly_bulletin", profile=weekly)
    late = office.report(office.seed_item())
    to_the_county(office, late)
    to_the_departments(office, late)
    year, week, weekday = office.now.isocalendar()
    office.later(days=8 - weekday)
    later = office.report(office.seed_item())
    with transaction() as session:
        number = session.get_one(ProcessInstance, late).business_key
        session.add_all(
            HistoryEntry(
                instance_id=late,
                seq=990 + days,
                at=office.now - timedelta(days=4 - days),
                kind="bulletin",
                data={"reason": f"到期没有办结，已逾期 {days} 天"},
                hash=b"",
            )
            for days in (1, 2)
        )
    settle(office)
    assert recurring_work.settle(office.now) >= 1
    assert recurring_work.settle(office.now) == 0
    bulletin = sa.select(ProcessInstance).where(
        ProcessInstance.process_key == "monthly_bulletin",
        ProcessInstance.territory_code == CODE,
    )
    (opened,) = office.rows(bulletin)
    assert opened.title.startswith(f"{year}年第{week}周（")
    told = opened.variables["figures"]
    assert told.startswith("全部：登记、交办 1 件，办结 0 件"), later
    assert told.count(f"列入通报：{number} ") == 1, "once, however often urged"
    assert "到期没有办结，已逾期 2 天" in told
    assert "京口区城市管理局：登记、交办 1 件" in told


def test_the_figures_in_words_fit_into_the_form_and_say_what_they_leave_out(
    office: Office,
) -> None:
    with transaction() as session:
        profile = bundles.profile_in_force(session, TENANT)
        host = session.get_one(Body, COUNTY)
        wanted = session.scalars(
            sa.select(Body)
            .where(
                Body.tenant_id == TENANT,
                Body.role.in_(profile.roles_of(CASE_DEPARTMENT)),
            )
            .order_by(Body.id)
            .limit(70)
        ).all()
        for body in wanted:
            body.name = "同名的联动部门"
            session.add(
                Figure(
                    tenant_id=TENANT,
                    path=host.territory_path,
                    kind="body",
                    period=PERIOD,
                    key=body.id,
                    registered=1,
                )
            )
        session.flush()
        told = period_figures.figures_in_words(session, profile, host, PERIOD)
    assert len(told) <= 3_000
    listed = told.count("同名的联动部门")
    if listed < len(wanted):
        assert f"另有 {len(wanted) - listed} 项没有列出" in told
    assert listed > 1, "bodies of the same name are lines of their own"
    lines = [f"第{number}部门：登记、交办 1 件" for number in range(500)]
    short = period_figures.shortened(lines)
    kept = short.count("\n")
    assert len(short) <= period_figures.MOST_LETTERS
    assert short.endswith(f"另有 {500 - kept} 项没有列出，见“态势”")


def test_who_left_before_the_closing_is_assessed_by_what_he_did(
    office: Office,
) -> None:
    profile = _profile()
    rule = next(each for each in profile.assessment if each.of == MEMBERS)
    member = office.person("zd-wgy1")
    begun = office.now - timedelta(days=3)
    with transaction() as session:
        path = session.scalar(
            sa.select(Body.territory_path).where(
                Body.id == f"{TENANT}:grid-office:321102001"
            )
        )
        by = session.get_one(Body, COUNTY)
        of = (session, profile)
        assert not assessed.has_work(*of, MEMBERS, by, PERIOD)
        session.add(
            Patrol(
                id="p" * 24,
                tenant_id=TENANT,
                grid_code=EAST,
                territory_path=path,
                person_id=member,
                key="walk",
                began_at=begun,
                ended_at=begun + timedelta(hours=1),
                recorded_at=office.now,
            )
        )
        session.flush()
        assert assessed.has_work(*of, MEMBERS, by, PERIOD), "patrols count"
        assert not assessed.has_work(*of, DEPARTMENTS, by, PERIOD)
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id == member)
            .values(until_on=date(2026, 11, 25))
        )
        session.get_one(Person, member).active = False
        bureau = session.scalars(
            sa.select(Body).where(
                Body.id == f"{TENANT}:urban-management:{CODE}"
            )
        ).one()
        bureau.dissolved_at = office.now
        session.flush()
        found = assessed.of_period(session, profile, rule, by, [PERIOD])
        (his,) = [each for each in found if each.key == str(member)]
        assert his.own["patrol_days"] == 1
        later = assessed.of_period(session, profile, rule, by, ["2026-12"])
        assert str(member) not in {each.key for each in later}
        departments = period_closing.rule_of(profile, "departments")
        for month, stands in ((PERIOD, True), ("2026-12", False)):
            found = assessed.of_period(
                session, profile, departments, by, [month]
            )
            assert (bureau.id in {each.key for each in found}) is stands
