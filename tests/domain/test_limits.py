"""How long a deadline is: by day of effect, by class, and as an office set it within the bounds."""

from __future__ import annotations

import re
from datetime import date

from orchestrator.domain.jurisdiction import parse_jurisdiction
from orchestrator.domain.responsibilities import Responsibility, responsible
from tests.domain.test_jurisdiction import TEXT, told

BEFORE = date(2027, 2, 28)
AFTER = date(2027, 3, 1)
CHANGED = TEXT.replace(
    "[[deadlines.handle_case.classes]]",
    """[[deadlines.handle_case.changes]]
from_on = 2027-03-01
amount = 7
unit = "working_days"
citation = "34"

[[deadlines.handle_case.classes]]""",
    1,
)
RULE = parse_jurisdiction(CHANGED).deadlines["handle_case"]


def test_a_limit_changes_on_its_day_and_not_before() -> None:
    assert RULE.limit_on(BEFORE).amount == 5
    assert (RULE.limit_on(AFTER).amount, RULE.limit_on(AFTER).citation) == (
        7,
        "34",
    )


def test_a_class_has_its_own_limit_and_what_an_office_set_counts_first() -> (
    None
):
    complex_one = {"case_class": "complex"}
    assert RULE.limit_on(AFTER, complex_one).amount == 10
    chosen = {**complex_one, "handling_limit": "3"}
    assert RULE.limit_on(AFTER, chosen).amount == 3
    for senseless in (0, 21, "", None, "soon"):
        beyond = {**complex_one, "handling_limit": senseless}
        assert RULE.limit_on(AFTER, beyond).amount == 10


def test_what_is_wrong_with_limits_and_matrix_is_told_with_its_line() -> None:
    for old, new, reason in (
        ("from_on = 2027-03-01\n", "", "应写明从哪一天起"),
        ("at_most = 20", "at_most = 2", "应在 at_least 和 at_most 之间"),
        (
            'when = { case_class = ["simple"] }',
            "when = {}",
            "应写明哪一类",
        ),
        ('lead = "justice"', 'lead = "justise"', "“justise”不在可选之列"),
        ('class = "complex"', 'class = "hard"', "“hard”不在可选之列"),
        (
            'categories = ["矛盾化解"]',
            'categories = ["矛盾"]',
            "“矛盾”不在可选之列",
        ),
        (
            'level = "county"\nlead = "public-security"',
            'level = "county"\nlead = "police-station"',
            "“公安派出所”在县级和更高的层级都没有机构",
        ),
    ):
        assert old in CHANGED
        reasons = told(CHANGED.replace(old, new, 1))
        assert any(reason in each for each in reasons), reasons
        assert all(re.search(r"第 \d+ 行", each) for each in reasons)


def test_the_row_that_names_the_item_counts_before_its_category() -> None:
    rows = [
        Responsibility("township", "police", categories=("治安",)),
        Responsibility("township", "fire", items=("消防巡查",)),
        Responsibility("township", "office"),
        Responsibility("county", "bureau"),
    ]
    found = [
        responsible(rows, item, category, "township").lead  # type: ignore[union-attr]
        for item, category in (
            ("消防巡查", "治安"),
            ("夜巡", "治安"),
            ("绿化", "环境"),
        )
    ]
    assert found == ["fire", "police", "office"]
    assert responsible(rows, "绿化", "环境", "city") is None


def test_a_city_says_which_forms_decide_several_matters_at_once() -> None:
    rule = parse_jurisdiction(TEXT).together
    assert rule is not None
    assert (rule.forms, rule.citation) == (("approval",), "default")
    none = TEXT.replace('forms = ["approval"]', "forms = []", 1)
    rule = parse_jurisdiction(none).together
    assert rule is not None
    assert rule.forms == ()
