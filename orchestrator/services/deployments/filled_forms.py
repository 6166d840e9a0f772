"""What somebody filled into a form of a deployment, read against its fields and choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

import forms
from orchestrator.errors import FormInvalid
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options


@dataclass(frozen=True, slots=True)
class FormFilledIn:
    """What was filled in, once it is found right."""

    values: Mapping[str, Any]
    derived: Mapping[str, Any]
    """What follows from the values."""
    read_then: Mapping[str, Any]
    """What the history keeps beside them: how choices from the registers read at this moment."""


def validated(
    session: Session,
    bundle: Bundle,
    form: forms.Form | None,
    data: Mapping[str, Any],
    setting: form_options.Setting,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values, and what the history keeps beside them: how choices from the registers read at this
    moment. Nothing without a form. Raises FormInvalid with every field's reason."""
    if form is None:
        return {}, {}
    options = form_options.for_form(session, bundle, form, setting)
    try:
        values = forms.validate(form, data, options)
    except forms.Invalid as invalid:
        raise FormInvalid(invalid.errors) from invalid
    chosen = forms.chosen(form, values, options)
    return values, {"chosen": chosen} if chosen else {}
