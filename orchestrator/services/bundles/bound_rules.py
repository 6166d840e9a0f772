"""Rules of forms that were deployed while the name of a form's file bound one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import forms

RULES = "rules"
"""In the report of a deployment: how its forms come to their rules."""
NAMED = "named"
"""Each form names its own. A report without it is of the time when the file's name bound one."""

BY_FILE_NAME: Mapping[str, str] = {
    "item_application": "item-application",
    "item_supplement": "item-application",
    "item_exit": "item-exit",
    "item_exit_proposal": "item-exit",
    "grid_adjustment": "grid-adjustment",
    "grid_adjustment_joint": "grid-adjustment-joint",
    "extension_request": "extension",
    "case_triage": "assistance",
    "case_triage_county": "assistance",
    "case_triage_city": "assistance",
    "case_triage_county_down": "assistance",
    "case_triage_city_down": "assistance",
}
"""Name of a form's file → the rule that it bound, where the form named none itself."""


def are_bound(report: Mapping[str, Any]) -> bool:
    """Whether the forms of the deployment with this report have the rules of their files' names."""
    return report.get(RULES) != NAMED


def with_bound(loaded: Mapping[str, forms.Form]) -> dict[str, forms.Form]:
    """The forms, each that names no rule with the one of its file's name."""
    result = dict(loaded)
    for key, name in BY_FILE_NAME.items():
        form = result.get(key)
        if form is not None and not form.rule:
            result[key] = replace(form, rule=name)
    return result
