"""An approved admission or exit makes the list's next version, and a case is opened under the version in
force."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.items import published
from orchestrator.errors import FormInvalid
from orchestrator.services import access, jurisdictions
from orchestrator.services.clocks import temporary_items
from orchestrator.services.instances import case_view
from orchestrator.services.instances.outcomes import outcomes
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notices import PublicNotice
from orchestrator.store.registers import (
    GridCase,
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction
from tests.handlers.office import CITY, COUNTY
from tests.handlers.redeploy import redeploy

pytestmark = pytest.mark.both_databases

LAST = date(2026, 11, 30)
COMMITMENTS = ("commitment_people", "commitment_funds", "advice_and_training")


def versions(office, territory=COUNTY):
    return office.rows(
        sa.select(ItemListVersion)
        .where(ItemListVersion.territory_code == territory)
        .order_by(ItemListVersion.number)
    )


def item_of(office, name):
    return office.rows(
        sa.select(ServiceItem.id).where(ServiceItem.name == name)
    )[0]


def test_an_admission_makes_the_next_version_with_ground_and_approver(
    office,
) -> None:
    matter = office.admit("电动自行车充电安全巡查")
    first, second = versions(office)
    assert (
        first.number,
        second.number,
        second.change,
        second.instance_id,
    ) == (
        1,
        2,
        "admission",
        matter,
    )
    assert second.approved_by == "京口区人民政府 梁海涛"
    assert second.ground.startswith(
        "《镇江市城乡网格化服务管理实施细则》第十三条第一款；"
    )
    assert second.effective_on.isoformat() == "2026-11-20"


@pytest.mark.one_database
def test_the_party_committee_suffices_as_well(office) -> None:
    office.admit("独居老人走访", approver="party_committee")
    assert versions(office)[-1].approved_by == "中共京口区委员会 郑雅琴"


def test_the_county_next_door_keeps_its_own_list(office) -> None:
    office.admit("电动自行车充电安全巡查")
    assert [each.number for each in versions(office, "321181")] == [1]


def test_a_name_already_listed_or_applied_for_is_refused_where_it_is_typed(
    office,
) -> None:
    office.admit("电动自行车充电安全巡查")
    with pytest.raises(FormInvalid) as listed:
        office.admit("电动自行车 充电安全巡查。")
    assert "已在现行清单上" in listed.value.errors["item_name"][0]
    matter = office.apply("独居老人走访")
    with pytest.raises(FormInvalid) as running:
        office.apply("独居老人（走访）")
    (number,) = office.rows(
        sa.select(ProcessInstance.business_key).where(
            ProcessInstance.id == matter
        )
    )
    assert number in running.value.errors["item_name"][0]
    assert [each.number for each in versions(office)] == [1, 2]


@pytest.mark.one_database
def test_a_second_exit_is_refused_with_the_number_of_the_first_and_after_it_with_its_day(
    office,
) -> None:
    item = office.seed_item()
    given = {
        "item_id": item,
        "exit_reason": "已由专业队伍承担",
        "approver": "party_committee",
    }
    first = office.start(
        "item_exit",
        "jk-wgb",
        "grid-office",
        COUNTY,
        **given,
        effective_on="2027-03-01",
    )
    (number,) = office.rows(
        sa.select(ProcessInstance.business_key).where(
            ProcessInstance.id == first
        )
    )
    with pytest.raises(FormInvalid) as second:
        office.start("item_exit", "jk-wgb", "grid-office", COUNTY, **given)
    assert number in second.value.errors["item_id"][0]
    office.complete(
        first,
        "approve_by_party_committee",
        "jk-dw",
        decision="approve",
        opinion="同意退出清单",
    )
    assert versions(office)[-1].effective_on == date(2027, 3, 1)
    with pytest.raises(FormInvalid) as third:
        office.start("item_exit", "jk-wgb", "grid-office", COUNTY, **given)
    assert "2027-03-01" in third.value.errors["item_id"][0]


def test_what_became_impossible_meanwhile_is_refused_to_the_approver_who_keeps_his_task_and_can_return_it(
    office,
) -> None:
    matter = office.apply("汛期巡查", leaves_on="2026-11-30")
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    office.later(days=12)
    with pytest.raises(FormInvalid) as refused:
        office.complete(
            matter,
            "approve_by_government",
            "jk-zf",
            decision="approve",
            opinion="同意",
        )
    assert "请退回补正或不予同意" in refused.value.errors["decision"][0]
    assert (
        office.elements(matter) == ["approve_by_government"]
        and office.incidents(matter) == []
    )
    with transaction() as session:
        viewer = access.viewer(session, office.person("jk-cg"))
        assert (
            "截止日期"
            in case_view.look(session, viewer, matter, office.now).obstacles[0]
        )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="supplement",
        opinion="截止日期已过",
    )
    assert office.elements(matter) == ["supplement_application"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    "day",
    ["2020-01-01", "2026-11-19", "2027-11-21", "9999-12-31", "0001-01-01"],
)
@pytest.mark.parametrize("field", ["effective_on", "leaves_on"])
def test_past_far_and_absurd_days_are_refused_at_their_field(
    office, day, field
) -> None:
    if (field, day) == ("leaves_on", "2027-11-21"):
        day = "2031-11-21"
    with pytest.raises(FormInvalid) as refused:
        office.apply("汛期巡查", **{field: day})
    assert refused.value.errors.keys() == {field}


def test_refused_withdrawn_and_admitted_are_told_apart(office) -> None:
    admitted, refused = (
        office.admit("独居老人走访", effective_on="2027-06-01"),
        office.apply("汛期巡查"),
    )
    office.complete(
        refused,
        "review_application",
        "jk-wgb",
        decision="reject",
        opinion="部门自行承担",
    )
    office.complete(
        admitted,
        "organize_implementation",
        "jk-wgb",
        implementation_plan="下月起",
        guarantees_confirmed=True,
    )
    with transaction() as session:
        rows = session.scalars(
            sa.select(ProcessInstance).where(
                ProcessInstance.id.in_([admitted, refused])
            )
        ).all()
        told = outcomes(session, rows, office.now)
    assert told == {
        admitted: "已准入，2027-06-01 起生效（尚未生效）",
        refused: "未予准入",
    }


@pytest.mark.one_database
def test_an_exit_makes_a_version_and_leaves_the_items_running_cases_alone(
    office,
) -> None:
    office.admit("电动自行车充电安全巡查")
    item = item_of(office, "电动自行车充电安全巡查")
    case = office.report(item)
    office.exit(item)
    assert versions(office)[-1].change == "exit"
    assert versions(office)[-1].ground.startswith(
        "《镇江市城乡网格化服务管理实施细则》第十三条第二款"
    )
    assert office.rows(
        sa.select(ItemListEntry.left_in).where(ItemListEntry.item_id == item)
    ) == [3]
    (row,) = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )
    assert (
        row.item_list_version_id == versions(office)[1].id
        and row.state == "open"
    )


def test_a_case_is_opened_under_the_version_in_force_with_its_number(
    office,
) -> None:
    case = office.report(office.seed_item())
    (row,) = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )
    assert row.item_list_version_id == versions(office)[0].id
    assert row.case_no.startswith("事")


@pytest.mark.one_database
def test_a_version_of_the_future_is_not_in_force_yet(office) -> None:
    office.admit("冬季取暖安全提醒", effective_on="2026-12-01")
    assert versions(office)[-1].effective_on.isoformat() == "2026-12-01"
    item = item_of(office, "冬季取暖安全提醒")
    with pytest.raises(FormInvalid) as refused:
        office.report(item)
    assert refused.value.errors.keys() == {"item_id"}
    office.later(days=12)
    case = office.report(item)
    (row,) = office.rows(
        sa.select(GridCase).where(GridCase.instance_id == case)
    )
    assert row.item_list_version_id == versions(office)[-1].id


def test_the_public_page_shows_the_new_version(office) -> None:
    office.admit("电动自行车充电安全巡查")
    matter = office.rows(
        sa.select(ItemListVersion.instance_id).where(
            ItemListVersion.number == 2
        )
    )[0]
    office.complete(
        matter,
        "organize_implementation",
        "jk-wgb",
        implementation_plan="下月起实施",
        guarantees_confirmed=True,
    )
    (shown,) = office.rows(
        sa.select(PublicNotice).where(
            PublicNotice.kind == "item-list",
            PublicNotice.subject_code == COUNTY,
        )
    )
    today = published(shown.body, date(2026, 11, 20))
    assert today.number == 2
    assert "电动自行车充电安全巡查" in [each["name"] for each in today.items]


def public(office, on, territory=COUNTY):
    """What anybody reads of the list on that day."""
    (notice,) = office.rows(
        sa.select(PublicNotice).where(
            PublicNotice.kind == "item-list",
            PublicNotice.subject_code == territory,
        )
    )
    return published(notice.body, on)


def test_a_planned_admission_moves_no_later_decision_and_each_takes_effect_on_its_own_day(
    office,
) -> None:
    office.admit("冬季取暖安全提醒", effective_on="2027-06-01")
    office.admit("独居老人走访")
    seed = office.seed_item()
    office.exit(seed)
    assert [
        each.effective_on.isoformat() for each in versions(office)[1:]
    ] == [
        "2027-06-01",
        "2026-11-20",
        "2026-11-20",
    ]
    today, june = (
        public(office, date(2026, 11, 20)),
        public(office, date(2027, 6, 1)),
    )
    (left,) = office.rows(
        sa.select(ServiceItem.name).where(ServiceItem.id == seed)
    )
    assert [each["name"] for each in today.planned] == [
        "冬季取暖安全提醒"
    ] and today.number == 4
    names = {each["name"] for each in today.items}
    assert "独居老人走访" in names and not names & {"冬季取暖安全提醒", left}
    assert {"冬季取暖安全提醒", "独居老人走访"} <= {
        each["name"] for each in june.items
    } and june.planned == []


@pytest.mark.one_database
def test_the_public_list_is_the_list_in_force_from_the_approval_on_and_waits_for_no_other_step(
    office,
) -> None:
    matter = office.admit("独居老人走访")
    assert office.elements(matter) == ["organize_implementation"]
    assert "独居老人走访" in {
        each["name"] for each in public(office, date(2026, 11, 20)).items
    }


def test_an_exit_of_a_planned_item_means_that_it_never_comes(office) -> None:
    office.admit("冬季取暖安全提醒", effective_on="2027-06-01")
    office.exit(item_of(office, "冬季取暖安全提醒"))
    assert versions(office)[-1].effective_on == date(2027, 6, 1)
    for day in (date(2026, 11, 20), date(2027, 6, 1), date(2028, 1, 1)):
        shown = public(office, day)
        assert "冬季取暖安全提醒" not in {
            each["name"] for each in [*shown.items, *shown.planned]
        }


@pytest.mark.one_database
def test_temporary_items_of_several_days_leave_each_on_its_own_however_late_the_clock(
    office,
) -> None:
    office.admit("汛期巡查", leaves_on="2026-11-30")
    office.admit("秋季防火", leaves_on="2026-12-02")
    names = [
        {each["name"] for each in public(office, date(2026, 12, day)).items}
        for day in (1, 2, 3)
    ]
    assert temporary_items.expire(datetime(2026, 12, 20, tzinfo=UTC)) == 2
    assert [
        each.effective_on.isoformat() for each in versions(office)[-2:]
    ] == [
        "2026-12-01",
        "2026-12-03",
    ]
    assert [("汛期巡查" in each, "秋季防火" in each) for each in names] == [
        (False, True),
        (False, True),
        (False, False),
    ]


def test_a_temporary_item_leaves_the_day_after_its_last_as_the_next_version_and_only_once(
    office,
) -> None:
    matter = office.admit("汛期巡查", leaves_on="2026-11-30")
    office.complete(
        matter,
        "organize_implementation",
        "jk-wgb",
        implementation_plan="每日一次",
        guarantees_confirmed=True,
    )
    assert [
        "汛期巡查" in {each["name"] for each in public(office, day).items}
        for day in (LAST, LAST + timedelta(days=1))
    ] == [
        True,
        False,
    ], "by itself, before any clock has run"
    last_minute, after = (
        datetime(2026, 11, 30, 15, 59, tzinfo=UTC),
        datetime(2026, 11, 30, 16, 1, tzinfo=UTC),
    )
    assert temporary_items.expire(last_minute) == 0, (
        "a minute before midnight in Shanghai"
    )
    assert temporary_items.expire(after) == 1
    assert temporary_items.expire(after) == 0
    query = (
        sa.select(ItemListVersion)
        .where(ItemListVersion.territory_code == COUNTY)
        .order_by(ItemListVersion.number.desc())
    )
    version = office.rows(query)[0]
    assert (version.number, version.change, version.effective_on) == (
        3,
        "expiry",
        date(2026, 12, 1),
    )
    assert "汛期巡查（2026-11-30 到期）" in version.ground
    assert "汛期巡查" not in {
        each["name"] for each in public(office, date(2026, 12, 1)).items
    }


def test_a_last_day_that_is_over_or_before_the_first_is_refused_at_its_field(
    office,
) -> None:
    for given in (
        {"leaves_on": "2026-11-20"},
        {"effective_on": "2026-12-31", "leaves_on": "2026-12-01"},
    ):
        with pytest.raises(FormInvalid) as refused:
            office.admit("汛期巡查", **given)
        assert refused.value.errors.keys() == {"leaves_on"}


def asked_for(office):
    """Number of each running matter that asks for a change of a list."""
    return office.rows(
        sa.select(ProcessInstance.business_key).where(
            ProcessInstance.asks_for.is_not(None)
        )
    )


def test_what_a_matter_asks_for_is_kept_until_it_has_it_or_ends_and_follows_a_new_name(
    office,
) -> None:
    matter = office.apply("独居老人走访")
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="supplement",
        opinion="名称请写明",
    )
    given = office.rows(
        sa.select(ProcessInstance.variables).where(
            ProcessInstance.id == matter
        )
    )[0]
    given = {
        key: given.get(key)
        for key in (
            "category",
            "legal_basis",
            "why_grids",
            "served",
            *COMMITMENTS,
        )
    }
    renamed = {
        **given,
        "submission": "resubmit",
        "item_name": "独居老人每周走访",
    }
    office.complete(matter, "supplement_application", "jk-cg", **renamed)
    with pytest.raises(FormInvalid):
        office.apply("独居老人每周走访")
    other = office.apply("独居老人走访")
    assert len(asked_for(office)) == 2
    office.complete(
        other,
        "review_application",
        "jk-wgb",
        decision="reject",
        opinion="已有同类申请",
    )
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意",
    )
    assert len(asked_for(office)) == 1
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意",
    )
    assert asked_for(office) == []


def test_who_takes_back_an_application_is_not_asked_to_rename_it_first(
    office,
) -> None:
    matter = office.apply("独居老人走访", leaves_on="2026-11-30")
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="supplement",
        opinion="同名事项已在清单上",
    )
    office.later(days=12)
    given = office.rows(
        sa.select(ProcessInstance.variables).where(
            ProcessInstance.id == matter
        )
    )[0]
    given = {
        key: given.get(key)
        for key in (
            "item_name",
            "category",
            "legal_basis",
            "why_grids",
            "served",
            *COMMITMENTS,
        )
    }
    office.complete(
        matter,
        "supplement_application",
        "jk-cg",
        submission="withdraw",
        **given,
    )
    assert office.rows(
        sa.select(ProcessInstance.end_element_id).where(
            ProcessInstance.id == matter
        )
    ) == ["withdrawn"]


def test_who_else_asks_for_the_same_is_looked_up_by_an_index(office) -> None:
    office.apply("独居老人走访")
    asked = sa.text(
        "SELECT business_key FROM process_instance WHERE tenant_id = 'zhenjiang' AND asks_for = 'x'"
    )
    with transaction(writing=False) as session:
        if session.get_bind().dialect.name == "postgresql":
            session.execute(sa.text("SET LOCAL enable_seqscan = off"))
            plan = session.scalars(sa.text(f"EXPLAIN {asked.text}")).all()
        else:
            plan = [
                row[-1]
                for row in session.execute(
                    sa.text(f"EXPLAIN QUERY PLAN {asked.text}")
                )
            ]
    assert any("ix_process_instance_asks_for" in line for line in plan), plan


def test_what_ran_before_it_was_kept_is_filled_in_when_the_jurisdiction_is_loaded(
    office,
) -> None:
    office.apply("独居老人走访")
    office.report(office.seed_item())
    before = office.rows(
        sa.select(ProcessInstance.asks_for).order_by(
            ProcessInstance.process_key
        )
    )
    with transaction() as session:
        session.execute(sa.update(ProcessInstance).values(asks_for=None))
    jurisdictions.load(CITY, office.now, demo=True)
    assert (
        office.rows(
            sa.select(ProcessInstance.asks_for).order_by(
                ProcessInstance.process_key
            )
        )
        == before
    )
    assert [each is None for each in before] == [True, False], (
        "a case asks for no change of a list"
    )


def test_the_level_of_the_list_may_be_an_expression_and_names_and_rivals_are_those_of_that_list(
    office,
) -> None:
    ground = (
        "形成清单新版本，记明生效日期、批准机构和依据。</bpmn:documentation>"
    )
    expression = '${"city" if level == "county" else level}'
    level = f'<camunda:inputParameter name="list_level">{expression}</camunda:inputParameter>'
    inputs = (
        f"<bpmn:extensionElements><camunda:inputOutput>{level}"
        "</camunda:inputOutput></bpmn:extensionElements>"
    )
    redeploy(office, (ground, ground + inputs))
    matter = office.apply("独居老人走访")
    by_the_city = {
        "place": "321100",
        "by": "zj-cg",
        "role": "urban-management",
    }
    given = office.rows(
        sa.select(ProcessInstance.variables).where(
            ProcessInstance.id == matter
        )
    )[0]
    given = {
        key: given.get(key)
        for key in (
            "item_name",
            "category",
            "legal_basis",
            "why_grids",
            "served",
            *COMMITMENTS,
        )
    }
    with pytest.raises(FormInvalid) as running:
        office.start("item_admission", **by_the_city, **given)
    assert "正在申请纳入同名事项" in running.value.errors["item_name"][0]
    office.complete(
        matter,
        "review_application",
        "jk-wgb",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    office.complete(
        matter,
        "approve_by_government",
        "jk-zf",
        decision="approve",
        opinion="同意",
    )
    assert [each.change for each in versions(office)] == ["seed"]
    assert [each.change for each in versions(office, "321100")] == [
        "admission"
    ]
    with pytest.raises(FormInvalid) as listed:
        office.start("item_admission", **by_the_city, **given)
    assert "已在现行清单上" in listed.value.errors["item_name"][0]
