"""Scenarios as cards: who does what, what must be; a step is changed with the form of its own task."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.domain.jurisdiction import Article
from orchestrator.domain.jurisdiction.citations import provision
from orchestrator.engine import Definition
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import form_questions
from orchestrator.services.deployments import form_options
from orchestrator.services.designing.regulation import uncovered_in
from orchestrator.services.designing.validation import resources_of
from orchestrator.services.simulation import scenario_files, vocabulary
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.services.simulation.scenario_people import Unknown
from orchestrator.store.drafts import Draft
from orchestrator.store.territories import Territory

NAME = "名称"
GROUND = "依据"
FILLED = "填写"
BY = "由"
START = "发起"
DATA = "应有数据"
FAILS = "应出错"
FAILING = "出错"
ACTS = (START, "办理")
"""Steps that fill in a form."""
ROWS = frozenset(
    (
        *("应有待办", "应在期限", "应有数据", "应出错", "选流向"),
        *("清单应有", "清单应无", "公示应有"),
    ),
)
"""Verbs with rows of two."""
OF_LISTS = frozenset(("清单应有", "清单应无", "公示应有"))
"""Those whose right side is a list."""
LISTS = frozenset(("应有记载", "应无记载", "备案应报", "网格应有", "网格应无"))
"""Verbs with a list."""


@dataclass(frozen=True, slots=True)
class FilledForm:
    """The form of a step, with what the scenario fills in."""

    form: forms.Form
    options: Mapping[str, list[forms.Option]]
    values: Mapping[str, Any]
    named: tuple[str, ...]
    """Sets of values of the file that it uses, one over the other."""


def scenario_at(text: str, process: str, number: int) -> Scenario:
    """The scenario of that place. Raises RuleViolated."""
    scenarios = scenario_files.parse(text, say("情景"), process).scenarios
    if not 0 <= number < len(scenarios):
        raise RuleViolated(
            [say("情景已经改过，这一步不在了，请回到情景页再看")],
        )
    return scenarios[number]


def standing(scenario: Scenario, steps: int) -> str:
    """A digest of the scenario's name and of its first `steps` steps. A step is where it was shown as long as
    all up to it is the same."""
    sentences: list[Any] = [scenario.name, scenario.ground]
    sentences += [
        (step.verb, step.subject, step.details)
        for step in scenario.steps[:steps]
    ]
    written = json.dumps(sentences, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode()).hexdigest()


def uncovered(session: Session, draft: Draft) -> list[Article]:
    """The articles that steps of the procedure cite and no scenario of the jurisdiction is about."""
    resources = resources_of(session, draft)
    try:
        definition = engine.load_definition(resources, draft.process_key)
    except (KeyError, ValueError):
        return []
    cited = {
        provision(citation)
        for process in definition.processes.values()
        for element in process.elements.values()
        for citation in element.citations
    }
    return [
        article
        for article in uncovered_in(resources)
        if article.number in cited
    ]


def step_names(session: Session, draft: Draft) -> list[str]:
    """Names of the tasks and events of the draft, for steps of its scenarios."""
    definition = drawn(session, draft)
    if definition is None:
        return []
    names = [
        element.name
        for element in definition.elements.values()
        if element.name
    ]
    return list(dict.fromkeys(names))


def error_names(definition: Definition | None) -> dict[str, str]:
    """Code of a business error → what the events that catch it are called."""
    if definition is None:
        return {}
    names: dict[str, list[str]] = {}
    for element in definition.elements.values():
        for event in element.events:
            if event.kind == "error" and event.reference and element.name:
                names.setdefault(event.reference, []).append(element.name)
    return {
        code: "、".join(dict.fromkeys(called))
        for code, called in names.items()
    }


def filled_form(
    session: Session,
    draft: Draft,
    scenario: Scenario,
    said: Mapping[str, Any],
    now: datetime,
) -> FilledForm | None:
    """The form of a step that says this, as the whole jurisdiction would see it; None for a step without one.
    Raises RuleViolated for words that the form does not have."""
    verb = next(iter(said))
    definition = drawn(session, draft)
    if verb not in ACTS or definition is None:
        return None
    key = definition.start_form_key
    if verb == "办理":
        try:
            element = vocabulary.element(definition, str(said[verb]))
        except Unknown as unknown:
            raise RuleViolated([str(unknown)]) from None
        key = element.form_key
    elif said[verb] and str(said[verb]) != definition.name:
        # The scenario begins with another procedure: its words stay as they are.
        return None
    resources = resources_of(session, draft)
    profile = bundles.profile_of(resources)
    loaded = bundles.load_forms(resources)[0]
    if key not in loaded:
        return None
    form = forms.with_questions(loaded[key], form_questions.lists(profile))
    options = _options(session, draft, form, now)
    words, named = resolved(scenario.fillings, said.get(FILLED))
    try:
        values = vocabulary.fill(form, words, options)
    except Unknown as unknown:
        raise RuleViolated([str(unknown)]) from None
    return FilledForm(form, _with(form, options, values), values, named)


def refilled(
    form: FilledForm,
    scenario: Scenario,
    given: Any,
    values: Mapping[str, Any],
) -> Any:
    """What `填写` says with these values; what it says now where nothing differs. Sets of values that the
    file shares stay shared, with what differs beside them."""
    then = vocabulary.in_words(form.form, form.values, form.options)
    now = vocabulary.in_words(form.form, values, form.options)
    if then == now:
        return given
    if not form.named or then.keys() - now.keys():
        return now or None
    shared: dict[str, Any] = {}
    for name in form.named:
        shared |= scenario.fillings[name]
    old = vocabulary.fill(form.form, shared, form.options)
    details = vocabulary.in_words(form.form, old, form.options)
    apart = {key: now[key] for key in now if details.get(key) != now[key]}
    if not apart:
        return _one(list(form.named))
    return [*form.named, apart]


def resolved(
    fillings: Mapping[str, Mapping[str, Any]],
    given: Any,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """All that `填写` says, and the names of the shared sets in it. Raises RuleViolated for an unknown
    name."""
    listed = given if isinstance(given, list) else [given]
    words: dict[str, Any] = {}
    named: list[str] = []
    for value in listed:
        if isinstance(value, Mapping):
            words |= value
        elif value is not None:
            if str(value) not in fillings:
                raise RuleViolated(
                    [say("文件的“填写”里没有“{each}”", each=value)],
                )
            words |= fillings[str(value)]
            named.append(str(value))
    return words, tuple(named)


def _one(names: list[str]) -> Any:
    if len(names) == 1:
        return names[0]
    return names


def drawn(session: Session, draft: Draft) -> Definition | None:
    """What the draft draws; None for a diagram that cannot be read."""
    try:
        return engine.load_definition(
            resources_of(session, draft),
            draft.process_key,
        )
    except (KeyError, ValueError):
        return None


def _options(
    session: Session,
    draft: Draft,
    form: forms.Form,
    now: datetime,
) -> dict[str, list[forms.Option]]:
    definition_id = draft.base_definition_id
    if definition_id is None:
        return {}
    roots = sa.select(Territory.path).where(
        Territory.tenant_id == draft.tenant_id,
        Territory.parent_code.is_(None),
    )
    path = session.scalar(roots.limit(1)) or "/"
    options = form_options.for_form(
        session,
        bundles.bundle_of(session, definition_id),
        form,
        form_options.Setting(path, 0, now),
    )
    return {key: list(options) for key, options in options.items()}


def _with(
    form: forms.Form,
    options: Mapping[str, list[forms.Option]],
    values: Mapping[str, Any],
) -> dict[str, list[forms.Option]]:
    """The choices, with what the scenario chooses and the register does not have now."""
    result = {key: list(value) for key, value in options.items()}
    for field in form.inputs():
        if not field.options_source or field.key not in values:
            continue
        listed = result.setdefault(field.options_source, [])
        chosen = values[field.key]
        known = {option.value for option in listed}
        for value in chosen if isinstance(chosen, list) else [chosen]:
            if value and str(value) not in known:
                listed.append(forms.Option(str(value), str(value)))
    return result


def words(value: Any) -> str:
    """The value as a line of text."""
    if value is None:
        return ""
    if value == []:
        return say("没有")
    if isinstance(value, list):
        return "；".join(words(entry) for entry in value)
    if isinstance(value, Mapping):
        return "，".join(
            f"{key}：{words(entry)}" for key, entry in value.items()
        )
    if isinstance(value, bool):
        return say("是") if value else say("否")
    return str(value)
