"""The checks of a grid adjustment, and codes that are never issued twice."""

from pathlib import Path

import pytest

from orchestrator.domain.grid_codes import issue_code
from orchestrator.domain.grids import (
    GridPlan,
    PlannedGrid,
    Situation,
    check_plan,
)
from orchestrator.domain.jurisdiction import (
    JurisdictionInvalid,
    chinese_number,
    parse_jurisdiction,
)
from orchestrator.domain.territory import candidate_codes, parse_body_ref

PROFILE = (
    Path(__file__).parents[2] / "bpmn" / "zhenjiang" / "jurisdiction.toml"
)
RULES = parse_jurisdiction(PROFILE.read_text()).grid
LEVELS = parse_jurisdiction(PROFILE.read_text()).levels
NOW = Situation(
    area_grid={"a1": "G1", "a2": "G1", "a3": "G2"},
    area_names={"a1": "一组", "a2": "二组", "a3": "三组"},
    area_community={"a1": "C", "a2": "C", "a3": "C"},
    grid_names={"G1": "东网格", "G2": "西网格"},
    full_time={"ming"},
    settings={"C": "urban"},
)


def grid(
    name: str, *areas: str, members: tuple[str, ...] = ("ming",)
) -> PlannedGrid:
    return PlannedGrid(name, "general", areas, members)


def test_a_sound_split_has_no_objection() -> None:
    assert (
        check_plan(
            GridPlan("split", ("G1",), (grid("甲", "a1"), grid("乙", "a2"))),
            NOW,
            RULES,
        )
        == []
    )


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (GridPlan("split", ("G1",), (grid("甲", "a1"),)), "至少两个"),
        (
            GridPlan("split", ("G1",), (grid("甲", "a1"), grid("乙", "a1"))),
            "同时划入了 2 个网格",
        ),
        (
            GridPlan("split", ("G1",), (grid("甲", "a1"), grid("乙", "a1"))),
            "二组”调整后不属于任何网格",
        ),
        (
            GridPlan(
                "split", ("G1",), (grid("甲", "a1", "a3"), grid("乙", "a2"))
            ),
            "现属“西网格”",
        ),
        (
            GridPlan(
                "split", ("G1",), (grid("西网格", "a1"), grid("乙", "a2"))
            ),
            "重复",
        ),
        (
            GridPlan(
                "split",
                ("G1",),
                (grid("甲", "a1", members=()), grid("乙", "a2")),
            ),
            "专职网格员（第十六条）",
        ),
        (
            GridPlan("merge", ("G1",), (grid("甲", "a1", "a2"),)),
            "至少两个现有网格",
        ),
        (GridPlan("", (), ()), "请选择调整方式"),
    ],
)
def test_an_unsound_plan_is_told_why(plan, words) -> None:
    assert any(words in reason for reason in check_plan(plan, NOW, RULES))


def test_a_retired_code_is_never_issued_again() -> None:
    assert (
        issue_code(RULES, "321102001001", "general", []) == "3211020010011001"
    )
    assert (
        issue_code(
            RULES,
            "321102001001",
            "general",
            ["3211020010011001", "3211020010011007"],
        )
        == "3211020010011008"
    )
    assert (
        issue_code(RULES, "321102001001", "dedicated", ["3211020010011001"])
        == "3211020010012001"
    )


def test_a_body_reference_leads_to_a_territory() -> None:
    path = "321100/321102/321102001/321102001001/3211020010011001/"
    assert candidate_codes(
        parse_body_ref("grid-office@county"), path, LEVELS
    ) == ["321102"]
    assert candidate_codes(
        parse_body_ref("grid-member@grid"), path, LEVELS
    ) == ["3211020010011001"]
    assert candidate_codes(
        parse_body_ref("grid-office@same"), "321100/321102/", LEVELS
    ) == ["321102"]
    assert candidate_codes(parse_body_ref("grid-office@above"), path, LEVELS)[
        :2
    ] == [
        "321102001001",
        "321102001",
    ]
    assert candidate_codes(
        parse_body_ref("zhenjiang:justice:321181"), path, LEVELS
    ) == ["321181"]
    with pytest.raises(ValueError, match="角色@层级"):
        parse_body_ref("somebody")


def test_a_wrong_profile_is_told_line_by_line() -> None:
    text = (
        PROFILE.read_text()
        .replace('unit = "hours"', 'unit = "moons"', 1)
        .replace("timezone", "timezome")
    )
    with pytest.raises(JurisdictionInvalid) as refused:
        parse_jurisdiction(text, "jurisdiction.toml")
    told = "\n".join(refused.value.reasons)
    assert "moons" in told and "timezome" in told and "缺少“timezone”" in told
    assert all(
        "第 " in reason and " 行" in reason for reason in refused.value.reasons
    )


def test_article_numbers_are_written_as_officials_write_them() -> None:
    assert [chinese_number(n) for n in (3, 10, 13, 20, 35, 101, 110, 111)] == [
        "三",
        "十",
        "十三",
        "二十",
        "三十五",
        "一百零一",
        "一百一十",
        "一百一十一",
    ]
