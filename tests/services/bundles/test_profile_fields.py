"""A form has the city's own names of its priorities, also where it offers some of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forms import Form
from forms.definition import Field, Option
from orchestrator.domain.reminders import PriorityRule
from orchestrator.services.bundles.profile_fields import fitted
from orchestrator.services.jurisdictions import read

TEMPLATE = Path(__file__).parents[3] / "bpmn" / "template"
USUAL = {"normal": "一般", "urgent": "紧急", "major": "重大"}


@pytest.mark.parametrize(
    ("key", "proposed", "offered", "told"),
    [
        ("how_urgent", "", "normal urgent major", ["一般", "紧急", "一级"]),
        ("priority", "", "normal major", ["一般", "一级"]),
        ("confirmed", "priority", "urgent major", ["紧急", "一级"]),
        # What is no choice of a case's priority keeps its words.
        ("repair", "", "normal major", ["一般", "重大"]),
        ("priority", "", "normal major never", ["一般", "重大", "never"]),
    ],
)
def test_a_choice_of_priorities_has_the_citys_names(
    key: str, proposed: str, offered: str, told: list[str]
) -> None:
    profile = replace(
        read(TEMPLATE).profile, priorities={"major": PriorityRule(name="一级")}
    )
    options = tuple(
        Option(value, USUAL.get(value, value)) for value in offered.split()
    )
    field = Field("select", key, options=options, proposed=proposed)
    (shown,) = fitted("x", Form("x", (field,)), profile).fields
    assert [option.label for option in shown.options] == told
