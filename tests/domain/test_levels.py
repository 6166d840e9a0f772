"""Levels are the profile's own: five, or only two; frozen profiles that say nothing keep those of their
time."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.domain.jurisdiction import (
    Jurisdiction,
    JurisdictionInvalid,
    parse_jurisdiction,
)
from orchestrator.domain.levels import Levels
from orchestrator.domain.territory import candidate_codes, parse_body_ref

TEMPLATE = (
    Path(__file__).parents[2] / "bpmn" / "template" / "jurisdiction.toml"
).read_text("utf-8")
LEVELS = TEMPLATE[TEMPLATE.index("[levels]") : TEMPLATE.index("[regulation]")]
FUNCTIONS = TEMPLATE[
    TEMPLATE.index("[functions]") : TEMPLATE.index("[articles.")
]

TWO = Levels({"town": "镇", "plot": "网格"})
FIVE = Levels({"a": "甲", "b": "乙", "c": "丙", "d": "丁", "e": "戊"})


def test_two_levels_are_enough() -> None:
    assert (TWO.grid, TWO.community, TWO.divisions, TWO.offices) == (
        "plot",
        "town",
        ("town",),
        ("town",),
    )
    assert (TWO.of("1/"), TWO.of("1/2/")) == ("town", "plot")


def test_offices_stand_above_the_communities() -> None:
    assert (FIVE.grid, FIVE.community, FIVE.offices) == (
        "e",
        "d",
        ("a", "b", "c"),
    )
    assert FIVE.codes("1/2/3/") == {"a": "1", "b": "2", "c": "3"}
    assert FIVE.office_path("1/2/3/4/5/") == "1/2/3/"


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("x@same", ["3"]),
        ("x@above", ["2", "1"]),
        ("x@any", ["3", "2", "1"]),
        ("x@top", ["1"]),
        ("x@b", ["2"]),
        ("x@above-c", ["2", "1"]),
        ("x@above-a", []),
        ("x@d", []),
        ("x@770", ["770"]),
    ],
)
def test_where_a_body_may_stand(group: str, codes: list[str]) -> None:
    assert candidate_codes(parse_body_ref(group), "1/2/3/", FIVE) == codes


def profile(text: str) -> Jurisdiction:
    return parse_jurisdiction(text)


def refused(text: str) -> str:
    with pytest.raises(JurisdictionInvalid) as caught:
        parse_jurisdiction(text)
    return "\n".join(caught.value.reasons)


def test_a_profile_from_before_means_what_it_meant() -> None:
    """Deployments of earlier versions have neither table, and nobody for the functions that came later."""
    now, then = (
        profile(TEMPLATE),
        profile(TEMPLATE.replace(LEVELS, "").replace(FUNCTIONS, "")),
    )
    assert dict(then.levels.names) == dict(now.levels.names)
    assert {key: set(roles) for key, roles in then.functions.items()} == {
        key: set(roles)
        for key, roles in now.functions.items()
        if key not in ("archivist", "hotline")
    }


def test_a_function_means_roles_and_families() -> None:
    found = profile(TEMPLATE)
    assert found.roles_of("supervisor") == ("grid-office",)
    assert "police" not in found.roles_of(
        "case-department"
    ) and "public-security" in found.roles_of("case-department")
    assert found.roles_of("department") == found.roles_of("case-department")
    assert found.roles_of("civil-affairs") == ("civil-affairs",)
    assert found.roles_of("nobody") == ()
    assert found.handling_levels == ("city", "county", "township")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "[levels]\ncity",
            "[levels]\nsame",
            "“levels”的“same”不能作层级编号",
        ),
        (
            "[levels]\ncity",
            "[levels]\nVeryLongLevelName",
            "“levels”的“VeryLongLevelName”不能作层级编号",
        ),
        (LEVELS, '[levels]\ncity = "市"\n\n', "“levels”至少要有两级"),
        (
            'supervisor = ["grid-office"]',
            'supervises = ["grid-office"]',
            "“functions”的“supervises”不是已知的职能",
        ),
        (
            'supervisor = ["grid-office"]',
            'supervisor = ["office"]',
            "“office”不在可选之列",
        ),
    ],
)
def test_a_wrong_name_is_refused(old: str, new: str, told: str) -> None:
    assert told in refused(TEMPLATE.replace(old, new, 1))
