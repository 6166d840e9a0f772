"""Qingdao: the leading group office decides, the centre deploys, streets propose to the district, only the
centre proposes an exit."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.notices import PublicNotice
from orchestrator.store.registers import ItemListVersion
from tests.cities.play import Play

CITY = "qingdao"
DISTRICT, STREET = "370202", "370202001"
EAST, WEST, TOWER = (
    "3702020010010100001",
    "3702020010010100002",
    "3702020010010200001",
)
CATEGORY = "社会治安巡防"


def opinion(decision: str) -> dict[str, str]:
    return {"decision": decision, "opinion": "情况属实"}


def apply(play: Play, by: str, name: str = "电动自行车充电巡查") -> str:
    return play.start("item_admission", by, **play.application(name, CATEGORY))


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
            {
                "name": "云霄路乙网格",
                "kind": "general",
                "areas": [third],
                "members": ["xgz-wgy2"],
                "size_reason": "含在建工地",
            },
        ],
        "reason": "楼院增加",
    }


def test_only_the_districts_centre_proposes_an_exit(play: Play) -> None:
    for somebody in ("sn-yj", "sn-ldb", "xgz-zzzx", "qd-zzzx"):
        with pytest.raises(Forbidden):
            play.start(
                "item_exit",
                somebody,
                item_id=play.item("护路护线", DISTRICT),
                exit_reason="不再需要",
            )


@pytest.mark.parametrize("rule", range(7))
def test_a_yes_to_the_negative_list_is_refused_at_its_question(
    play: Play, rule: int
) -> None:
    asked = play.bundle("item_admission").jurisdiction.negative_list[rule]
    application = play.application(
        "执法检查", CATEGORY, **{f"negative_{asked.id}": "yes"}
    )
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "sn-yj", **application)
    assert refused.value.errors.keys() == {f"negative_{asked.id}"}
    assert (
        "属于禁入清单所列情形（附件二）"
        in refused.value.errors[f"negative_{asked.id}"][0]
    )


def test_qingdaos_list_knows_no_exception_whatever_law_is_cited(
    play: Play,
) -> None:
    cited = {
        "negative_enforcement": "yes",
        "negative_enforcement_exception": "《中华人民共和国消防法》第三条",
    }
    with pytest.raises(FormInvalid):
        play.start(
            "item_admission",
            "sn-yj",
            **play.application("执法检查", CATEGORY, **cited),
        )


def test_every_question_of_the_list_must_be_answered_with_a_reason(
    play: Play,
) -> None:
    given = play.application("执法检查", CATEGORY)
    del given["negative_danger"], given["negative_expertise_reason"]
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "sn-yj", **given)
    assert refused.value.errors.keys() == {
        "negative_danger",
        "negative_expertise_reason",
    }


def test_an_answer_that_became_a_yes_is_refused_in_the_supplement_too(
    play: Play,
) -> None:
    matter = apply(play, "sn-yj")
    play.do(matter, "check_application", "sn-zzzx", **opinion("supplement"))
    worse = play.application("执法检查", CATEGORY, negative_internal="yes")
    with pytest.raises(FormInvalid) as refused:
        play.do(
            matter,
            "supplement_application",
            "sn-yj",
            submission="resubmit",
            **worse,
        )
    assert refused.value.errors.keys() == {"negative_internal"}


def test_outside_the_norm_of_a_community_a_reason_is_asked_for(
    play: Play,
) -> None:
    plan = halves(play)
    plan["after"] = [
        {key: value for key, value in row.items() if key != "size_reason"}
        for row in plan["after"]
    ]
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "xgz-zzzx", **plan)
    assert any(
        "规模标准为 300 至 500 户，请写明理由" in reason
        for reason in refused.value.reasons
    )


def test_every_grid_needs_a_full_time_member_and_the_point_is_cited(
    play: Play,
) -> None:
    plan = halves(play)
    plan["after"][1]["members"] = []
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "xgz-zzzx", **plan)
    assert list(refused.value.reasons) == [
        "“云霄路乙网格”至少要配备一名专职网格员（第三部分第1项）"
    ]


def test_the_list_begins_with_the_annexs_eight_classes_and_twenty_four_kinds(
    play: Play,
) -> None:
    profile = play.bundle("item_admission").jurisdiction
    assert (
        len(profile.item_categories),
        len(profile.seed_items),
        len(profile.notice_duties),
    ) == (8, 24, 7)
    assert play.list_of(DISTRICT) == {
        name for _category, name, _article in profile.seed_items
    }


def test_the_notice_says_duties_and_the_districts_supervision_phone(
    play: Play,
) -> None:
    (body,) = play.rows(
        sa.select(PublicNotice.body).where(PublicNotice.subject_code == TOWER)
    )
    assert body["duties"][0] == "基础信息采集"
    assert body["supervision_phone"] == "0532-00001001"
    assert body["members"][0]["phone"].startswith("0532-")


def test_what_cannot_be_deployed_any_more_goes_back_to_who_decided_and_the_list_stays(
    play: Play,
) -> None:
    matter = play.start(
        "item_admission",
        "sn-yj",
        **play.application("汛期巡查", CATEGORY, leaves_on="2026-11-20"),
    )
    play.do(matter, "check_application", "sn-zzzx", **opinion("pass"))
    play.do(
        matter,
        "approve_by_leading_group_office",
        "sn-ldb",
        **opinion("approve"),
    )
    play.now += timedelta(days=4)
    play.do(
        matter,
        "organize_implementation",
        "sn-zzzx",
        implementation_plan="下月起",
        guarantees_confirmed=True,
    )
    assert play.elements(matter) == ["approve_by_leading_group_office"]
    assert play.rows(
        sa.select(Incident.id)
    ) == [] and "汛期巡查" not in play.list_of(DISTRICT)
    assert play.rows(
        sa.select(ItemListVersion.number).where(
            ItemListVersion.territory_code == DISTRICT
        )
    ) == [1]
    with pytest.raises(FormInvalid) as refused:
        play.do(
            matter,
            "approve_by_leading_group_office",
            "sn-ldb",
            **opinion("approve"),
        )
    assert "截止日期 2026-11-20 已到" in refused.value.errors["decision"][0]
    play.do(
        matter,
        "approve_by_leading_group_office",
        "sn-ldb",
        **opinion("supplement"),
    )
    assert play.elements(matter) == ["supplement_application"]


def test_a_streets_application_meets_the_districts_list_and_the_districts_own(
    play: Play,
) -> None:
    with pytest.raises(FormInvalid) as listed:
        apply(play, "xgz-zf", "护路护线")
    assert "已在现行清单上" in listed.value.errors["item_name"][0]
    apply(play, "xgz-zf", "楼道巡查")
    with pytest.raises(FormInvalid) as running:
        apply(play, "sn-yj", "楼道 巡查")
    assert "正在申请纳入同名事项" in running.value.errors["item_name"][0]
    apply(play, "qd-yj", "楼道巡查")


def test_a_second_exit_is_told_with_the_first_ones_number_and_then_with_its_day(
    play: Play,
) -> None:
    given = {
        "item_id": play.item("护路护线", DISTRICT),
        "exit_reason": "已由专业队伍承担",
    }
    first = play.start(
        "item_exit", "sn-zzzx", **given, effective_on="2027-03-01"
    )
    with pytest.raises(FormInvalid) as running:
        play.start("item_exit", "sn-zzzx", **given)
    (number,) = play.rows(
        sa.select(ProcessInstance.business_key).where(
            ProcessInstance.id == first
        )
    )
    assert number in running.value.errors["item_id"][0]
    play.do(
        first,
        "approve_by_leading_group_office",
        "sn-ldb",
        **opinion("approve"),
    )
    with pytest.raises(FormInvalid) as decided:
        play.start("item_exit", "sn-zzzx", **given)
    assert "已批准自 2027-03-01 起退出" in decided.value.errors["item_id"][0]
