"""Fields of a form that the profile completes: the bounds of a limit that an office sets, and what the city
does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forms import Field, Form
from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.limits import DeadlineRule
from orchestrator.sentences import say

CLASSES = "case_classes"
"""Source of options that a city without classes of cases has not."""


def fitted(key: str, form: Form, profile: Jurisdiction) -> Form:
    """The form of that key with the profile's bounds at each limit that an office sets. A limit that nobody
    may set in this city, and a choice of classes where it has none, are left out; it serves several tasks at
    once only where the city allows it."""
    together = form.batch
    if profile.together is not None:
        together = form.batch and key in profile.together.forms
    fields = tuple(_fitted(form.fields, profile))
    return replace(form, fields=fields, batch=together)


def _fitted(fields: Sequence[Field], profile: Jurisdiction) -> Iterator[Field]:
    for field in fields:
        if field.options_source == CLASSES and not profile.case_classes:
            continue
        if field.type == "group" and field.components:
            inner = tuple(_fitted(field.components, profile))
            yield replace(field, components=inner)
        elif not field.limit_of:
            yield field
        else:
            rule = profile.deadlines.get(field.limit_of)
            if rule is not None and rule.chosen_in == field.key:
                yield _bounded(field, rule)


def _bounded(field: Field, rule: DeadlineRule) -> Field:
    sentence = say(
        "可填 {at_least} 至 {at_most} {units}，不填的按规定的时限",
        at_least=rule.at_least,
        at_most=rule.at_most,
        units=UNITS[rule.unit],
    )
    return replace(
        field,
        minimum=rule.at_least,
        maximum=rule.at_most,
        decimals=0,
        description=field.description or sentence,
    )
