"""The cards of a scenario file: what each says, and what is wrong with it at the step where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.designing.scenario_cards import (
    BY,
    FAILING,
    FAILS,
    FILLED,
    resolved,
    standing,
    words,
)
from orchestrator.services.designing.scenario_days import ScenarioDays
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)


@dataclass(frozen=True, slots=True)
class ShownStep:
    place: int
    line: int
    verb: str
    subject: str
    by: str
    told: Sequence[tuple[str, str]]
    """(name, words) of what is filled in or must be."""
    expects: bool
    """Whether it says what must be."""
    wrong: Sequence[str]
    """What is wrong with it."""


@dataclass(frozen=True, slots=True)
class ScenarioCard:
    place: int
    line: int
    name: str
    ground: str
    memory_only: str
    steps: Sequence[ShownStep]
    standing: str
    """What `standing` tells of the whole scenario."""
    wrong: Sequence[tuple[int, str]]
    """(line, sentence) of what is wrong with it and belongs to no step that could be read."""
    begins: str
    """When it begins, in words; empty where it does not say so."""


@dataclass(frozen=True, slots=True)
class Cards:
    """A file as far as it can be read."""

    cards: Sequence[ScenarioCard]
    elsewhere: Sequence[tuple[int | None, str]]
    """(line, sentence) of wrong lines that belong to no card; no line where the whole file is meant."""
    whole: bool
    """Whether every line could be read: only then a step stands at the place that its card says."""

    @property
    def wrong(self) -> Sequence[tuple[ScenarioCard, ShownStep]]:
        """The steps with which something is wrong."""
        return [
            (card, step)
            for card in self.cards
            for step in card.steps
            if step.wrong
        ]


def cards(
    text: str,
    process: str,
    wrong: Mapping[int, Sequence[str]] | None = None,
    days: ScenarioDays | None = None,
    errors: Mapping[str, str] | None = None,
) -> Cards:
    """A card for each scenario of the file that can be read, with each wrong line at its step; none for an
    empty file. `wrong`: line → what else is wrong there; `days` tells the days in it in words, `errors` the
    business errors by their codes."""
    if not text.strip():
        return Cards((), (), True)
    file, reasons = scenario_files.legible(text, process)
    scenarios = file.scenarios if file else ()
    at_steps: dict[int, list[str]] = {
        line: list(sentences) for line, sentences in (wrong or {}).items()
    }
    steps = {step.line for one in scenarios for step in one.steps}
    loose: list[tuple[int | None, str]] = []
    for reason in reasons:
        line = scenario_files.line_of(reason)
        if line in steps:
            at_steps.setdefault(line, []).append(reason)
        else:
            loose.append((line, reason))
    loose += [
        (line, sentence)
        for line in sorted(at_steps.keys() - steps)
        for sentence in at_steps[line]
    ]
    shown = [
        _card(
            place,
            scenario,
            at_steps,
            [
                (line, sentence)
                for line, sentence in loose
                if line and scenario_of(scenarios, line) is scenario
            ],
            days,
            errors or {},
        )
        for place, scenario in enumerate(scenarios)
    ]
    elsewhere = [
        (line, sentence)
        for line, sentence in loose
        if not line or scenario_of(scenarios, line) is None
    ]
    return Cards(shown, elsewhere, not reasons)


def scenario_of(
    scenarios: Sequence[Scenario],
    line: int,
) -> Scenario | None:
    """The scenario in which the line stands; None for a line before the first."""
    return max(
        (scenario for scenario in scenarios if scenario.line <= line),
        key=lambda scenario: scenario.line,
        default=None,
    )


def _card(
    place: int,
    scenario: Scenario,
    wrong: Mapping[int, Sequence[str]],
    loose: Sequence[tuple[int, str]],
    days: ScenarioDays | None,
    errors: Mapping[str, str],
) -> ScenarioCard:
    steps = [
        _shown(
            number,
            _in_words(step, errors),
            scenario,
            wrong.get(step.line, ()),
            days,
        )
        for number, step in enumerate(scenario.steps)
    ]
    return ScenarioCard(
        place,
        scenario.line,
        scenario.name,
        scenario.ground,
        scenario.memory_only,
        steps,
        standing(scenario, len(steps)),
        loose,
        days.beginning(scenario) if days else "",
    )


def _shown(
    place: int,
    step: ScenarioStep,
    scenario: Scenario,
    wrong: Sequence[str],
    days: ScenarioDays | None,
) -> ShownStep:
    subject = step.subject
    dated = days.told(scenario, step) if days else {}
    sentences: list[tuple[str, str]] = []
    if isinstance(subject, Mapping):
        sentences = [
            (str(key), _dated(words(value), dated.get(str(value))))
            for key, value in subject.items()
        ]
        subject = ""
    for key, value in step.details.items():
        if key == FILLED:
            try:
                filled, _named = resolved(scenario.fillings, value)
            except RuleViolated:
                filled = {FILLED: value}
            sentences += [
                (str(name), words(value)) for name, value in filled.items()
            ]
        elif key != BY:
            sentences.append((key, words(value)))
    return ShownStep(
        place,
        step.line,
        step.verb,
        _dated(words(subject), dated.get(str(step.subject))),
        words(step.details.get(BY)),
        sentences,
        "应" in step.verb,
        list(dict.fromkeys(wrong)),
    )


def _in_words(
    step: ScenarioStep,
    errors: Mapping[str, str],
) -> ScenarioStep:
    """The step with the names of the business errors that it expects, in place of their codes."""
    if step.verb == FAILS and isinstance(step.subject, Mapping):
        return replace(step, subject=_named(step.subject, errors))
    failing = step.details.get(FAILING)
    if isinstance(failing, Mapping):
        named = {FAILING: _named(failing, errors)}
        return replace(step, details={**step.details, **named})
    return step


def _named(
    expected: Mapping[Any, Any],
    errors: Mapping[str, str],
) -> dict[Any, Any]:
    return {
        step: errors.get(str(code), code) for step, code in expected.items()
    }


def _dated(written: str, told: str | None) -> str:
    if not told:
        return written
    return say("{written}（{told}）", written=written, told=told)
