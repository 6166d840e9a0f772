"""A drafted list becomes one decision with all its items, less those that the approver left out."""

import pytest
import sqlalchemy as sa

from orchestrator.errors import FormInvalid
from orchestrator.store.registers import ItemListVersion, ServiceItem

NEW, OLD = "321112", "321102"
"""A county without a list, and one with a list in force."""
ROWS = [
    {
        "name": "楼道堆物巡查",
        "category": "治安安全",
        "legal_basis": "《江苏省消防条例》",
        "department": "zhenjiang:urban-management:321100",
        "commitment": "每个街道二人，每季度培训",
    },
    {
        "name": "议事意见收集",
        "category": "基层自治",
        "legal_basis": "第十七条",
    },
    {
        "name": "店外占道劝导",
        "category": "环境秩序",
        "legal_basis": "第十七条",
    },
]
AGREES = {"stance": "agree", "list_opinion_text": "没有不同意见"}


def drafted(office, place, **data):
    by = {NEW: "dt", OLD: "jk"}[place]
    given = {
        "list_kind": "first",
        "compile_note": "按第十七条拟订",
        "listed_items": ROWS,
        "consulted_bodies": [f"zhenjiang:civil-affairs:{place}"],
        **data,
    }
    matter = office.start(
        "item_list_compilation", f"{by}-wgb", "grid-office", place, **given
    )
    office.complete(matter, "give_list_opinion", f"{by}-mz", **AGREES)
    return matter


def decision(office, place):
    return office.rows(
        sa.select(ItemListVersion)
        .where(ItemListVersion.territory_code == place)
        .order_by(ItemListVersion.number.desc())
    )[0]


def items_of(office, place):
    return office.rows(
        sa.select(ServiceItem)
        .where(ServiceItem.territory_code == place)
        .order_by(ServiceItem.code)
    )


def test_a_first_list_is_version_1_by_the_office_that_compiled_it(
    office,
) -> None:
    matter = drafted(office, NEW)
    office.complete(
        matter,
        "decide_by_grid_office",
        "dt-wgb2",
        decision="approve",
        refused_items=["店外占道劝导"],
        opinion="占道由执法队伍管理",
    )
    version = decision(office, NEW)
    assert (version.number, version.change, version.instance_id) == (
        1,
        "compilation",
        matter,
    )
    assert version.approved_by == "丹徒区网格化服务管理中心 柏志高"
    assert version.ground.endswith("》第十二条第一款；占道由执法队伍管理")
    first, second = items_of(office, NEW)
    assert (first.name, first.code, first.category) == (
        "楼道堆物巡查",
        "321112-0001-01",
        "治安安全",
    )
    assert first.department == "zhenjiang:urban-management:321100"
    assert first.details == {"commitment": "每个街道二人，每季度培训"}
    assert (second.name, second.department) == ("议事意见收集", None)


def test_an_addition_goes_to_the_approver_of_the_draft_who_cannot_approve_what_was_admitted_meanwhile(
    office,
) -> None:
    matter = drafted(
        office, OLD, list_kind="addition", approver="party_committee"
    )
    office.admit("店外占道劝导")
    agreed = {"decision": "approve", "opinion": "同意增补"}
    with pytest.raises(FormInvalid) as refused:
        office.complete(matter, "decide_by_party_committee", "jk-dw", **agreed)
    (sentence,) = refused.value.errors["decision"]
    assert "不能重复列入：“店外占道劝导”" in sentence
    office.complete(
        matter,
        "decide_by_party_committee",
        "jk-dw",
        **agreed,
        refused_items=["店外占道劝导"],
    )
    version = decision(office, OLD)
    assert version.approved_by == "中共京口区委员会 郑雅琴"
    added = [item.code for item in items_of(office, OLD)][-2:]
    assert added == ["321102-0003-01", "321102-0003-02"]
