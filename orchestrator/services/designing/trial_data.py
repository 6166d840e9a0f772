"""The variables of a trial as a designer reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import forms
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments.profile_checks.variables import (
    LEVELS,
    Variables,
)

_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Datum:
    """One variable."""

    label: str
    name: str
    """As conditions call it."""
    value: str
    """As a person reads it."""


def read(
    bundle: Bundle,
    variables: Mapping[str, Any],
    options_of: Callable[[forms.Form], forms.Options],
    body_name: Callable[[str], str],
) -> list[Datum]:
    """The variables in their order, with the labels of the forms and steps that set them."""
    definition = bundle.definition
    known = Variables([definition], bundle.forms).known[definition.key]
    as_filled = {
        **_in_the_profile(bundle, variables),
        **dict(_as_filled(bundle, variables, options_of)),
    }
    return [
        Datum(
            known.get(name, name),
            name,
            as_filled.get(name) or _in_words(value, body_name),
        )
        for name, value in variables.items()
    ]


def _in_the_profile(
    bundle: Bundle, variables: Mapping[str, Any]
) -> dict[str, str]:
    """Name → value of roles and levels, which the profile names."""
    profile = bundle.jurisdiction
    roles = {key: role.name for key, role in profile.roles.items()}
    named = {"initiator_role": roles} | dict.fromkeys(
        LEVELS, profile.levels.names
    )
    written = {
        name: value
        for name, value in variables.items()
        if name in named and isinstance(value, str)
    }
    return {
        name: named[name][value]
        for name, value in written.items()
        if value in named[name]
    }


def _as_filled(
    bundle: Bundle,
    variables: Mapping[str, Any],
    options_of: Callable[[forms.Form], forms.Options],
) -> Iterator[tuple[str, str]]:
    """(name, value) of what a form's field sets: the form's options tell how a choice is called."""
    for form in bundle.forms.values():
        fields = [field for field in form.inputs() if field.key in variables]
        if not fields:
            continue
        options = options_of(form)
        for field in fields:
            alone = replace(form, fields=(replace(field, hidden_when=None),))
            lines = forms.summarise(
                alone, variables, options, sight=forms.EVERYTHING
            )
            yield from ((field.key, text) for _label, text in lines)


def _in_words(value: Any, body_name: Callable[[str], str]) -> str:
    if value in _NOTHING:
        return say("（空）")
    if value is True:
        return say("是")
    if value is False:
        return say("否")
    if isinstance(value, str):
        return body_name(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return joined("、", map(body_name, value))
    return json.dumps(value, ensure_ascii=False, default=str)
