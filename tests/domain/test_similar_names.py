"""What is like a new item's name, and what a comparison may cost."""

from __future__ import annotations

from orchestrator.domain.similar_names import (
    LONGEST,
    MOST,
    MOST_NAMES,
    similar,
)

LISTED = [
    ("1", "电动自行车违规充电劝导"),
    ("2", "电动自行车充电安全巡查"),
    ("3", "独居老人每周探访"),
    ("4", "出租房屋安全隐患巡查"),
    ("5", "民生公共服务协助"),
]


def test_names_that_mean_the_same_are_found_the_most_alike_first() -> None:
    found = similar("电动自行车 充电安全巡查检查", LISTED)
    assert [each.key for each in found] == ["2", "1"]
    assert found[0].share > found[1].share >= 0.5
    assert [each.key for each in similar("独居老人探访", LISTED)] == ["3"]


def test_width_case_and_punctuation_do_not_hide_a_name() -> None:
    (found,) = similar("独居老人·每周（探访）", LISTED)
    assert (found.key, found.share) == ("3", 1.0)


def test_what_is_not_alike_is_not_told() -> None:
    assert similar("企业用地审批", LISTED) == []
    assert similar("", LISTED) == []
    assert similar("。", LISTED) == []


def test_a_comparison_is_bounded_in_names_in_letters_and_in_what_it_tells() -> (
    None
):
    given = [
        (str(number), f"夜间巡查{number}") for number in range(MOST_NAMES)
    ]
    assert (
        similar("独居老人每周探访", [*given, ("last", "独居老人每周探访")])
        == []
    )
    assert len(similar("夜间巡查", given)) == MOST
    long = "巡" * LONGEST
    assert (
        similar(long + "甲" * 100_000, [("1", long + "乙" * 100_000)])[0].share
        == 1.0
    )
