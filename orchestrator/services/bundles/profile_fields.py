"""Fields of a form that the profile completes: the bounds of a limit that an office sets, what the city calls
its priorities, and what it does not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from forms import Field, Form
from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.limits import DeadlineRule
from orchestrator.sentences import say

PRIORITY = "priority"
"""Field that asks for a case's priority; another may propose its value."""
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
            yield _with_own_priorities(field, profile)
        else:
            rule = profile.deadlines.get(field.limit_of)
            if rule is not None and rule.chosen_in == field.key:
                yield _bounded(field, rule)


def _with_own_priorities(field: Field, profile: Jurisdiction) -> Field:
    """A choice among the priorities, or some of them, has the names that the city gives them; any other field
    stays as it is."""
    values = {option.value for option in field.options}
    asks = PRIORITY in (field.key, field.proposed)
    if values != PRIORITIES.keys() and not (
        asks and values <= PRIORITIES.keys()
    ):
        return field
    names = {key: rule.name for key, rule in profile.priorities.items()}
    options = tuple(
        replace(option, label=names.get(option.value) or option.label)
        for option in field.options
    )
    return replace(field, options=options)


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
