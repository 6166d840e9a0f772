"""What offices do to a case beside its tasks: urge, merge, declare void, copy upwards; and who may look at a
restricted one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.services import access, instances
from orchestrator.services.instances import case_view, oversight
from orchestrator.store import inbox_past
from orchestrator.store.inbox_besides import InboxBesides, inbox_besides
from orchestrator.store.inbox_open import Filters
from orchestrator.store.instances import Copy, HistoryEntry, ProcessInstance
from orchestrator.store.people import Membership
from orchestrator.store.registers import GridCase
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask
from tests.handlers.redeploy import redeploy

TOWNSHIP_OFFICE, COUNTY_OFFICE = "zd-wgb", "jk-wgb"


def seen_by(office, username: str, case: str) -> bool:
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person(username))
        assert viewer is not None
        try:
            case_view.look(session, viewer, case)
        except NotFound:
            return False
        return True


def test_an_urged_task_is_marked_and_the_record_says_who_urged(office) -> None:
    case = office.report(office.seed_item())
    oversight.urge(
        case, "请今天分流", office.person(COUNTY_OFFICE), office.now
    )
    assert office.rows(
        sa.select(UserTask.urged_at).where(UserTask.instance_id == case)
    ) == [office.now]
    (entry,) = office.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == case, HistoryEntry.kind == "urged"
        )
    )
    assert entry.actor_body_id == "zhenjiang:grid-office:321102"
    assert entry.data["reason"] == "请今天分流"


def test_a_department_does_not_urge_and_a_village_committee_neither(
    office,
) -> None:
    case = office.report(office.seed_item())
    for somebody in ("zd-wgy2", "zd-jw", "jk-cg"):
        with pytest.raises((Forbidden, NotFound)):
            oversight.urge(
                case, "请今天分流", office.person(somebody), office.now
            )


def test_the_applicant_urges_once_a_working_day_and_the_handler_sees_it(
    office,
) -> None:
    """NOW is a Friday."""
    matter = office.apply("汛期巡查")
    by = office.person("jk-cg")
    oversight.urge(matter, "汛期将至，请尽快审核", by, office.now)
    (entry,) = office.rows(
        sa.select(HistoryEntry).where(
            HistoryEntry.instance_id == matter, HistoryEntry.kind == "urged"
        )
    )
    assert (entry.actor_id, entry.actor_body_id) == (
        by,
        "zhenjiang:urban-management:321102",
    )
    assert entry.data["reason"] == "汛期将至，请尽快审核"
    assert office.rows(
        sa.select(UserTask.urged_at).where(UserTask.instance_id == matter)
    ) == [office.now]
    for hours in (1, 23, 24):
        office.later(hours=hours)
        with pytest.raises(
            RuleViolated, match=r"一个工作日催办一次.*2026-11-23 起可以再催"
        ):
            oversight.urge(matter, "请尽快审核", by, office.now)
    office.later(hours=24)
    oversight.urge(matter, "请尽快审核", by, office.now)
    oversight.urge(
        matter, "请本周审核", office.person(COUNTY_OFFICE), office.now
    )
    oversight.urge(
        matter, "请今天审核", office.person(COUNTY_OFFICE), office.now
    )
    office.complete(
        matter,
        "review_application",
        COUNTY_OFFICE,
        decision="reject",
        opinion="部门自行承担",
    )
    office.later(days=1)
    with pytest.raises(InstanceChanged):
        oversight.urge(matter, "请尽快审核", by, office.now)


def test_a_duplicate_is_merged_and_both_records_say_so(office) -> None:
    first, second = (
        office.report(office.seed_item()),
        office.report(office.seed_item()),
    )
    oversight.merge(
        second, first, "同一处杂物", office.person(TOWNSHIP_OFFICE), office.now
    )
    row = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == second)
    )[0]
    assert (row.state, row.merged_into) == ("merged", first)
    assert office.open_tasks(second) == []
    assert (
        office.rows(
            sa.select(TimerJob.id).where(
                TimerJob.instance_id == second, TimerJob.state == "planned"
            )
        )
        == []
    )
    assert "absorbed" in office.rows(
        sa.select(HistoryEntry.kind).where(HistoryEntry.instance_id == first)
    )
    assert office.elements(first) == ["triage_township"]


def test_what_may_not_be_merged_is_refused_and_nothing_changes(office) -> None:
    first, second = (
        office.report(office.seed_item()),
        office.report(office.seed_item()),
    )
    by = office.person(TOWNSHIP_OFFICE)
    with pytest.raises(RuleViolated, match="不能并入自己"):
        oversight.merge(first, first, "同一处", by, office.now)
    with pytest.raises(RuleViolated, match="没有找到"):
        oversight.merge(first, "nothing", "同一处", by, office.now)
    with pytest.raises(Forbidden, match="经办这个事件"):
        oversight.merge(
            first, second, "同一处", office.person(COUNTY_OFFICE), office.now
        )
    with transaction() as session:
        elsewhere = session.get_one(GridCase, second)
        here, elsewhere.territory_path = (
            elsewhere.territory_path,
            "321100/321102/321102999/",
        )
    with pytest.raises(RuleViolated, match="同一镇"):
        oversight.merge(first, second, "同一处", by, office.now)
    with transaction() as session:
        session.get_one(GridCase, second).territory_path = here
    oversight.void(second, "登记有误", by, office.now)
    with pytest.raises(RuleViolated, match="已经办结或并案"):
        oversight.merge(first, second, "同一处", by, office.now)
    with pytest.raises(InstanceChanged):
        oversight.void(second, "登记有误", by, office.now)
    assert office.elements(first) == ["triage_township"]


def test_an_admission_is_not_declared_void(office) -> None:
    matter = office.admit("充电安全巡查")
    with pytest.raises(RuleViolated, match="请由发起人撤回"):
        oversight.void(
            matter, "登记有误", office.person(COUNTY_OFFICE), office.now
        )


def test_a_major_case_is_copied_to_county_and_city_at_once_and_read_by_one_of_them(
    office,
) -> None:
    case = office.report(office.seed_item(), priority="major")
    copied = {"zhenjiang:grid-office:321100", "zhenjiang:grid-office:321102"}
    assert (
        set(
            office.rows(
                sa.select(Copy.body_id).where(Copy.instance_id == case)
            )
        )
        >= copied
    )
    assert office.elements(case) == ["triage_township"]
    bodies = ["zhenjiang:grid-office:321102"]
    with transaction(writing=False) as session:
        assert [
            row.id
            for row in inbox_past.page_copies(
                session, bodies, Filters("zhenjiang")
            ).rows
        ] == [case]
        assert _besides(session, bodies).unread == 1
    oversight.read_copy(case, office.person(COUNTY_OFFICE), office.now)
    with transaction(writing=False) as session:
        assert _besides(session, bodies).unread == 0
    with pytest.raises(NotFound):
        oversight.read_copy(case, office.person(TOWNSHIP_OFFICE), office.now)


def _besides(session, bodies: list[str]) -> InboxBesides:
    now = datetime.now(UTC)
    return inbox_besides(session, 0, bodies, bodies, now)


def test_who_read_a_copy_first_stays_on_record(office) -> None:
    case = office.report(office.seed_item(), priority="major")
    second = office.person("jk-cg")
    with transaction() as session:
        session.add(
            Membership(
                person_id=second,
                body_id="zhenjiang:grid-office:321102",
                from_on=date(2026, 1, 1),
            )
        )
    oversight.read_copy(case, office.person(COUNTY_OFFICE), office.now)
    oversight.read_copy(case, second, office.later(hours=1) or office.now)
    read = sa.select(Copy.read_by).where(
        Copy.instance_id == case, Copy.read_by.is_not(None)
    )
    assert office.rows(read) == [office.person(COUNTY_OFFICE)]


def test_a_normal_case_is_copied_to_nobody(office) -> None:
    case = office.report(office.seed_item(), priority="urgent")
    assert (
        office.rows(sa.select(Copy.body_id).where(Copy.instance_id == case))
        == []
    )


def test_a_restricted_case_is_seen_by_those_who_are_asked_and_not_for_overseeing_the_place(
    office,
) -> None:
    plain, restricted = (
        office.report(office.seed_item()),
        office.report(office.seed_item(), secrecy="restricted"),
    )
    assert seen_by(office, COUNTY_OFFICE, plain)
    assert not seen_by(office, COUNTY_OFFICE, restricted)
    assert seen_by(office, TOWNSHIP_OFFICE, restricted), (
        "it is asked to triage it"
    )
    assert seen_by(office, "zd-wgy1", restricted)
    office.complete(
        restricted,
        "triage_township",
        TOWNSHIP_OFFICE,
        decision="escalate",
        opinion="请县级协调",
    )
    assert seen_by(office, COUNTY_OFFICE, restricted)
    assert not seen_by(office, "zj-wgb", restricted)


def test_what_is_started_about_a_restricted_case_is_restricted_too(
    office,
) -> None:
    case = office.report(office.seed_item(), secrecy="restricted")
    office.complete(
        case,
        "triage_township",
        TOWNSHIP_OFFICE,
        decision="escalate",
        opinion="请县级协调",
    )
    assigned = {
        "lead_department": "zhenjiang:urban-management:321102",
        "assisting_departments": [],
    }
    office.complete(
        case,
        "triage_county",
        COUNTY_OFFICE,
        decision="assign",
        opinion="请城管办理",
        **assigned,
    )
    begun = instances.start_at(
        instances.Beginning(
            "zhenjiang",
            "supervision",
            {
                "supervised_body": "zhenjiang:urban-management:321102",
                "demand": "请说明为何没有签收",
            },
            by=office.person(COUNTY_OFFICE),
            body_id="zhenjiang:grid-office:321102",
            now=office.now,
            about=case,
        )
    )
    assert seen_by(office, COUNTY_OFFICE, begun.instance_id)
    assert not seen_by(office, "zj-wgb", begun.instance_id)


def test_who_sees_a_case_sees_its_supervision_and_a_stranger_neither(
    office,
) -> None:
    case = office.report(office.seed_item())
    begun = instances.start_at(
        instances.Beginning(
            "zhenjiang",
            "supervision",
            {
                "supervised_body": "zhenjiang:grid-office:321102001",
                "demand": "请说明为何没有分流",
            },
            by=office.person(COUNTY_OFFICE),
            body_id="zhenjiang:grid-office:321102",
            now=office.now,
            about=case,
        )
    )
    assert office.candidates(begun.instance_id) == {
        "zhenjiang:grid-office:321102001"
    }
    assert seen_by(office, "zd-wgy1", begun.instance_id)
    assert not seen_by(office, "dy-wgb", begun.instance_id)
    row = office.rows(
        sa.select(ProcessInstance).where(
            ProcessInstance.id == begun.instance_id
        )
    )[0]
    assert (
        row.about_id,
        row.territory_path.endswith("3211020010011001/"),
    ) == (
        case,
        True,
    )


def test_a_supervision_needs_a_running_case_that_its_starter_sees(
    office,
) -> None:
    case = office.report(office.seed_item())
    given = {
        "supervised_body": "zhenjiang:grid-office:321102001",
        "demand": "请说明为何没有分流",
    }

    def supervise(by: str, body: str, about: str | None) -> None:
        instances.start_at(
            instances.Beginning(
                "zhenjiang",
                "supervision",
                given,
                by=office.person(by),
                body_id=body,
                now=office.now,
                about=about,
            )
        )

    with pytest.raises(RuleViolated, match="所涉事项的页面"):
        supervise(COUNTY_OFFICE, "zhenjiang:grid-office:321102", None)
    with pytest.raises(NotFound):
        supervise("dy-wgb", "zhenjiang:grid-office:321181", case)
    matter = office.admit("充电安全巡查")
    with pytest.raises(Forbidden, match="不能就这类事项"):
        supervise(COUNTY_OFFICE, "zhenjiang:grid-office:321102", matter)
    oversight.void(
        case, "登记有误", office.person(TOWNSHIP_OFFICE), office.now
    )
    with pytest.raises(InstanceChanged):
        supervise(COUNTY_OFFICE, "zhenjiang:grid-office:321102", case)


def test_the_profile_says_after_how_many_working_days_the_applicant_may_urge_again(
    office,
) -> None:
    redeploy(
        office, profile=("head_titles =", "urge_after = 2\nhead_titles =")
    )
    matter = office.apply("两日一催")
    applicant = office.person("jk-cg")
    oversight.urge(matter, "请审核", applicant, office.now)
    office.later(days=1)
    with pytest.raises(RuleViolated, match="2个工作日催办一次"):
        oversight.urge(matter, "请审核", applicant, office.now)
    office.later(days=6)
    oversight.urge(matter, "请审核", applicant, office.now)
