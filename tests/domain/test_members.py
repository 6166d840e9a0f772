"""Ages, conditions of a post, vacancies of a grid."""

from __future__ import annotations

from datetime import date

import pytest

from orchestrator.domain.members import (
    MET,
    UNKNOWN,
    UNMET,
    MemberCondition,
    MemberFacts,
    MemberRules,
    PostRule,
    age,
    findings,
    norms,
    post_of,
    vacancies,
)

RULES = MemberRules(
    educations={"junior": "初中", "senior": "高中", "college": "大专"},
    posts=(
        PostRule(
            "full",
            "专职",
            "member",
            "full_time",
            {"urban": 1, "park": 0},
            "16",
        ),
        PostRule("any", "网格员", "member", "", {"rural": 2}, "16"),
    ),
    conditions=(
        MemberCondition("adult", "年满十八周岁", "12", at_least_age=18),
        MemberCondition(
            "young", "四十周岁以下", "11", posts=("full",), at_most_age=40
        ),
        MemberCondition("school", "高中以上", "11", schooling="senior"),
        MemberCondition("conduct", "品行端正", "12"),
    ),
    educated="senior",
)


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 3, 1), date(2026, 3, 1), 17),
        (date(2008, 3, 1), date(2026, 3, 2), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_a_year_is_full_on_the_day_after_the_birthday(
    born: date, on: date, years: int
) -> None:
    assert age(born, on) == years


def test_what_the_file_does_not_say_is_unknown_and_never_met() -> None:
    nothing = MemberFacts(None, "", {}, ("full",))
    assert {
        state for _each, state in findings(RULES, nothing, date(2026, 1, 1))
    } == {UNKNOWN}


def test_each_condition_is_told_by_itself_and_only_of_its_posts() -> None:
    facts = MemberFacts(
        date(1980, 1, 1), "junior", {"conduct": "证明"}, ("full",)
    )
    told = {
        each.key: state
        for each, state in findings(RULES, facts, date(2026, 1, 1))
    }
    assert told == {
        "adult": MET,
        "young": UNMET,
        "school": UNMET,
        "conduct": MET,
    }
    other = MemberFacts(date(1980, 1, 1), "college", {}, ("any",))
    told = {
        each.key: state
        for each, state in findings(RULES, other, date(2026, 1, 1))
    }
    assert told == {"adult": MET, "school": MET, "conduct": UNKNOWN}


def test_a_grid_lacks_what_its_kind_or_setting_asks_for() -> None:
    full, part = ("member", "full_time"), ("member", "part_time")
    assert vacancies(RULES, "general", "urban", {part: 3}) == {"full": 1}
    assert vacancies(RULES, "general", "urban", {full: 1}) == {}
    assert vacancies(RULES, "general", "rural", {full: 1}) == {"any": 1}
    assert vacancies(RULES, "park", "urban", {}) == {}


def test_somebody_has_the_first_post_that_fits_his_grid() -> None:
    posts = (
        PostRule(
            "full", "专职", "member", "full_time", {}, "16", ("general",)
        ),
        PostRule("park", "专属", "member", "", {}, "13", ("park",)),
    )
    rules = MemberRules(posts=posts)
    assert post_of(rules, "member", "full_time", "general") is posts[0]
    assert post_of(rules, "member", "full_time", "park") is posts[1]
    assert post_of(rules, "member", "part_time", "general") is None


def test_norms_leave_out_what_is_not_known() -> None:
    people = [
        (date(1996, 1, 1), "senior"),
        (None, "junior"),
        (date(1986, 1, 1), ""),
    ]
    assert norms(RULES, people, date(2026, 6, 1)) == (35.0, 50.0)
    assert norms(RULES, [], date(2026, 6, 1)) == (None, None)
