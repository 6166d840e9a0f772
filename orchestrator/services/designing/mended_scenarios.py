"""Scenarios that follow their forms: where a draft renames a field or an option, or gives a step another
form, what the steps of its scenarios fill in is proposed in the words of the new form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

import forms
from orchestrator.engine import Definition
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle
from orchestrator.services.designing import drafts, form_words
from orchestrator.services.designing.scenario_cards import (
    ACTS,
    DATA,
    FILLED,
    START,
    resolved,
    words,
)
from orchestrator.services.designing.validation import (
    base_of,
    bundle_of,
    scenarios_of,
)
from orchestrator.services.simulation import (
    editing,
    scenario_files,
    vocabulary,
)
from orchestrator.services.simulation.editing import StepPlace
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_instances import of_others
from orchestrator.services.simulation.scenario_people import Unknown
from orchestrator.store.drafts import Draft
from orchestrator.store.writing import heavy


@dataclass(frozen=True, slots=True)
class MendedStep:
    """A step of a scenario in the words of the form that it has in the draft."""

    place: StepPlace
    line: int
    scenario: str
    step: str
    """What it does and at which task, in words."""
    changes: tuple[tuple[str, str], ...]
    """(as it stands, as it would be), in words; the second is empty for what the new form does not ask."""
    said: Mapping[str, Any]
    """All that the step would say."""


@heavy
def proposed(session: Session, draft: Draft) -> list[MendedStep]:
    """The steps that would change, in the order of the file; none for a draft with errors, and for a process
    that has no version to compare with."""
    base = base_of(session, draft)
    text = scenarios_of(session, draft)
    if base is None or not text.strip():
        return []
    before = bundles.bundle_of(session, base)
    try:
        after = bundle_of(session, draft.tenant_id, draft.id)
        file = scenario_files.parse(text, say("情景"), draft.process_key)
    except RuleViolated:
        return []
    own = {draft.process_key, before.definition.name, after.definition.name}
    results = []
    for number, scenario in enumerate(file.scenarios):
        elsewhere = of_others(scenario, own)
        for place, step in enumerate(scenario.steps):
            if place in elsewhere:
                continue
            mended = _mended(before, after, scenario, step)
            if mended is None:
                continue
            changes, said = mended
            results.append(
                MendedStep(
                    StepPlace(number, place),
                    step.line,
                    scenario.name,
                    f"{step.verb}“{words(step.subject)}”",
                    changes,
                    said,
                )
            )
    return results


def take(
    session: Session,
    draft: Draft,
    revision: int,
    by: int,
    now: datetime,
) -> int:
    """Writes all that is proposed into the draft's scenarios; returns the number of steps. Raises as
    `keep_scenarios`."""
    text = scenarios_of(session, draft)
    steps = proposed(session, draft)
    for step in steps:
        text = editing.put_step(text, draft.process_key, step.place, step.said)
    if steps:
        comment = say("情景跟随表单修改")
        drafts.keep_scenarios(
            draft.id,
            text,
            revision,
            by,
            now,
            comment,
        )
    return len(steps)


def _mended(
    before: Bundle,
    after: Bundle,
    scenario: Scenario,
    step: ScenarioStep,
) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]] | None:
    """(changes, what the step would say); None for one that stays."""
    if step.verb == DATA:
        return expected(before, after, step)
    pair = _forms(before, after, step)
    if pair is None or FILLED not in step.details:
        return None
    try:
        given, _shared = resolved(scenario.fillings, step.details[FILLED])
    except RuleViolated:
        return None
    old, new = pair
    filled, changes = form_words.translated(
        list(old.inputs()), list(new.inputs()), given
    )
    if not changes:
        return None
    said = {step.verb: step.subject, **step.details, FILLED: filled}
    if not filled:
        del said[FILLED]
    return tuple(changes), said


def expected(
    before: Bundle, after: Bundle, step: ScenarioStep
) -> tuple[tuple[tuple[str, str], ...], dict[str, Any]] | None:
    """(changes, what the step would say) of a step that says which data there must be; None for one that
    stays."""
    renamed = _variables(before, after)
    data: dict[str, Any] = {}
    for name, value in dict(step.subject).items():
        if name in renamed:
            old, new = renamed[name]
            data[new.key] = form_words.stored(old, new, value)
        else:
            data[name] = value
    if data == step.subject:
        return None
    changes = ((words(step.subject), words(data)),)
    return changes, {step.verb: data, **step.details}


def _variables(
    before: Bundle, after: Bundle
) -> dict[str, tuple[forms.Field, forms.Field]]:
    """Variable that a form of the version before set → its field, and that of the draft that takes its
    place. What other forms of the draft still set stays."""
    results: dict[str, tuple[forms.Field, forms.Field]] = {}
    for old, new in _changed_forms(before, after):
        results |= form_words.renamed_variables(
            list(old.inputs()), list(new.inputs())
        )
    asked = _forms_of(after.definition, after)
    still = {key for form in asked for key in form.field_keys}
    return {
        key: pair
        for key, pair in results.items()
        if key not in still or pair[1].key == key
    }


def _forms_of(definition: Definition, bundle: Bundle) -> list[forms.Form]:
    keys = [element.form_key for element in definition.elements.values()]
    keys.append(definition.start_form_key)
    return [bundle.forms[key] for key in keys if key and key in bundle.forms]


def _changed_forms(
    before: Bundle, after: Bundle
) -> list[tuple[forms.Form, forms.Form]]:
    was, now = before.definition, after.definition
    keys = [(was.start_form_key, now.start_form_key)]
    keys += [
        (element.form_key, now.elements[key].form_key)
        for key, element in was.elements.items()
        if key in now.elements
    ]
    pairs = [
        (before.forms.get(old or ""), after.forms.get(new or ""))
        for old, new in keys
    ]
    return [(old, new) for old, new in pairs if old and new and old != new]


def _forms(
    before: Bundle, after: Bundle, step: ScenarioStep
) -> tuple[forms.Form, forms.Form] | None:
    """The form that the step had and the one that it has now; None where it is the same."""
    if step.verb not in ACTS:
        return None
    if step.verb == START:
        keys = (
            before.definition.start_form_key,
            after.definition.start_form_key,
        )
    else:
        element = _element_id(after.definition, str(step.subject))
        if element is None or element not in before.definition.elements:
            return None
        keys = (
            before.definition.elements[element].form_key,
            after.definition.elements[element].form_key,
        )
    old = before.forms.get(keys[0] or "")
    new = after.forms.get(keys[1] or "")
    if old is None or new is None or old == new:
        return None
    return old, new


def _element_id(definition: Definition, name: str) -> str | None:
    try:
        return vocabulary.element(definition, name).id
    except Unknown:
        return None


def count_of(steps: Sequence[MendedStep]) -> int:
    """In how many scenarios the steps are."""
    return len({step.place.scenario for step in steps})
