"""The Tibetan city: the competent department agrees to an admission, an exit is only notified, departments meet jointly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from orchestrator.errors import FormInvalid
from orchestrator.store.notices import PublicNotice
from tests.cities.play import Play

CITY = "xizang"
COUNTY, STREET = "540102", "540102002"
EAST, WEST = "5401020020011001", "5401020020011002"
CATEGORY = "安全防范"
SAFETY = "协助治安防控、公共安全隐患排查和突发事件处置"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


def apply(play: Play, by: str = "cg-yj", name: str = "电动自行车充电巡查") -> str:
    return play.start("item_admission", by, **play.application(name, CATEGORY))


# ---------------------------------------------------------------------------------------------------------- admission


def the_competent_department_agrees(play: Play) -> None:
    matter = apply(play)
    assert play.candidates(matter) == {f"grid-office:{COUNTY}"}
    play.do(matter, "check_application", "cg-wgzx", **opinion("pass"))
    assert play.candidates(matter) == {f"competent-department:{COUNTY}"}
    play.do(matter, "approve_by_competent_department", "cg-zgb", **opinion("approve"))
    version = play.newest_version(COUNTY)
    assert version.number == 2
    assert version.approved_by.startswith("城关区网格化服务管理工作主管部门")
    assert "第二十二条第二款" in version.ground
    assert play.ended_as(matter) == "admitted"


def a_city_department_applies_to_the_city(play: Play) -> None:
    matter = apply(play, "ls-yj")
    play.do(matter, "check_application", "ls-wgzx", **opinion("pass"))
    assert play.candidates(matter) == {"competent-department:540100"}
    play.do(matter, "approve_by_competent_department", "ls-zgb", **opinion("approve"))
    assert "电动自行车充电巡查" in play.list_of("540100")


def it_is_returned_twice_and_admitted(play: Play) -> None:
    matter = apply(play)
    again = play.application("充电安全巡查", CATEGORY)
    play.do(matter, "check_application", "cg-wgzx", **opinion("supplement"))
    play.do(matter, "supplement_application", "cg-yj", submission="resubmit", **again)
    play.do(matter, "check_application", "cg-wgzx", **opinion("pass"))
    play.do(matter, "approve_by_competent_department", "cg-zgb", **opinion("supplement"))
    play.do(matter, "supplement_application", "cg-yj", submission="resubmit", **again)
    play.do(matter, "check_application", "cg-wgzx", **opinion("pass"))
    play.do(matter, "approve_by_competent_department", "cg-zgb", **opinion("approve"))
    assert "充电安全巡查" in play.list_of(COUNTY)


def it_is_withdrawn(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "check_application", "cg-wgzx", **opinion("supplement"))
    play.do(matter, "supplement_application", "cg-yj", submission="withdraw", **play.application("充电安全巡查", CATEGORY))
    assert play.ended_as(matter) == "withdrawn"


def it_is_refused_late(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "check_application", "cg-wgzx", **opinion("pass"))
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_by_competent_department", "cg-zgb", **opinion("reject"))
    assert play.ended_as(matter) == "rejected"
    assert play.newest_version(COUNTY).number == 1


# --------------------------------------------------------------------------------------------------------------- exit


def an_exit_is_only_notified(play: Play) -> None:
    matter = play.start("item_exit", "cg-yj", item_id=play.item(SAFETY, COUNTY), exit_reason="已由专业队伍承担")
    assert SAFETY not in play.list_of(COUNTY), "nobody is asked: the notice suffices"
    assert "第二十二条第三款" in play.newest_version(COUNTY).ground
    play.do(matter, "acknowledge_exit", "cg-wgzx", filing_remark="收悉")
    assert play.ended_as(matter) == "exited"


# -------------------------------------------------------------------------------------------------------------- grids


def division(play: Play) -> dict[str, object]:
    first, second, third = play.areas(EAST)
    rows = (("绕赛甲网格", [first, second], "bk-wgy1"), ("绕赛乙网格", [third], "bk-wgy2"))
    after = [{"name": name, "kind": "general", "areas": areas, "members": [member]} for name, areas, member in rows]
    return {"kind": "split", "source_grids": [EAST], "after": after, "reason": "住户增加"}


def the_county_approves_and_the_city_gets_the_filing(play: Play) -> None:
    matter = play.start("grid_adjustment", "bk-wgzx", **division(play))
    assert play.candidates(matter) == {f"grid-office:{COUNTY}"}
    play.do(matter, "approve_adjustment", "cg-wgzx", **opinion("approve"))
    assert play.areas(EAST) == []
    assert play.filed_with(matter) == ["xizang:grid-office:540100"]
    play.do(matter, "acknowledge_filing", "ls-wgzx")
    assert play.ended_as(matter) == "adjusted"


def a_division_is_returned_late_and_refused(play: Play) -> None:
    matter = play.start("grid_adjustment", "bk-wgzx", **division(play))
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_adjustment", "cg-wgzx", **opinion("supplement"))
    play.do(matter, "revise_adjustment", "bk-wgzx2", **division(play))
    play.do(matter, "approve_adjustment", "cg-wgzx", **opinion("reject"))
    assert play.ended_as(matter) == "rejected"
    assert play.areas(EAST)


# -------------------------------------------------------------------------------------------------------------- cases

FIRE, HOUSING = "xizang:emergency-management:540102", "xizang:housing-construction:540102"


def found(play: Play, **more: object) -> str:
    return play.report("bk-wgy1", EAST, play.item(SAFETY, COUNTY), **more)


def assign(*assisting: str, lead: str = FIRE) -> dict[str, object]:
    return {**opinion("assign"), "lead_department": lead, "assisting_departments": list(assisting)}


def sign(play: Play, case: str, by: str = "cg-yj") -> None:
    play.do(case, "sign_case", by, decision="accept", handler_name="李科长")


def close(play: Play, case: str) -> None:
    play.do(case, "inform_person", "bk-wgy1", informed_by="visit", satisfaction="satisfied")
    play.do(case, "close_case", "bk-wgzx", closing_note="材料齐全")
    assert play.ended_as(case) == "archived"
    assert play.case(case).state == "archived"


def review(play: Play, case: str, verification: str, office: str = "bk-wgzx") -> None:
    play.do(case, "review_feedback", office, verification=verification, feedback_note="已看反馈")


def a_member_settles_it_himself_after_being_urged(play: Play) -> None:
    case = found(play, disposal="handle")
    play.pass_deadline(case, "report_overdue")
    play.do(case, "handle_on_spot", "bk-wgy1", decision="done", result="当场清理")
    close(play, case)


def the_office_settles_it_at_the_second_try_as_the_member_saw(play: Play) -> None:
    case = found(play, disposal="handle")
    play.do(case, "handle_on_spot", "bk-wgy1", decision="report", result="住户不在家")
    play.do(case, "triage_township", "bk-wgzx", **opinion("self"))
    play.do(case, "handle_by_office", "bk-wgzx", result="上门劝导")
    review(play, case, "needed")
    (task,) = play.open_tasks(case)
    assert (task.due_at - task.opened_at).total_seconds() == 24 * 3600
    play.do(case, "verify_on_site", "bk-wgy1", verdict="rework", verification_note="又堆上了")
    play.do(case, "handle_by_office", "bk-wgzx", result="再次清理")
    review(play, case, "needed")
    play.do(case, "verify_on_site", "bk-wgy1", verdict="pass", verification_note="已清理")
    close(play, case)


def several_departments_meet_and_the_late_one_is_urged(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "bk-wgzx", **assign(HOUSING))
    assert play.candidates(case) == {f"competent-department:{COUNTY}"}, "the meeting is the county's competent department's"
    play.do(case, "convene_departments", "cg-zgb", joint_plan="应急牵头，住建配合")
    sign(play, case)
    play.pass_deadline(case, "handling_overdue")
    for result in ("已检查", "已补上"):
        play.do(case, "handle_case", "cg-yj", result=result)
        play.do(case, "assist_case", "cg-zjj", assistance_result="已配合")
        play.do(case, "report_back", "cg-yj", summary=result)
        review(play, case, "needed" if result == "已检查" else "not_needed")
        if result == "已检查":
            play.do(case, "verify_on_site", "bk-wgy1", verdict="rework", verification_note="漏了一处")
    close(play, case)


def it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it(play: Play) -> None:
    case = found(play, priority="major", disposal="handle")
    play.do(case, "triage_township", "bk-wgzx", **assign())
    play.do(case, "sign_case", "cg-yj", decision="return", return_reason="不属本单位")
    play.do(case, "triage_township", "bk-wgzx", **opinion("escalate"))
    play.do(case, "triage_county", "cg-wgzx", **assign(lead=HOUSING))
    play.do(case, "sign_case", "cg-zjj", decision="return", return_reason="属市级权限")
    assert play.candidates(case) == {f"grid-office:{COUNTY}"}
    play.do(case, "triage_county", "cg-wgzx", **opinion("escalate"))
    play.do(case, "triage_city", "ls-wgzx", **assign(lead="xizang:ecology:540100"))
    play.do(case, "sign_case", "ls-hj", decision="return", return_reason="属住建权限")
    play.do(case, "triage_city", "ls-wgzx", **assign(lead="xizang:housing-construction:540100"))
    sign(play, case, "ls-zjj")
    play.do(case, "handle_case", "ls-zjj", result="已整治")
    play.do(case, "report_back", "ls-zjj", summary="已整治")
    assert play.candidates(case) == {"grid-office:540100"}
    review(play, case, "not_needed", "ls-wgzx")
    close(play, case)


SCENARIOS: dict[str, list[Callable[[Play], None]]] = {
    "item_admission": [
        the_competent_department_agrees,
        a_city_department_applies_to_the_city,
        it_is_returned_twice_and_admitted,
        it_is_withdrawn,
        it_is_refused_late,
    ],
    "item_exit": [an_exit_is_only_notified],
    "grid_adjustment": [the_county_approves_and_the_city_gets_the_filing, a_division_is_returned_late_and_refused],
    "case_handling": [
        a_member_settles_it_himself_after_being_urged,
        the_office_settles_it_at_the_second_try_as_the_member_saw,
        several_departments_meet_and_the_late_one_is_urged,
        it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it,
    ],
}


@pytest.mark.parametrize("process", SCENARIOS)
def test_the_scenarios_of_a_procedure_hold_and_cross_every_sequence_flow(plays, process: str) -> None:
    assert plays.untaken(process, SCENARIOS[process]) == set()


def test_a_meeting_without_a_plan_is_refused(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "bk-wgzx", **assign(HOUSING))
    with pytest.raises(FormInvalid):
        play.do(case, "convene_departments", "cg-zgb")


def test_a_grids_notice_names_members_and_the_supervision_phone(play: Play) -> None:
    notice = play.rows(sa.select(PublicNotice).where(PublicNotice.subject_code == EAST))[0]
    assert notice.body["supervision_phone"] == "0891-00001001"
    assert notice.body["members"]


def test_a_grids_notice_has_its_labels_in_tibetan_too(play: Play) -> None:
    notice = play.rows(sa.select(PublicNotice).where(PublicNotice.subject_code == EAST))[0]
    assert notice.body["labels_language"] == "bo"
    labels = notice.body["labels"]
    assert {"area", "members", "supervision_phone"} <= labels.keys()
    assert all("\u0f00" <= letter <= "\u0fff" or letter.isspace() for label in labels.values() for letter in label)
