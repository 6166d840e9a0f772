"""Grid plans: what each kind of change asks for, which codes survive, and that no area is ever lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.domain.grid_codes import issue_code
from orchestrator.domain.grids import (
    GridPlan,
    PlannedGrid,
    Situation,
    check_plan,
    donors,
    keep_codes,
    plan_from_form,
    subject,
    successor,
)
from orchestrator.domain.jurisdiction import (
    CodeSegment,
    GridRules,
    parse_jurisdiction,
)

RULES = parse_jurisdiction(
    (
        Path(__file__).parents[2] / "bpmn" / "zhenjiang" / "jurisdiction.toml"
    ).read_text()
).grid
NORM = GridRules(
    RULES.kinds,
    RULES.code,
    RULES.kind_codes,
    RULES.staffing,
    "8",
    300,
    500,
    "8",
)
NOW = Situation(
    area_grid={
        "a1": "A",
        "a2": "A",
        "a3": "A",
        "b1": "B",
        "b2": "B",
        "c1": "C",
        "v1": "V",
    },
    area_names={
        "a1": "一组",
        "a2": "二组",
        "a3": "三组",
        "b1": "四组",
        "b2": "五组",
        "c1": "园区",
        "v1": "村一组",
    },
    area_community={
        "a1": "S",
        "a2": "S",
        "a3": "S",
        "b1": "S",
        "b2": "S",
        "c1": "S",
        "v1": "N",
    },
    grid_names={"A": "东网格", "B": "西网格", "C": "园区网格", "V": "村网格"},
    full_time={"ming"},
    settings={"S": "urban", "N": "rural"},
    area_households={
        "a1": 200,
        "a2": 150,
        "a3": 100,
        "b1": 250,
        "b2": 200,
        "c1": 50,
        "v1": 90,
    },
    grid_kinds={
        "A": "general",
        "B": "general",
        "C": "dedicated",
        "V": "general",
    },
)


def grid(name, *areas, kind="general", members=("ming",), size_reason=""):
    return PlannedGrid(name, kind, areas, members, size_reason)


REASONS = [
    # kind, sources, grids afterwards, what the applicant reads
    (
        "split",
        ("A",),
        (grid("甲", "a1"), grid("乙", "a2")),
        "“三组”调整后不属于任何网格",
    ),
    (
        "split",
        ("A",),
        (grid("甲", "a1", "a2"), grid("乙")),
        "“乙”没有包含任何片区",
    ),
    ("split", ("A",), (grid("", "a1"), grid("乙", "a2", "a3")), "写上名称"),
    (
        "split",
        ("A",),
        (grid("甲", "a1"), grid("甲", "a2", "a3")),
        "名称“甲”重复",
    ),
    (
        "split",
        ("A",),
        (grid("甲", "a1"), grid("园区网格", "a2", "a3")),
        "名称“园区网格”重复",
    ),
    (
        "split",
        ("A",),
        (grid("甲", "a1"), grid("乙", "a2", "a3", "z9")),
        "片区“z9”不存在",
    ),
    (
        "split",
        ("A",),
        (grid("甲", "a1", kind="mobile"), grid("乙", "a2", "a3")),
        "类别应为综合网格、专属网格之一",
    ),
    (
        "split",
        ("A",),
        (grid("甲", "a1", members=("hua",)), grid("乙", "a2", "a3")),
        "专职网格员（第十六条）",
    ),
    (
        "merge",
        ("A", "B"),
        (grid("甲", "a1", "a2", "a3", "b1", "b2"), grid("乙", "c1")),
        "一个调整后的网格",
    ),
    (
        "merge",
        ("A", "V"),
        (grid("甲", "a1", "a2", "a3", "v1"),),
        "跨了 2 个村（社区）",
    ),
    ("boundary", ("A",), (grid("东网格", "a1", "a2", "a3"),), "同样数目"),
    (
        "rename",
        ("A",),
        (grid("甲", "a1", "a2"),),
        "“三组”调整后不属于任何网格",
    ),
    ("rename", ("X",), (grid("甲", "a1"),), "网格“X”已停用"),
    (
        "dissolve",
        ("A", "B"),
        (grid("甲", "a1"), grid("乙", "b1")),
        "接收其片区",
    ),
    ("recode", ("A",), (), "要换码的网格"),
    (
        "create",
        (),
        (grid("新", "c1", kind="dedicated"),),
        "“园区网格”的片区全部划出",
    ),
    ("create", (), (grid("新", "a1", "v1"),), "跨了 2 个村（社区）"),
    (
        "rename",
        ("V",),
        (grid("村", "v1", members=()),),
        "至少要配备一名网格员（第十六条）",
    ),
]


def test_a_kind_of_grid_rests_on_an_article_of_its_own() -> None:
    rules = replace(RULES, staffing_citations={"rural": "19"})
    plan = GridPlan("rename", ("V",), (grid("村", "v1", members=()),))
    told = check_plan(plan, NOW, rules)
    assert any("至少要配备一名网格员（第十九条）" in line for line in told)


@pytest.mark.parametrize(("kind", "sources", "after", "words"), REASONS)
def test_an_unsound_plan_is_told_why(kind, sources, after, words) -> None:
    reasons = check_plan(GridPlan(kind, sources, after), NOW, RULES)
    assert any(words in reason for reason in reasons), reasons


SOUND = [
    ("split", ("A",), (grid("甲", "a1"), grid("乙", "a2", "a3"))),
    ("merge", ("A", "B"), (grid("甲", "a1", "a2", "a3", "b1", "b2"),)),
    (
        "boundary",
        ("A", "B"),
        (grid("东网格", "a1", "a2"), grid("西网格", "a3", "b1", "b2")),
    ),
    ("rename", ("A",), (grid("甲", "a1", "a2", "a3"),)),
    ("dissolve", ("A", "B"), (grid("西网格", "a1", "a2", "a3", "b1", "b2"),)),
    ("recode", ("A",), (grid("东网格", "a1", "a2", "a3"),)),
    ("create", (), (grid("新", "a1"),)),
    ("rename", ("C",), (grid("新园区", "c1", kind="dedicated", members=()),)),
    ("rename", ("V",), (grid("村东", "v1", members=("hua",)),)),
]


@pytest.mark.parametrize(("kind", "sources", "after"), SOUND)
def test_a_sound_plan_of_each_kind_has_no_objection(
    kind, sources, after
) -> None:
    assert check_plan(GridPlan(kind, sources, after), NOW, RULES) == []


@pytest.mark.parametrize(
    ("people", "right"),
    [(899, False), (900, True), (1100, True), (1101, False), (None, False)],
)
def test_a_norm_of_households_or_people_is_met_by_either(
    people: int | None, right: bool
) -> None:
    rules = replace(NORM, min_people=900, max_people=1100)
    values = {
        "kind": "split",
        "source_grids": ["A"],
        "after": [
            {
                "name": "甲",
                "areas": ["a1"],
                "members": ["li"],
                "people": people,
            },
            {
                "name": "乙",
                "areas": ["a2", "a3"],
                "members": ["li"],
                "size_reason": "商住混合",
            },
        ],
    }
    reasons = check_plan(plan_from_form(values, rules), NOW, rules)
    asked = [reason for reason in reasons if "规模标准" in reason]
    assert (asked == []) == right
    if not right:
        assert asked[0].endswith(
            "请写明理由；常住人口在 900 至 1100 人之间的，填写人数即可"
        )


def test_outside_the_size_norm_a_reason_is_required_and_suffices() -> None:
    halves = (grid("甲", "a1"), grid("乙", "a2", "a3", size_reason="商住混合"))
    (reason,) = check_plan(GridPlan("split", ("A",), halves), NOW, NORM)
    assert reason == "“甲”有 200 户，规模标准为 300 至 500 户，请写明理由"
    (big,) = check_plan(
        GridPlan(
            "merge", ("A", "B"), (grid("甲", "a1", "a2", "a3", "b1", "b2"),)
        ),
        NOW,
        NORM,
    )
    assert "900 户" in big
    explained = (
        grid("甲", "a1", size_reason="铁路隔开"),
        grid("乙", "a2", "a3", size_reason="商住混合"),
    )
    assert check_plan(GridPlan("split", ("A",), explained), NOW, NORM) == []
    assert (
        check_plan(
            GridPlan("rename", ("C",), (grid("新", "c1", kind="dedicated"),)),
            NOW,
            NORM,
        )
        == []
    )


CODES = [
    ("split", ("A",), SOUND[0][2], (None, None)),
    ("merge", ("A", "B"), SOUND[1][2], (None,)),
    ("recode", ("A",), SOUND[5][2], (None,)),
    ("rename", ("A",), SOUND[3][2], ("A",)),
    (
        "rename",
        ("A",),
        (grid("甲", "a1", "a2", "a3", kind="dedicated"),),
        (None,),
    ),
    # the grid that keeps its name keeps its code, even when it took more from the other
    ("dissolve", ("A", "B"), SOUND[4][2], ("B",)),
    (
        "boundary",
        ("A", "B"),
        (grid("西网格", "a3", "b1", "b2"), grid("东网格", "a1", "a2")),
        ("B", "A"),
    ),
    # both new grids come mostly from A: only one may keep its code
    (
        "boundary",
        ("A", "B"),
        (grid("北", "a1", "a2"), grid("南", "a3", "b1", "b2")),
        ("A", "B"),
    ),
    # the one with more households from it does
    (
        "boundary",
        ("A", "C"),
        (grid("北", "a1"), grid("南", "a2", "a3", "c1")),
        (None, "A"),
    ),
    (
        "create",
        ("A",),
        (grid("东网格", "a1", "a2"), grid("新", "a3")),
        ("A", None),
    ),
]


@pytest.mark.parametrize(("kind", "sources", "after", "codes"), CODES)
def test_a_code_stays_with_the_grid_that_went_on(
    kind, sources, after, codes
) -> None:
    assert keep_codes(GridPlan(kind, sources, after), NOW) == codes


def test_a_retired_grids_successor_took_most_of_its_households() -> None:
    plan = GridPlan(
        "split", ("A",), (grid("甲", "a3"), grid("乙", "a1", "a2"))
    )
    assert successor("A", plan, NOW) == 1
    assert successor("B", plan, NOW) is None


def test_a_new_grids_donors_are_told() -> None:
    assert donors(GridPlan("create", (), (grid("新", "a1", "b1"),)), NOW) == [
        "A",
        "B",
    ]


def test_the_form_may_leave_things_out() -> None:
    plan = plan_from_form(
        {
            "kind": "split",
            "source_grids": ["A", "A"],
            "after": [{"name": " 甲 ", "areas": ["a1"]}, {}],
        },
        RULES,
    )
    assert plan == GridPlan(
        "split", ("A",), (PlannedGrid("甲", "general", ("a1",), ()),)
    )
    assert plan_from_form({}, RULES) == GridPlan("", (), ())
    common = plan_from_form(
        {
            "kind": "split",
            "size_reason": "山区",
            "after": [{"name": "甲", "areas": ["a1"]}],
        },
        RULES,
    )
    assert common.after[0].size_reason == "山区"


def test_an_adjustment_is_called_by_its_grids() -> None:
    assert (
        subject(GridPlan("merge", ("A", "B"), ()), NOW.grid_names)
        == "东网格、西网格合并"
    )
    assert (
        subject(GridPlan("create", (), (grid("新苑", "a1"),)), NOW.grid_names)
        == "新苑新设"
    )


def test_the_scheme_of_codes_is_the_profiles_own() -> None:
    long = (
        CodeSegment("administrative", 12),
        CodeSegment("kind", 2),
        CodeSegment("serial", 5),
    )
    rules = GridRules(
        RULES.kinds,
        long,
        {"general": "1", "dedicated": "2"},
        RULES.staffing,
        "default",
    )
    assert (
        issue_code(rules, "370202001001", "general", [])
        == "3702020010010100001"
    )


def test_a_community_whose_codes_are_used_up_is_told() -> None:
    with pytest.raises(ValueError, match="编码已用完"):
        issue_code(RULES, "321102001001", "general", ["3211020010011999"])


AREAS = sorted(NOW.area_grid)
PLANS = st.builds(
    GridPlan,
    st.sampled_from(
        [
            "create",
            "split",
            "merge",
            "boundary",
            "rename",
            "dissolve",
            "recode",
        ]
    ),
    st.lists(st.sampled_from("ABCV"), unique=True, max_size=3).map(tuple),
    st.lists(
        st.builds(
            grid,
            st.sampled_from(["东网格", "西网格", "甲", "乙"]),
            kind=st.sampled_from(["general", "dedicated"]),
        ).flatmap(
            lambda each: st.lists(
                st.sampled_from(AREAS), unique=True, max_size=5
            ).map(
                lambda areas: PlannedGrid(
                    each.name, each.kind, tuple(areas), each.members
                )
            )
        ),
        max_size=4,
    ).map(tuple),
)


@given(PLANS)
def test_whatever_the_plan_a_code_is_kept_by_one_grid_at_most(plan) -> None:
    kept = [code for code in keep_codes(plan, NOW) if code]
    assert len(kept) == len(set(kept)) and set(kept) <= set(plan.sources)


@given(PLANS)
def test_a_plan_without_objection_leaves_every_area_in_exactly_one_living_grid(
    plan,
) -> None:
    if check_plan(plan, NOW, RULES):
        return
    codes = [
        kept or f"new{number}"
        for number, kept in enumerate(keep_codes(plan, NOW))
    ]
    home = dict(NOW.area_grid) | {
        area: code
        for code, each in zip(codes, plan.after, strict=True)
        for area in each.areas
    }
    living = (set(NOW.grid_names) - set(plan.sources)) | set(codes)
    assert set(home.values()) == living
    assert all(
        successor(code, plan, NOW) is not None
        for code in set(plan.sources) - set(codes)
    )
