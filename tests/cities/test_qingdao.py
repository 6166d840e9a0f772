"""Qingdao: the leading group office decides, the centre deploys, streets propose to the district, only the centre proposes an exit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.store.notices import PublicNotice
from tests.cities.play import Play

CITY = "qingdao"
DISTRICT, STREET = "370202", "370202001"
EAST, WEST, TOWER = "3702020010010100001", "3702020010010100002", "3702020010010200001"
CATEGORY = "社会治安巡防"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


def apply(play: Play, by: str, name: str = "电动自行车充电巡查") -> str:
    return play.start("item_admission", by, **play.application(name, CATEGORY))


def deploy(play: Play, matter: str, by: str) -> None:
    play.do(matter, "organize_implementation", by, implementation_plan="下月起每周巡查", guarantees_confirmed=True)


# ---------------------------------------------------------------------------------------------------------- admission


def a_department_applies_and_the_district_files_with_the_city(play: Play) -> None:
    matter = apply(play, "sn-yj")
    assert play.candidates(matter) == {f"grid-office:{DISTRICT}"}
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    assert play.candidates(matter) == {f"leading-group-office:{DISTRICT}"}
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("approve"))
    assert "电动自行车充电巡查" not in play.list_of(DISTRICT), "nothing may begin before the centre has deployed it"
    deploy(play, matter, "sn-zzzx")
    assert "电动自行车充电巡查" in play.list_of(DISTRICT)
    version = play.newest_version(DISTRICT)
    assert version.number == 2
    assert version.approved_by.startswith("市南区加快推进市域社会治理现代化工作领导小组办公室")
    assert version.ground.startswith("《网格化服务管理工作规范（试行）》第四部分第2项")
    assert play.filed_with(matter) == ["qingdao:grid-office:370200"]
    play.do(matter, "acknowledge_filing", "qd-zzzx", filing_remark="收悉")
    assert play.ended_as(matter) == "admitted"


def a_street_proposes_to_its_district(play: Play) -> None:
    matter = apply(play, "xgz-zf")
    assert play.candidates(matter) == {f"grid-office:{DISTRICT}"}
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("approve"))
    deploy(play, matter, "sn-zzzx")
    assert "电动自行车充电巡查" in play.list_of(DISTRICT)
    assert play.list_of(STREET) == set()
    play.do(matter, "acknowledge_filing", "qd-zzzx")
    assert play.ended_as(matter) == "admitted"


def a_city_department_applies_and_nothing_is_filed(play: Play) -> None:
    matter = apply(play, "qd-yj")
    play.do(matter, "check_application", "qd-zzzx", **opinion("pass"))
    play.do(matter, "approve_by_leading_group_office", "qd-ldb", **opinion("approve"))
    deploy(play, matter, "qd-zzzx")
    assert play.newest_version("370200").number == 1
    assert play.filed_with(matter) == []
    assert play.ended_as(matter) == "admitted"


def an_application_is_returned_twice_and_admitted(play: Play) -> None:
    matter = apply(play, "sn-yj")
    play.do(matter, "check_application", "sn-zzzx", **opinion("supplement"))
    again = play.application("充电安全巡查", CATEGORY)
    play.do(matter, "supplement_application", "sn-yj", submission="resubmit", **again)
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("supplement"))
    play.do(matter, "supplement_application", "sn-yj", submission="resubmit", **again)
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("approve"))
    deploy(play, matter, "sn-zzzx")
    assert "充电安全巡查" in play.list_of(DISTRICT)


def an_application_is_withdrawn(play: Play) -> None:
    matter = apply(play, "sn-yj")
    play.do(matter, "check_application", "sn-zzzx", **opinion("supplement"))
    play.do(matter, "supplement_application", "sn-yj", submission="withdraw", **play.application("充电安全巡查", CATEGORY))
    assert play.ended_as(matter) == "withdrawn"


def the_centre_finds_that_the_negative_list_bars_it(play: Play) -> None:
    matter = apply(play, "sn-yj")
    play.do(matter, "check_application", "sn-zzzx", **opinion("barred"))
    assert play.ended_as(matter) == "barred"


def the_leading_group_office_refuses_after_both_were_late(play: Play) -> None:
    matter = apply(play, "sn-yj")
    play.pass_deadline(matter, "check_overdue")
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("reject"))
    assert play.history(matter).count("urged") == 2
    assert play.ended_as(matter) == "rejected"
    assert play.newest_version(DISTRICT).number == 1


# --------------------------------------------------------------------------------------------------------------- exit


def leave(play: Play) -> str:
    return play.start("item_exit", "sn-zzzx", item_id=play.item("护路护线", DISTRICT), exit_reason="已由专业队伍承担")


def an_exit_is_agreed_and_filed(play: Play) -> None:
    matter = leave(play)
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("approve"))
    assert "护路护线" not in play.list_of(DISTRICT)
    play.do(matter, "acknowledge_filing", "qd-zzzx")
    assert play.filed_with(matter) == ["qingdao:grid-office:370200"]
    assert play.ended_as(matter) == "exited"


def an_exit_is_refused_late(play: Play) -> None:
    matter = leave(play)
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_by_leading_group_office", "sn-ldb", **opinion("reject"))
    assert play.ended_as(matter) == "rejected"
    assert "护路护线" in play.list_of(DISTRICT)


# -------------------------------------------------------------------------------------------------------------- grids


def halves(play: Play) -> dict[str, object]:
    first, second, third = play.areas(EAST)
    return {
        "kind": "split",
        "source_grids": [EAST],
        "after": [
            {
                "name": "云霄路甲网格",
                "kind": "general",
                "areas": [first, second],
                "members": ["xgz-wgy1"],
                "size_reason": "约一千人",
            },
            {"name": "云霄路乙网格", "kind": "general", "areas": [third], "members": ["xgz-wgy2"], "size_reason": "含在建工地"},
        ],
        "reason": "楼院增加",
    }


def a_grid_is_split_and_its_new_codes_have_nineteen_digits(play: Play) -> None:
    matter = play.start("grid_adjustment", "xgz-zzzx", **halves(play))
    assert play.candidates(matter) == {f"grid-office:{DISTRICT}"}
    play.do(matter, "approve_adjustment", "sn-zzzx", **opinion("approve"))
    with_codes = {task.element_id for task in play.open_tasks(matter)}
    assert with_codes == {"acknowledge_filing"}
    play.do(matter, "acknowledge_filing", "qd-zzzx")
    assert play.ended_as(matter) == "adjusted"
    assert play.areas("3702020010010100003") and play.areas("3702020010010100004")
    assert play.areas(EAST) == []


def an_adjustment_is_returned_late_and_refused(play: Play) -> None:
    matter = play.start("grid_adjustment", "xgz-zzzx", **halves(play))
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_adjustment", "sn-zzzx", **opinion("supplement"))
    play.do(matter, "revise_adjustment", "xgz-zzzx", **halves(play))
    play.do(matter, "approve_adjustment", "sn-zzzx", **opinion("reject"))
    assert play.ended_as(matter) == "rejected"


# -------------------------------------------------------------------------------------------------------------- cases

POLICE, URBAN = "qingdao:public-security:370202", "qingdao:urban-management:370202"


def found(play: Play, **more: object) -> str:
    return play.report("xgz-wgy1", EAST, play.item("设施巡查", DISTRICT), **more)


def assign(*assisting: str, decision: str = "assign") -> dict[str, object]:
    lead = {"lead_department": POLICE, "assisting_departments": list(assisting)} if decision == "assign" else {}
    return {**opinion(decision), **lead}


def sign(play: Play, case: str, by: str = "sn-ga") -> None:
    play.do(case, "sign_case", by, decision="accept", handler_name="赵警官")


def finish(play: Play, case: str, centre: str = "xgz-zzzx") -> None:
    play.do(case, "check_result", centre, verdict="pass", verification_note="已清理")
    close(play, case, centre)


def close(play: Play, case: str, centre: str = "xgz-zzzx") -> None:
    play.do(case, "inform_person", centre, feedback_to=["member", "units", "public"], informed_by="phone")
    play.do(case, "close_case", centre, closing_note="材料齐全")
    assert play.ended_as(case) == "archived"
    assert play.case(case).state == "archived"


def a_member_settles_it_himself_after_being_urged(play: Play) -> None:
    case = found(play, disposal="handle")
    play.pass_deadline(case, "report_overdue")
    play.do(case, "handle_on_spot", "xgz-wgy1", decision="done", result="当场清理")
    assert play.candidates(case) == {f"grid-office:{STREET}"}, "the centre tells the people, not the member"
    close(play, case)


def a_member_cannot_and_the_centre_settles_it_at_the_second_try(play: Play) -> None:
    case = found(play, disposal="handle")
    play.do(case, "handle_on_spot", "xgz-wgy1", decision="report", result="住户不在家")
    play.do(case, "triage_township", "xgz-zzzx", **assign(decision="self"))
    play.do(case, "handle_by_office", "xgz-zzzx", result="上门劝导")
    play.do(case, "check_result", "xgz-zzzx", verdict="rework", verification_note="又堆上了")
    play.do(case, "handle_by_office", "xgz-zzzx", result="再次清理")
    assert play.case(case).rework_count == 1
    finish(play, case)


def one_department_is_late_and_goes_into_the_bulletin(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "xgz-zzzx", **assign())
    sign(play, case)
    play.pass_deadline(case, "handling_overdue")
    assert play.history(case).count("bulletin") == 1
    assert play.story(case, "sn-zzzx")["列入通报：列入通报"] == "分流事项到期未办结"
    play.do(case, "handle_case", "sn-ga", result="已清理")
    play.do(case, "report_back", "sn-ga", summary="已清理")
    play.do(case, "check_result", "xgz-zzzx", verdict="rework", verification_note="仍有残留")
    play.do(case, "handle_case", "sn-ga", result="全部清理")
    play.do(case, "report_back", "sn-ga", summary="全部清理")
    finish(play, case)


def several_departments_are_reported_to_party_committee_and_government(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "xgz-zzzx", **assign(URBAN))
    assert play.candidates(case) == {f"party-committee:{STREET}", f"government:{STREET}"}
    play.do(case, "instruct_departments", "xgz-dw", instruction="公安牵头，城管配合")
    sign(play, case)
    assert play.elements(case) == ["assist_case", "handle_case"]
    play.do(case, "handle_case", "sn-ga", result="已清理")
    play.do(case, "assist_case", "sn-cg", assistance_result="已清运")
    play.do(case, "report_back", "sn-ga", summary="已清理清运")
    finish(play, case)


def without_an_instruction_the_departments_begin_all_the_same(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "xgz-zzzx", **assign(URBAN))
    play.pass_deadline(case, "instruction_overdue")
    assert play.elements(case) == ["sign_case"]
    play.do(case, "sign_case", "sn-ga", decision="return", return_reason="属城管职责")
    assert play.candidates(case) == {f"grid-office:{STREET}"}


def it_goes_up_to_the_city_and_is_assigned_down_again(play: Play) -> None:
    case = found(play, priority="urgent", disposal="handle")
    play.do(case, "triage_township", "xgz-zzzx", **opinion("escalate"))
    assert play.candidates(case) == {f"grid-office:{DISTRICT}"}
    play.do(case, "triage_county", "sn-zzzx", **opinion("escalate"))
    play.do(case, "triage_city", "qd-zzzx", **opinion("down"))
    assert play.candidates(case) == {f"grid-office:{DISTRICT}"}
    play.do(case, "triage_county", "sn-zzzx", **opinion("down"))
    assert play.candidates(case) == {f"grid-office:{STREET}"}
    assert play.case(case).handling_level == "township"
    assert play.history(case).count("assigned-down") == 2
    told = play.story(case, "qd-zzzx")
    assert told["上报上级：上报市级"] == "报至市级网格化机构"
    assert told["交办下级：交办街道（镇）"] == "交至镇（街道）网格化机构"


def departments_of_the_district_and_of_the_city_return_it_to_where_it_came_from(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "xgz-zzzx", **opinion("escalate"))
    play.do(case, "triage_county", "sn-zzzx", **assign())
    play.do(case, "sign_case", "sn-ga", decision="return", return_reason="属市局职责")
    assert play.candidates(case) == {f"grid-office:{DISTRICT}"}
    play.do(case, "triage_county", "sn-zzzx", **opinion("escalate"))
    play.do(case, "triage_city", "qd-zzzx", **{**assign(), "lead_department": "qingdao:public-security:370200"})
    play.do(case, "sign_case", "qd-ga", decision="return", return_reason="属住建职责")
    play.do(case, "triage_city", "qd-zzzx", **{**assign(), "lead_department": "qingdao:urban-management:370200"})
    sign(play, case, "qd-cg")
    play.do(case, "handle_case", "qd-cg", result="已整治")
    play.do(case, "report_back", "qd-cg", summary="已整治")
    assert play.candidates(case) == {"grid-office:370200"}, "the centre that assigned gets the result"
    finish(play, case, "qd-zzzx")


SCENARIOS: dict[str, list[Callable[[Play], None]]] = {
    "item_admission": [
        a_department_applies_and_the_district_files_with_the_city,
        a_street_proposes_to_its_district,
        a_city_department_applies_and_nothing_is_filed,
        an_application_is_returned_twice_and_admitted,
        an_application_is_withdrawn,
        the_centre_finds_that_the_negative_list_bars_it,
        the_leading_group_office_refuses_after_both_were_late,
    ],
    "item_exit": [an_exit_is_agreed_and_filed, an_exit_is_refused_late],
    "grid_adjustment": [a_grid_is_split_and_its_new_codes_have_nineteen_digits, an_adjustment_is_returned_late_and_refused],
    "case_handling": [
        a_member_settles_it_himself_after_being_urged,
        a_member_cannot_and_the_centre_settles_it_at_the_second_try,
        one_department_is_late_and_goes_into_the_bulletin,
        several_departments_are_reported_to_party_committee_and_government,
        without_an_instruction_the_departments_begin_all_the_same,
        it_goes_up_to_the_city_and_is_assigned_down_again,
        departments_of_the_district_and_of_the_city_return_it_to_where_it_came_from,
    ],
}


@pytest.mark.parametrize("process", SCENARIOS)
def test_the_scenarios_of_a_procedure_hold_and_cross_every_sequence_flow(plays, process: str) -> None:
    assert plays.untaken(process, SCENARIOS[process]) == set()


def test_only_the_districts_centre_proposes_an_exit(play: Play) -> None:
    for somebody in ("sn-yj", "sn-ldb", "xgz-zzzx", "qd-zzzx"):
        with pytest.raises(Forbidden):
            play.start("item_exit", somebody, item_id=play.item("护路护线", DISTRICT), exit_reason="不再需要")


@pytest.mark.parametrize("rule", range(7))
def test_a_yes_to_the_negative_list_is_refused_at_its_question(play: Play, rule: int) -> None:
    asked = play.bundle("item_admission").jurisdiction.negative_list[rule]
    application = play.application("执法检查", CATEGORY, **{f"negative_{asked.id}": "yes"})
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "sn-yj", **application)
    assert refused.value.errors.keys() == {f"negative_{asked.id}"}
    assert "属于负面清单所列情形（附件二）" in refused.value.errors[f"negative_{asked.id}"][0]


def test_qingdaos_list_knows_no_exception_whatever_law_is_cited(play: Play) -> None:
    cited = {"negative_enforcement": "yes", "negative_enforcement_exception": "《中华人民共和国消防法》第三条"}
    with pytest.raises(FormInvalid):
        play.start("item_admission", "sn-yj", **play.application("执法检查", CATEGORY, **cited))


def test_every_question_of_the_list_must_be_answered_with_a_reason(play: Play) -> None:
    given = play.application("执法检查", CATEGORY)
    del given["negative_danger"], given["negative_expertise_reason"]
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "sn-yj", **given)
    assert refused.value.errors.keys() == {"negative_danger", "negative_expertise_reason"}


def test_an_answer_that_became_a_yes_is_refused_in_the_supplement_too(play: Play) -> None:
    matter = apply(play, "sn-yj")
    play.do(matter, "check_application", "sn-zzzx", **opinion("supplement"))
    worse = play.application("执法检查", CATEGORY, negative_internal="yes")
    with pytest.raises(FormInvalid) as refused:
        play.do(matter, "supplement_application", "sn-yj", submission="resubmit", **worse)
    assert refused.value.errors.keys() == {"negative_internal"}


def test_outside_the_norm_of_a_community_a_reason_is_asked_for(play: Play) -> None:
    plan = halves(play)
    plan["after"] = [{key: value for key, value in row.items() if key != "size_reason"} for row in plan["after"]]
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "xgz-zzzx", **plan)
    assert any("规模标准为 300 至 500 户，请写明理由" in reason for reason in refused.value.reasons)


def test_every_grid_needs_a_full_time_member_and_the_point_is_cited(play: Play) -> None:
    plan = halves(play)
    plan["after"][1]["members"] = []
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "xgz-zzzx", **plan)
    assert list(refused.value.reasons) == ["「云霄路乙网格」至少要配备一名专职网格员（第三部分第1项）"]


def test_the_list_begins_with_the_annexs_eight_classes_and_twenty_four_kinds(play: Play) -> None:
    profile = play.bundle("item_admission").jurisdiction
    assert (len(profile.item_categories), len(profile.seed_items), len(profile.notice_duties)) == (8, 24, 7)
    assert play.list_of(DISTRICT) == {name for _category, name, _article in profile.seed_items}


def test_the_notice_says_duties_and_the_districts_supervision_phone(play: Play) -> None:
    (body,) = play.rows(sa.select(PublicNotice.body).where(PublicNotice.subject_code == TOWER))
    assert body["duties"][0] == "基础信息采集"
    assert body["supervision_phone"] == "0532-00001001"
    assert body["members"][0]["phone"].startswith("0532-")
