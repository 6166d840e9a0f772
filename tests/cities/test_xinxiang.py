"""Xinxiang: the competent department reviews, party committee and government both agree; a draft, and every
page says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from orchestrator.errors import Forbidden, FormInvalid, RuleViolated
from orchestrator.services.instances import timeline
from orchestrator.services.registers import list_changes
from orchestrator.store.incidents import Incident
from orchestrator.store.notices import PublicNotice
from orchestrator.store.registers import Grid, ItemListVersion
from tests.cities.play import Play

CITY = "xinxiang"
COUNTY, STREET, TOWN = "410702", "410702007", "410702100"
EAST, WEST = "4107020070141001", "4107020070141002"
CATEGORY = "安全隐患排查"


def division(play: Play, **more: object) -> dict[str, object]:
    first, second, third = play.areas(EAST)
    rows = (
        ("明珠甲网格", [first, second], "whj-wgy1"),
        ("明珠乙网格", [third], "whj-wgy2"),
    )
    return {
        "township_government": f"xinxiang:government:{STREET}",
        "kind": "split",
        "source_grids": [EAST],
        "after": [
            {
                "name": name,
                "kind": "urban",
                "areas": areas,
                "members": [member],
                "size_reason": "含搬迁安置楼院",
            }
            for name, areas, member in rows
        ],
        "reason": "楼院增加",
        **more,
    }


def test_the_township_may_not_divide_alone(play: Play) -> None:
    with pytest.raises(Forbidden):
        play.start("grid_adjustment", "whj-zf", **division(play))


def test_a_plan_lies_within_the_township_that_takes_part(play: Play) -> None:
    with pytest.raises(RuleViolated) as refused:
        play.start(
            "grid_adjustment",
            "hq-zgb",
            **division(
                play, township_government=f"xinxiang:government:{TOWN}"
            ),
        )
    assert (
        f"网格“{EAST}”已停用或不在本辖区，请重新选择" in refused.value.reasons
    )


def test_a_yes_without_a_legal_exception_is_refused_at_its_question(
    play: Play,
) -> None:
    barred = play.application(
        "代收罚款", CATEGORY, negative_penalty="yes", negative_mismatch="yes"
    )
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "hq-xfjy", **barred)
    assert refused.value.errors.keys() == {
        "negative_penalty_exception",
        "negative_mismatch_exception",
    }
    assert refused.value.errors["negative_penalty_exception"] == [
        "请填写第 2 项所依据的例外规定"
    ]


def test_an_exception_names_a_law_and_its_article(play: Play) -> None:
    vague = play.application(
        "代收罚款",
        CATEGORY,
        negative_penalty="yes",
        negative_penalty_exception="有关法律规定",
    )
    with pytest.raises(FormInvalid) as refused:
        play.start("item_admission", "hq-xfjy", **vague)
    assert refused.value.errors == {
        "negative_penalty_exception": [
            "请写明作出例外规定的法律、法规名称和条款，如《……》第三条"
        ]
    }


def test_a_yes_with_a_legal_exception_passes(play: Play) -> None:
    cited = "《中华人民共和国行政处罚法》第二十条第二款"
    given = play.application(
        "协助送达",
        CATEGORY,
        negative_penalty="yes",
        negative_penalty_exception=cited,
    )
    matter = play.start("item_admission", "hq-xfjy", **given)
    assert play.elements(matter) == ["review_application"]


def test_the_citys_catalogue_bounds_the_countys_list(play: Play) -> None:
    with pytest.raises(FormInvalid) as refused:
        play.start(
            "item_admission",
            "hq-xfjy",
            **play.application("节庆布置", "其他事项"),
        )
    (told,) = refused.value.errors["category"]
    assert told.startswith(
        "“其他事项”不在全市网格事项准入分类目录内（第十三条第一款）"
    )


def test_an_urban_grid_outside_the_norm_needs_a_reason_and_a_rural_one_does_not(
    play: Play,
) -> None:
    plan = division(play)
    plan["after"] = [
        {key: value for key, value in row.items() if key != "size_reason"}
        for row in plan["after"]
    ]
    with pytest.raises(RuleViolated) as refused:
        play.start("grid_adjustment", "hq-zgb", **plan)
    assert len(refused.value.reasons) == 2
    plan["after"] = [{**row, "kind": "rural"} for row in plan["after"]]
    assert play.start("grid_adjustment", "hq-zgb", **plan)


def test_every_citation_says_that_it_is_a_draft(play: Play) -> None:
    bundle = play.bundle("item_admission")
    assert bundle.jurisdiction.regulation.draft
    (cited,) = timeline.citations(bundle, "approve_by_government")
    assert cited.draft and "草案" in cited.text
    (silent,) = timeline.citations(bundle, "supplement_application")
    assert not silent.draft


def test_there_are_grids_of_all_three_kinds_and_notices_with_duties(
    play: Play,
) -> None:
    assert set(play.rows(sa.select(Grid.kind).distinct())) == {
        "urban",
        "rural",
        "dedicated",
    }
    (body,) = play.rows(
        sa.select(PublicNotice.body).where(PublicNotice.subject_code == WEST)
    )
    assert body["duties"] and body["supervision_phone"] == "0373-00001001"


def test_what_both_agreed_to_and_the_list_no_longer_takes_goes_back_to_the_department_that_reviews(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    matter = play.start(
        "item_admission",
        "hq-xfjy",
        **play.application("汛期巡查", CATEGORY, leaves_on="2026-11-20"),
    )
    play.do(
        matter,
        "review_application",
        "hq-zgb",
        decision="approve",
        opinion="情况属实",
    )
    play.do(
        matter,
        "approve_by_government",
        "hq-zf",
        government_decision="approve",
        government_opinion="同意",
    )
    # The last approval's own check read the list before it changed.
    monkeypatch.setattr(
        list_changes, "refuse_completion", lambda *_given: None
    )
    play.now += timedelta(days=4)
    play.do(
        matter,
        "approve_by_party_committee",
        "hq-dw",
        party_decision="approve",
        party_opinion="同意",
    )
    assert (
        play.elements(matter) == ["review_application"]
        and play.rows(sa.select(Incident.id)) == []
    )
    assert play.rows(
        sa.select(ItemListVersion.number).where(
            ItemListVersion.territory_code == COUNTY
        )
    ) == [1]
    play.do(
        matter,
        "review_application",
        "hq-zgb",
        decision="supplement",
        opinion="截止日期已过",
    )
    assert play.elements(matter) == ["supplement_application"]
