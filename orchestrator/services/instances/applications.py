"""What a task that goes back to the applicant begins from: what he applied for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import forms
from orchestrator.engine import expressions
from orchestrator.services.bundles import Bundle

INITIATOR = "initiator_body"
"""Variable of the body that began the matter (`instances.circumstances`)."""


def applied_for(
    bundle: Bundle, element_id: str, form: forms.Form, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers of the start form that this form asks for too, at a task that is offered to whoever began
    the matter; nothing at any other. Decisions and opinions of others begin empty."""
    element = bundle.definition.elements.get(element_id)
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    if element is None or start is None or INITIATOR not in _names(element.candidate_groups or ""):
        return {}
    return {key: variables[key] for key in form.field_keys & start.field_keys & variables.keys()}


def _names(template: str) -> set[str]:
    """The variables that the expressions of a text read."""
    found: set[str] = set()
    for text in expressions.template_expressions(template):
        try:
            found |= set(expressions.names_read(text))
        except expressions.ExpressionRefused:
            continue
    return found
