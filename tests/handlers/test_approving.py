"""Whose time who may extend or suspend, and what an administrator of the platform does to a matter: nothing,
and he does not see it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.errors import Forbidden, NotFound
from orchestrator.services import access
from orchestrator.services.bundles import bundle_of
from orchestrator.services.clocks import deadlines
from orchestrator.services.deployments import profile_checks
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.instances import case_view, incidents, oversight
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.handlers.office import CITY

TOWNSHIP_OFFICE, COUNTY_OFFICE, CITY_OFFICE = "zd-wgb", "jk-wgb", "zj-wgb"


def time_of(office, matter: str, element: str) -> str:
    """Id of the deadline of the open task."""
    task = sa.select(UserTask.id).where(
        UserTask.instance_id == matter,
        UserTask.element_id == element,
        UserTask.state == "open",
    )
    return office.rows(sa.select(Deadline.id).where(Deadline.id.in_(task)))[0]


def may_extend(office, deadline: str, username: str) -> bool:
    """Whether he may, and whether his page says the same."""
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person(username))
        row = session.get_one(Deadline, deadline)
        try:
            seen = case_view.look(session, viewer, row.instance_id)
            offered = any(
                task.deadline_id == deadline and task.may_move
                for task in seen.open_tasks
            )
        except NotFound:
            offered = False
    try:
        deadlines.extend(
            deadline,
            deadlines.Extension(1, "working_days", "需要外调"),
            office.person(username),
            office.now,
        )
    except Forbidden:
        assert not offered
        with pytest.raises(Forbidden):
            deadlines.suspend(
                deadline,
                "等待鉴定",
                office.person(username),
                office.now,
                date(2027, 1, 20),
            )
        return False
    assert offered
    return True


@pytest.fixture
def handled(office) -> str:
    """A case that the township office handed to a bureau of the county."""
    case = office.report(office.seed_item())
    office.complete(
        case,
        "triage_township",
        TOWNSHIP_OFFICE,
        decision="assign",
        lead_department="zhenjiang:urban-management:321102",
        opinion="请城管牵头",
    )
    return case


@pytest.mark.parametrize(
    "username",
    [
        "zd-jw",
        "zd-dw",
        "zd-zf",
        "jk-dw",
        "jk-zf",
        "jk-cg",
        "admin",
        "dy-wgb",
        "zd-wgy1",
    ],
)
def test_neither_a_committee_nor_a_government_nor_the_bureau_itself_extends_a_bureaus_time(
    office, handled, username
) -> None:
    (task,) = office.open_tasks(handled)
    assert not may_extend(
        office, time_of(office, handled, task.element_id), username
    )
    assert office.rows(
        sa.select(Deadline.entries).where(Deadline.id == task.id)
    ) == [[]]


@pytest.mark.one_database
@pytest.mark.parametrize(
    "username", [TOWNSHIP_OFFICE, COUNTY_OFFICE, CITY_OFFICE]
)
def test_the_office_that_handed_it_on_and_those_above_may(
    office, handled, username
) -> None:
    (task,) = office.open_tasks(handled)
    assert may_extend(
        office, time_of(office, handled, task.element_id), username
    )


def test_an_office_that_reviews_does_not_extend_the_time_of_the_government_that_approves(
    office,
) -> None:
    matter = office.start(
        "item_admission", "jk-cg", "urban-management", "321102", **APPLICATION
    )
    review = time_of(office, matter, "review_application")
    assert not may_extend(office, review, COUNTY_OFFICE)
    assert not may_extend(office, review, "jk-zf")
    assert may_extend(office, review, CITY_OFFICE)
    given = {
        "decision": "approve",
        "approver": "government",
        "opinion": "材料齐全，同意上报",
    }
    office.complete(matter, "review_application", COUNTY_OFFICE, **given)
    approval = time_of(office, matter, "approve_by_government")
    for username in (COUNTY_OFFICE, CITY_OFFICE, "jk-zf", "jk-dw", "zj-dw"):
        assert not may_extend(office, approval, username)
    assert may_extend(office, approval, "zj-zf")


APPLICATION = {
    "item_name": "充电安全巡查",
    "category": "治安安全",
    "legal_basis": "《江苏省消防条例》",
    "why_grids": "点多面广，需要日常巡查",
    "served": "辖区居民",
    "commitment_people": "每个街道二人",
    "commitment_funds": "每年五万元",
    "advice_and_training": "每季度培训一次",
}


def test_the_refusal_says_who_may(office, handled) -> None:
    (task,) = office.open_tasks(handled)
    deadline = time_of(office, handled, task.element_id)
    with pytest.raises(Forbidden, match="交办它的或者上级的网格化机构批准"):
        deadlines.extend(
            deadline,
            deadlines.Extension(1, "working_days", "外调"),
            office.person("zd-jw"),
            office.now,
        )
    with pytest.raises(Forbidden, match="不能给本机构自己的任务"):
        deadlines.extend(
            deadline,
            deadlines.Extension(1, "working_days", "外调"),
            office.person("jk-cg"),
            office.now,
        )


# ---- the
# administrator


def seen_by_admin(office, matter: str) -> bool:
    with transaction(writing=False) as session:
        viewer = access.viewer(session, office.person("admin"))
        return (
            session.scalar(
                sa.select(ProcessInstance.id).where(
                    ProcessInstance.id == matter, access.may_see(viewer)
                )
            )
            is not None
        )


def test_an_administrator_sees_no_matter_and_acts_on_none(
    office, handled
) -> None:
    by, now = office.person("admin"), office.now
    assert not seen_by_admin(office, handled)
    for act in (
        lambda: oversight.urge(handled, "请尽快", by, now),
        lambda: oversight.void(handled, "登记有误", by, now),
        lambda: oversight.merge(handled, handled, "重复", by, now),
    ):
        with pytest.raises((NotFound, Forbidden)):
            act()


@pytest.mark.parametrize(
    "way",
    [
        incidents.retry,
        lambda *given: incidents.resolve(given[0], "已处理", *given[1:]),
    ],
)
def test_mending_an_incident_lets_the_administrator_into_nothing(
    office, handled, way
) -> None:
    (task,) = office.open_tasks(handled)
    with transaction() as session:
        row = session.execute(
            sa.select(*locked_instance.INSTANCE_COLUMNS).where(
                ProcessInstance.id == handled
            )
        ).one()
        instance = locked_instance.from_row(
            session,
            bundle_of(session, row.definition_id),
            row,
            locked_instance.CLOCK,
            office.now,
        )
        details = {
            "task": task.id.rpartition(".")[2],
            "group": "grid-office@county",
        }
        persistence.note_failure(
            instance,
            task.element_id,
            "body-missing",
            "找不到办理机构",
            details,
        )
    way(
        office.rows(
            sa.select(Incident.id).where(Incident.instance_id == handled)
        )[0],
        office.person("admin"),
        office.now,
    )
    assert not seen_by_admin(office, handled)


@pytest.mark.parametrize(
    "path",
    sorted(CITY.parent.glob("*/jurisdiction.toml")),
    ids=lambda path: path.parent.name,
)
def test_no_profile_makes_who_runs_the_platform_an_overseer(path) -> None:
    text = path.read_text()
    profile = parse_jurisdiction(text)
    assert not profile.roles["administrator"].oversees
    forced = text.replace(
        "[roles.administrator]\n", "[roles.administrator]\noversees = true\n"
    )
    assert not parse_jurisdiction(forced).roles["administrator"].oversees
    ignored = profile_checks.check(
        profile_checks.CheckedDeployment(parse_jurisdiction(forced), {}, ())
    )
    assert [(each.rule, each.severity) for each in ignored] == [
        ("platform-oversees", "note")
    ]
    assert (
        profile_checks.check(profile_checks.CheckedDeployment(profile, {}, ()))
        == []
    )
    assert set(profile.deadline_approvers) >= {
        "department",
        "grid-office",
        "government",
    }
    assert not {"administrator", "village-committee"} & {
        role
        for listed in profile.deadline_approvers.values()
        for role in listed
    }
