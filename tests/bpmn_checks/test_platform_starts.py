"""What the platform sets when it begins a process is known to the checks: no city is told of a variable that
it has."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from orchestrator.services import deployments
from orchestrator.services.deployments.profile_checks import platform_starts
from orchestrator.services.jurisdictions import resources

ROOT = Path(__file__).parents[2]
CITIES = sorted(
    each.parent for each in (ROOT / "bpmn").glob("*/jurisdiction.toml")
)
SETTING = {
    "series.monthly_bulletin": ("assessment/recurring_work.py",),
    "series.item_review": (
        "assessment/recurring_work.py",
        "assessment/item_reviews.py",
    ),
    "series.archive_disposal": (
        "assessment/expired_dossiers.py",
        "archives/disposal_lists.py",
    ),
    "assessment.appeal": ("assessment/appeals.py",),
    "pay.sheet": ("people/pay_procedure.py",),
}
"""Message → the files that say what is set when it begins a process."""


@pytest.mark.parametrize("city", CITIES, ids=lambda each: each.name)
def test_no_city_is_told_of_anything(city: Path) -> None:
    found = deployments.findings(resources(city))
    assert [str(each.message) for each in found] == []


@pytest.mark.parametrize("message", SETTING)
def test_what_is_known_is_what_is_set(message: str) -> None:
    written = set[str]()
    for file in SETTING[message]:
        path = ROOT / "orchestrator/services" / file
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Dict):
                written |= {
                    key.value
                    for key in node.keys
                    if isinstance(key, ast.Constant)
                }
    assert platform_starts.given(message).keys() <= written


def test_an_unknown_message_gives_nothing() -> None:
    assert platform_starts.given("合同已经登记") == {}
