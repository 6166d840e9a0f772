"""Xinxiang: the competent department reviews, party committee and government both agree; a draft, and every page says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.services import story
from orchestrator.store.notices import PublicNotice
from orchestrator.store.registers import Grid
from tests.cities.play import Play

CITY = "xinxiang"
COUNTY, STREET, TOWN = "410702", "410702007", "410702100"
EAST, WEST = "4107020070141001", "4107020070141002"
CATEGORY = "安全隐患排查"
CITY_DEPARTMENT = "xinxiang:competent-department:410700"
PATROL = "重点单位、场所走访巡查和隐患报告"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


def apply(play: Play, name: str = "电动自行车充电巡查") -> str:
    return play.start("item_admission", "hq-xfjy", **play.application(name, CATEGORY))


def consent(play: Play, matter: str, party: str = "approve", government: str = "approve") -> None:
    play.do(matter, "approve_by_party_committee", "hq-dw", party_decision=party, party_opinion="已研究")
    play.do(matter, "approve_by_government", "hq-zf", government_decision=government, government_opinion="已研究")


# ---------------------------------------------------------------------------------------------------------- admission


def both_agree_and_the_city_department_gets_the_filing(play: Play) -> None:
    matter = apply(play)
    assert play.candidates(matter) == {f"competent-department:{COUNTY}"}
    play.do(matter, "review_application", "hq-zgb", **opinion("approve"))
    assert play.candidates(matter) == {f"party-committee:{COUNTY}", f"government:{COUNTY}"}
    play.do(matter, "approve_by_government", "hq-zf", government_decision="approve", government_opinion="同意")
    assert play.newest_version(COUNTY).number == 1, "the government alone does not suffice"
    play.do(matter, "approve_by_party_committee", "hq-dw", party_decision="approve", party_opinion="同意")
    version = play.newest_version(COUNTY)
    assert version.number == 2
    assert "中共红旗区委员会" in version.approved_by and "红旗区人民政府" in version.approved_by
    assert "草案征求意见稿" in version.ground and "第十三条第二款" in version.ground
    assert play.filed_with(matter) == [CITY_DEPARTMENT]
    assert play.candidates(matter) == {"competent-department:410700"}
    play.do(matter, "acknowledge_filing", "xx-zgb")
    assert play.ended_as(matter) == "admitted"


def one_of_the_two_refuses(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "review_application", "hq-zgb", **opinion("approve"))
    consent(play, matter, government="reject")
    assert play.ended_as(matter) == "rejected"
    assert play.newest_version(COUNTY).number == 1


def a_refusal_outweighs_a_return(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "review_application", "hq-zgb", **opinion("approve"))
    consent(play, matter, party="supplement", government="reject")
    assert play.ended_as(matter) == "rejected"


def it_is_returned_by_the_department_and_by_one_of_the_two(play: Play) -> None:
    matter = apply(play)
    again = play.application("充电安全巡查", CATEGORY)
    play.do(matter, "review_application", "hq-zgb", **opinion("supplement"))
    play.do(matter, "supplement_application", "hq-xfjy", submission="resubmit", **again)
    play.do(matter, "review_application", "hq-zgb", **opinion("approve"))
    consent(play, matter, party="supplement")
    play.do(matter, "supplement_application", "hq-xfjy", submission="resubmit", **again)
    play.do(matter, "review_application", "hq-zgb2", **opinion("approve"))
    consent(play, matter)
    assert "充电安全巡查" in play.list_of(COUNTY)


def it_is_withdrawn(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "review_application", "hq-zgb", **opinion("supplement"))
    play.do(matter, "supplement_application", "hq-xfjy", submission="withdraw", **play.application("充电巡查", CATEGORY))
    assert play.ended_as(matter) == "withdrawn"


def everybody_is_late_and_urged(play: Play) -> None:
    matter = apply(play)
    play.pass_deadline(matter, "review_overdue")
    play.do(matter, "review_application", "hq-zgb", **opinion("approve"))
    play.pass_deadline(matter, "party_overdue")
    assert "government_overdue" in play.crossed(matter), "both had the same time"
    assert play.history(matter).count("urged") == 3
    consent(play, matter)


def the_competent_department_refuses(play: Play) -> None:
    matter = apply(play)
    play.do(matter, "review_application", "hq-zgb", **opinion("reject"))
    assert play.ended_as(matter) == "refused"


# --------------------------------------------------------------------------------------------------------------- exit


def leave(play: Play) -> str:
    return play.start("item_exit", "hq-mz", item_id=play.item("公共事务协办和公共服务代办", COUNTY), exit_reason="已由大厅承担")


def consent_to_exit(play: Play, matter: str, party: str = "approve", government: str = "approve") -> None:
    play.do(matter, "review_exit", "hq-zgb", **opinion("approve"))
    play.do(matter, "approve_by_party_committee", "hq-dw", party_decision=party, party_opinion="已研究")
    play.do(matter, "approve_by_government", "hq-zf", government_decision=government, government_opinion="已研究")


def an_exit_is_agreed_by_both_and_filed(play: Play) -> None:
    matter = leave(play)
    consent_to_exit(play, matter)
    assert "公共事务协办和公共服务代办" not in play.list_of(COUNTY)
    play.do(matter, "acknowledge_filing", "xx-zgb")
    assert play.filed_with(matter) == [CITY_DEPARTMENT]
    assert play.ended_as(matter) == "exited"


def an_exit_is_refused_by_one_of_the_two(play: Play) -> None:
    matter = leave(play)
    consent_to_exit(play, matter, party="reject")
    assert play.ended_as(matter) == "rejected"


def an_exit_is_refused_by_the_competent_department_late(play: Play) -> None:
    matter = leave(play)
    play.pass_deadline(matter, "review_overdue")
    play.do(matter, "review_exit", "hq-zgb", **opinion("reject"))
    assert play.ended_as(matter) == "refused"


def an_exits_approvals_are_urged(play: Play) -> None:
    matter = leave(play)
    play.do(matter, "review_exit", "hq-zgb", **opinion("approve"))
    play.pass_deadline(matter, "party_overdue")
    assert play.history(matter).count("urged") == 2


# -------------------------------------------------------------------------------------------------------------- grids


def division(play: Play, **more: object) -> dict[str, object]:
    first, second, third = play.areas(EAST)
    rows = (("明珠甲网格", [first, second], "whj-wgy1"), ("明珠乙网格", [third], "whj-wgy2"))
    return {
        "township_government": f"xinxiang:government:{STREET}",
        "kind": "split",
        "source_grids": [EAST],
        "after": [
            {"name": name, "kind": "urban", "areas": areas, "members": [member], "size_reason": "含搬迁安置楼院"}
            for name, areas, member in rows
        ],
        "reason": "楼院增加",
        **more,
    }


def the_department_divides_together_with_the_street(play: Play) -> None:
    matter = play.start("grid_adjustment", "hq-zgb", **division(play))
    assert play.candidates(matter) == {f"government:{STREET}"}
    play.do(matter, "join_division", "whj-zf", **opinion("approve"))
    assert play.areas("4107020070141003") and play.areas("4107020070141004")
    assert play.filed_with(matter) == [CITY_DEPARTMENT]
    play.do(matter, "acknowledge_filing", "xx-zgb")
    assert play.ended_as(matter) == "adjusted"


def a_code_changes_and_the_change_is_filed(play: Play) -> None:
    grid = {"name": "明珠花园社区第一网格", "kind": "urban", "areas": play.areas(EAST), "members": ["whj-wgy1"]}
    matter = play.start("grid_adjustment", "hq-zgb", **division(play, kind="recode", after=[grid]))
    play.do(matter, "join_division", "whj-zf", **opinion("approve"))
    assert play.rows(sa.select(Grid.state).where(Grid.code == EAST)) == ["retired"]
    assert play.areas("4107020070141003")
    assert play.filed_with(matter) == [CITY_DEPARTMENT]


def the_street_returns_it_late_and_then_disagrees(play: Play) -> None:
    matter = play.start("grid_adjustment", "hq-zgb", **division(play))
    play.pass_deadline(matter, "opinion_overdue")
    play.do(matter, "join_division", "whj-zf", **opinion("supplement"))
    play.do(matter, "revise_adjustment", "hq-zgb2", **division(play))
    play.do(matter, "join_division", "whj-zf", **opinion("reject"))
    assert play.ended_as(matter) == "not_adjusted"
    assert play.areas(EAST)


# -------------------------------------------------------------------------------------------------------------- cases

FIRE, URBAN = "xinxiang:fire-rescue:410702", "xinxiang:urban-management:410702"


def found(play: Play, **more: object) -> str:
    return play.report("whj-wgy1", EAST, play.item(PATROL, COUNTY), **more)


def assign(*assisting: str, lead: str = FIRE) -> dict[str, object]:
    return {**opinion("assign"), "lead_department": lead, "assisting_departments": list(assisting)}


def sign(play: Play, case: str, by: str = "hq-xfjy") -> None:
    play.do(case, "sign_case", by, decision="accept", handler_name="李参谋")


def finish(play: Play, case: str, office: str = "whj-wgzx") -> None:
    play.do(case, "check_result", office, verdict="pass", verification_note="已整改")
    close(play, case)


def close(play: Play, case: str) -> None:
    play.do(case, "inform_person", "whj-wgy1", informed_by="visit", satisfaction="satisfied")
    play.do(case, "close_case", "whj-wgzx", closing_note="材料齐全")
    assert play.ended_as(case) == "archived"
    assert play.case(case).state == "archived"


def a_member_settles_it_himself_after_being_urged(play: Play) -> None:
    case = found(play, disposal="handle")
    play.pass_deadline(case, "report_overdue")
    play.do(case, "handle_on_spot", "whj-wgy1", decision="done", result="当场清理")
    close(play, case)


def a_member_cannot_and_the_office_settles_it_at_the_second_try(play: Play) -> None:
    case = found(play, disposal="handle")
    play.do(case, "handle_on_spot", "whj-wgy1", decision="report", result="住户不在家")
    play.do(case, "triage_township", "whj-wgzx", **opinion("self"))
    play.do(case, "handle_by_office", "whj-wgzx", result="上门劝导")
    play.do(case, "check_result", "whj-wgzx", verdict="rework", verification_note="又堆上了")
    play.do(case, "handle_by_office", "whj-wgzx", result="再次清理")
    finish(play, case)


def a_late_department_explains_in_writing_before_it_goes_on(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "whj-wgzx", **assign())
    sign(play, case)
    play.pass_deadline(case, "handling_overdue")
    assert play.elements(case) == ["explain_delay"], "no result is taken before the reason is given"
    with pytest.raises(FormInvalid) as refused:
        play.do(case, "explain_delay", "hq-xfjy", expected_on="2026-12-10")
    assert refused.value.errors.keys() == {"delay_reason"}
    play.do(case, "explain_delay", "hq-xfjy", delay_reason="配件到货晚于预期", expected_on="2026-12-10")
    play.do(case, "handle_case", "hq-xfjy", result="已更换")
    play.do(case, "report_back", "hq-xfjy", summary="已更换")
    play.do(case, "check_result", "whj-wgzx", verdict="rework", verification_note="漏了一处")
    play.do(case, "handle_case", "hq-xfjy", result="已补上")
    play.do(case, "report_back", "hq-xfjy", summary="已补上")
    finish(play, case)


def several_departments_work_under_a_joint_plan(play: Play) -> None:
    case = found(play)
    play.do(case, "triage_township", "whj-wgzx", **assign(URBAN))
    assert play.candidates(case) == {f"grid-office:{STREET}"}
    play.do(case, "convene_departments", "whj-wgzx", joint_plan="消防牵头检查，城管清运")
    sign(play, case)
    play.do(case, "handle_case", "hq-xfjy", result="已检查")
    play.do(case, "assist_case", "hq-cg", assistance_result="已清运")
    play.do(case, "report_back", "hq-xfjy", summary="已检查清运")
    finish(play, case)


def it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it(play: Play) -> None:
    case = found(play, priority="major", disposal="handle")
    play.do(case, "triage_township", "whj-wgzx", **assign())
    play.do(case, "sign_case", "hq-xfjy", decision="return", return_reason="不属本单位")
    play.do(case, "triage_township", "whj-wgzx", **opinion("escalate"))
    play.do(case, "triage_county", "hq-wgzx", **assign(lead=URBAN))
    play.do(case, "sign_case", "hq-cg", decision="return", return_reason="属市级权限")
    assert play.candidates(case) == {f"grid-office:{COUNTY}"}
    play.do(case, "triage_county", "hq-wgzx", **opinion("escalate"))
    play.do(case, "triage_city", "xx-wgzx", **assign(lead="xinxiang:urban-management:410700"))
    play.do(case, "sign_case", "xx-cg", decision="return", return_reason="属住建权限")
    play.do(case, "triage_city", "xx-wgzx", **assign(lead="xinxiang:housing-construction:410700"))
    sign(play, case, "xx-zj")
    play.do(case, "handle_case", "xx-zj", result="已整治")
    play.do(case, "report_back", "xx-zj", summary="已整治")
    assert play.candidates(case) == {"grid-office:410700"}
    finish(play, case, "xx-wgzx")


SCENARIOS: dict[str, list[Callable[[Play], None]]] = {
    "item_admission": [
        both_agree_and_the_city_department_gets_the_filing,
        one_of_the_two_refuses,
        a_refusal_outweighs_a_return,
        it_is_returned_by_the_department_and_by_one_of_the_two,
        it_is_withdrawn,
        everybody_is_late_and_urged,
        the_competent_department_refuses,
    ],
    "item_exit": [
        an_exit_is_agreed_by_both_and_filed,
        an_exit_is_refused_by_one_of_the_two,
        an_exit_is_refused_by_the_competent_department_late,
        an_exits_approvals_are_urged,
    ],
    "grid_adjustment": [
        the_department_divides_together_with_the_street,
        a_code_changes_and_the_change_is_filed,
        the_street_returns_it_late_and_then_disagrees,
    ],
    "case_handling": [
        a_member_settles_it_himself_after_being_urged,
        a_member_cannot_and_the_office_settles_it_at_the_second_try,
        a_late_department_explains_in_writing_before_it_goes_on,
        several_departments_work_under_a_joint_plan,
        it_goes_up_level_by_level_and_comes_back_to_whom_assigned_it,
    ],
}


@pytest.mark.parametrize("process", SCENARIOS)
def test_the_scenarios_of_a_procedure_hold_and_cross_every_sequence_flow(plays, process: str) -> None:
    assert plays.untaken(process, SCENARIOS[process]) == set()


def test_the_township_may_not_divide_alone(play: Play) -> None:
    with pytest.raises(Forbidden):
        play.start("grid_adjustment", "whj-zf", **division(play))


def test_a_plan_lies_within_the_township_that_takes_part(play: Play) -> None:
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "hq-zgb", **division(play, township_government=f"xinxiang:government:{TOWN}"))
    assert f"网格「{EAST}」已停用或不在本辖区，请重新选择" in refused.value.reasons


def test_a_yes_without_a_legal_exception_is_refused_at_its_question(play: Play) -> None:
    barred = play.application("代收罚款", CATEGORY, negative_penalty="yes", negative_mismatch="yes")
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "hq-xfjy", **barred)
    assert refused.value.errors.keys() == {"negative_penalty_exception", "negative_mismatch_exception"}
    assert refused.value.errors["negative_penalty_exception"] == ["请填写第 2 项所依据的例外规定"]


def test_an_exception_names_a_law_and_its_article(play: Play) -> None:
    vague = play.application("代收罚款", CATEGORY, negative_penalty="yes", negative_penalty_exception="有关法律规定")
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "hq-xfjy", **vague)
    assert refused.value.errors == {"negative_penalty_exception": ["请写明作出例外规定的法律、法规名称和条款，如《……》第三条"]}


def test_a_yes_with_a_legal_exception_passes(play: Play) -> None:
    cited = "《中华人民共和国行政处罚法》第二十条第二款"
    given = play.application("协助送达", CATEGORY, negative_penalty="yes", negative_penalty_exception=cited)
    matter = play.start("item_admission", "hq-xfjy", **given)
    assert play.elements(matter) == ["review_application"]


def test_the_citys_catalogue_bounds_the_countys_list(play: Play) -> None:
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "hq-xfjy", **play.application("节庆布置", "其他事项"))
    (told,) = refused.value.errors["category"]
    assert told.startswith("「其他事项」不在全市网格事项准入分类目录内（第十三条第一款）")


def test_an_urban_grid_outside_the_norm_needs_a_reason_and_a_rural_one_does_not(play: Play) -> None:
    plan = division(play)
    plan["after"] = [{key: value for key, value in row.items() if key != "size_reason"} for row in plan["after"]]
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "hq-zgb", **plan)
    assert len(refused.value.reasons) == 2
    plan["after"] = [{**row, "kind": "rural"} for row in plan["after"]]
    assert play.start("grid_adjustment", "hq-zgb", **plan)


def test_every_citation_says_that_it_is_a_draft(play: Play) -> None:
    bundle = play.bundle("item_admission")
    assert bundle.jurisdiction.regulation.draft
    (cited,) = story.citations(bundle, "approve_by_government")
    assert cited.draft and "草案" in cited.text
    (silent,) = story.citations(bundle, "supplement_application")
    assert not silent.draft


def test_there_are_grids_of_all_three_kinds_and_notices_with_duties(play: Play) -> None:
    assert set(play.rows(sa.select(Grid.kind).distinct())) == {"urban", "rural", "dedicated"}
    (body,) = play.rows(sa.select(PublicNotice.body).where(PublicNotice.subject_code == WEST))
    assert body["duties"] and body["supervision_phone"] == "0373-00001001"
