"""Dongying: the grid office of the same level ratifies alone; grids are divided with the departments, approved by the county."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orchestrator.errors import Forbidden
from tests.cities.play import Play

CITY = "dongying"
COUNTY, STREET = "370502", "370502001"
EAST, WEST = "3705020010111001", "3705020010111002"
CATEGORY = "风险排查"
RISKS = "影响社会稳定的风险隐患排查"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


def apply(play: Play, by: str = "dyq-yj", name: str = "电动自行车充电巡查") -> str:
    return play.start("item_admission", by, **play.application(name, CATEGORY))


def ratify(play: Play, matter: str, decision: str = "approve", by: str = "dyq-wgzx") -> None:
    play.do(matter, "approve_by_grid_office", by, **opinion(decision))


# ---------------------------------------------------------------------------------------------------------- admission


def the_grid_office_of_the_county_ratifies_alone(play: Play) -> None:
    matter = apply(play)
    assert play.candidates(matter) == {f"grid-office:{COUNTY}"}
    ratify(play, matter)
    version = play.newest_version(COUNTY)
    assert version.number == 2
    assert version.approved_by.startswith("东营区网格化服务管理中心")
    assert "第十九条第三款" in version.ground
    assert play.filed_with(matter) == []
    assert play.ended_as(matter) == "admitted"


def the_grid_office_of_the_city_ratifies_for_the_city(play: Play) -> None:
    matter = apply(play, "dys-yj")
    assert play.candidates(matter) == {"grid-office:370500"}
    ratify(play, matter, by="dys-wgzx")
    assert "电动自行车充电巡查" in play.list_of("370500")
    assert "电动自行车充电巡查" not in play.list_of(COUNTY)


def it_is_returned_and_supplemented(play: Play) -> None:
    matter = apply(play)
    ratify(play, matter, "supplement")
    again = play.application("充电安全巡查", CATEGORY)
    play.do(matter, "supplement_application", "dyq-yj", submission="resubmit", **again)
    ratify(play, matter)
    assert "充电安全巡查" in play.list_of(COUNTY)


def it_is_withdrawn(play: Play) -> None:
    matter = apply(play)
    ratify(play, matter, "supplement")
    play.do(matter, "supplement_application", "dyq-yj", submission="withdraw", **play.application("充电安全巡查", CATEGORY))
    assert play.ended_as(matter) == "withdrawn"


def it_is_refused_late(play: Play) -> None:
    matter = apply(play)
    play.pass_deadline(matter, "ratification_overdue")
    ratify(play, matter, "reject")
    assert play.ended_as(matter) == "rejected"
    assert play.newest_version(COUNTY).number == 1


# --------------------------------------------------------------------------------------------------------------- exit


def leave(play: Play) -> str:
    return play.start("item_exit", "dyq-yj", item_id=play.item(RISKS, COUNTY), exit_reason="已由专业队伍承担")


def an_exit_is_ratified(play: Play) -> None:
    matter = leave(play)
    ratify(play, matter)
    assert RISKS not in play.list_of(COUNTY)
    assert play.ended_as(matter) == "exited"


def an_exit_is_refused_late(play: Play) -> None:
    matter = leave(play)
    play.pass_deadline(matter, "ratification_overdue")
    ratify(play, matter, "reject")
    assert RISKS in play.list_of(COUNTY)
    assert play.ended_as(matter) == "rejected"


# -------------------------------------------------------------------------------------------------------------- grids


def division(play: Play) -> dict[str, object]:
    first, second, third = play.areas(EAST)
    rows = (("文汇甲网格", [first, second], "wh-wgy1"), ("文汇乙网格", [third], "wh-wgy2"))
    after = [{"name": name, "kind": "general", "areas": areas, "members": [member]} for name, areas, member in rows]
    return {"kind": "split", "source_grids": [EAST], "after": after, "reason": "住户增加"}


def opine(play: Play, matter: str) -> None:
    play.do(matter, "give_opinion", "dyq-mz", stance="agree", civil_affairs_opinion="无不同意见")


def a_division_is_made_with_the_departments_and_filed_with_the_city(play: Play) -> None:
    matter = play.start("grid_adjustment", "wh-wgzx", **division(play))
    opine(play, matter)
    assert play.candidates(matter) == {f"grid-office:{COUNTY}"}
    play.do(matter, "approve_adjustment", "dyq-wgzx", **opinion("approve"))
    assert play.areas(EAST) == []
    assert play.filed_with(matter) == ["dongying:grid-office:370500"]
    play.do(matter, "acknowledge_filing", "dys-wgzx")
    assert play.ended_as(matter) == "adjusted"


def a_division_is_returned_late_and_refused(play: Play) -> None:
    matter = play.start("grid_adjustment", "wh-wgzx", **division(play))
    opine(play, matter)
    play.pass_deadline(matter, "approval_overdue")
    play.do(matter, "approve_adjustment", "dyq-wgzx", **opinion("supplement"))
    play.do(matter, "revise_adjustment", "wh-wgzx2", **division(play))
    play.do(matter, "approve_adjustment", "dyq-wgzx", **opinion("reject"))
    assert play.ended_as(matter) == "rejected"
    assert play.areas(EAST)


# -------------------------------------------------------------------------------------------------------------- cases

FIRE, HOUSING = "dongying:emergency-management:370502", "dongying:housing-construction:370502"


def found(play: Play, **more: object) -> str:
    return play.report("wh-wgy1", EAST, play.item(RISKS, COUNTY), **more)


def assign(*assisting: str, lead: str = FIRE) -> dict[str, object]:
    return {**opinion("assign"), "lead_department": lead, "assisting_departments": list(assisting)}


def sign(play: Play, case: str, by: str = "dyq-yj") -> None:
    play.do(case, "sign_case", by, decision="accept", handler_name="李科长")


def close(play: Play, case: str) -> None:
    play.do(case, "inform_person", "wh-wgy1", informed_by="visit", satisfaction="satisfied")
    play.do(case, "close_case", "wh-wgzx", closing_note="材料齐全")
    assert play.ended_as(case) == "archived"
    assert play.case(case).state == "archived"


def finish(play: Play, case: str, office: str = "wh-wgzx") -> None:
    play.do(case, "check_result", office, verdict="pass", verification_note="已整改")
    close(play, case)


def a_member_settles_it_himself_after_being_urged(play: Play) -> None:
    case = found(play, disposal="handle")
    play.pass_deadline(case, "report_overdue")
    play.do(case, "handle_on_spot", "wh-wgy1", decision="done", result="当场清理")
    close(play, case)


def a_member_cannot_and_the_office_settles_it_at_the_second_try(play: Play) -> None:
    case = found(play, disposal="handle")
    play.do(case, "handle_on_spot", "wh-wgy1", decision="report", result="住户不在家")
    play.do(case, "triage_township", "wh-wgzx", **opinion("self"))
    play.do(case, "handle_by_office", "wh-wgzx", result="上门劝导")
    play.do(case, "check_result", "wh-wgzx", verdict="rework", verification_note="又堆上了")
    play.do(case, "handle_by_office", "wh-wgzx", result="再次清理")
    finish(play, case)


def a_late_department_is_urged_and_does_it_again(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "wh-wgzx", **assign(HOUSING))
    sign(play, case)
    play.pass_deadline(case, "handling_overdue")
    assert "urged" in play.history(case)
    for result in ("已检查", "已补上"):
        play.do(case, "handle_case", "dyq-yj", result=result)
        play.do(case, "assist_case", "dyq-zj", assistance_result="已配合")
        play.do(case, "report_back", "dyq-yj", summary=result)
        if result == "已检查":
            play.do(case, "check_result", "wh-wgzx", verdict="rework", verification_note="漏了一处")
    finish(play, case)


def it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it(play: Play) -> None:
    case = found(play, priority="major", disposal="handle")
    play.do(case, "triage_township", "wh-wgzx", **assign())
    play.do(case, "sign_case", "dyq-yj", decision="return", return_reason="不属本单位")
    play.do(case, "triage_township", "wh-wgzx", **opinion("escalate"))
    play.do(case, "triage_county", "dyq-wgzx", **assign(lead=HOUSING))
    play.do(case, "sign_case", "dyq-zj", decision="return", return_reason="属市级权限")
    assert play.candidates(case) == {f"grid-office:{COUNTY}"}
    play.do(case, "triage_county", "dyq-wgzx", **opinion("escalate"))
    play.do(case, "triage_city", "dys-wgzx", **assign(lead="dongying:ecology:370500"))
    play.do(case, "sign_case", "dys-hj", decision="return", return_reason="属住建权限")
    play.do(case, "triage_city", "dys-wgzx", **assign(lead="dongying:housing-construction:370500"))
    sign(play, case, "dys-zj")
    play.do(case, "handle_case", "dys-zj", result="已整治")
    play.do(case, "report_back", "dys-zj", summary="已整治")
    assert play.candidates(case) == {"grid-office:370500"}
    finish(play, case, "dys-wgzx")


SCENARIOS: dict[str, list[Callable[[Play], None]]] = {
    "item_admission": [
        the_grid_office_of_the_county_ratifies_alone,
        the_grid_office_of_the_city_ratifies_for_the_city,
        it_is_returned_and_supplemented,
        it_is_withdrawn,
        it_is_refused_late,
    ],
    "item_exit": [an_exit_is_ratified, an_exit_is_refused_late],
    "grid_adjustment": [
        a_division_is_made_with_the_departments_and_filed_with_the_city,
        a_division_is_returned_late_and_refused,
    ],
    "case_handling": [
        a_member_settles_it_himself_after_being_urged,
        a_member_cannot_and_the_office_settles_it_at_the_second_try,
        a_late_department_is_urged_and_does_it_again,
        it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it,
    ],
}


@pytest.mark.parametrize("process", SCENARIOS)
def test_the_scenarios_of_a_procedure_hold_and_cross_every_sequence_flow(plays, process: str) -> None:
    assert plays.untaken(process, SCENARIOS[process]) == set()


def test_the_grid_office_does_not_propose_an_exit_itself(play: Play) -> None:
    with pytest.raises(Forbidden):
        play.start("item_exit", "dyq-wgzx", item_id=play.item(RISKS, COUNTY), exit_reason="不再需要")
