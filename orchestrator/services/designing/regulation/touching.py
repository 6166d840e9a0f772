"""From an amended article to what stands on it, and back: steps, deadlines, fields of forms, other settings,
scenarios."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.domain.jurisdiction import Article, Jurisdiction, in_words
from orchestrator.domain.jurisdiction.citations import number_of, provision
from orchestrator.engine import Element, citing, deadline_names, nameless
from orchestrator.engine.model import Process
from orchestrator.errors import RuleViolated
from orchestrator.services import bundles
from orchestrator.services.designing.element_facts import facts
from orchestrator.services.designing.profile_words import PARTS, SECTION_OF
from orchestrator.services.designing.validation import resources_of
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.scenario_files import ScenarioFile
from orchestrator.store.definitions import files, newest_deployment
from orchestrator.store.drafts import Draft, open_drafts

_CITING = ("citation", "staffing_citation", "size_citation")


@dataclass(frozen=True, slots=True)
class Touched:
    """Something that cites an article."""

    kind: str
    """`process`, `step`, `deadline`, `field`, `setting` or `scenario`."""
    called: str
    where: str
    """Name of the procedure, title of the form, part of the profile."""
    key: str
    """Process key, or name of the editor's section; of a form a process that asks by it, empty for none."""
    place: str
    """Element id, name of the form's file or of the entry; empty where the whole is meant."""
    changed: bool
    """Whether the draft, or one that is published with it, has changed it."""


@dataclass(frozen=True, slots=True)
class Amended:
    """An article that the draft changes."""

    article: Article
    before: Article | None
    """None for a new one."""
    gone: bool
    touched: tuple[Touched, ...]

    @property
    def left(self) -> int:
        """How many of the steps, deadlines, fields and settings that cite it are as they were."""
        return sum(
            not value.changed
            for value in self.touched
            if value.kind != "scenario"
        )

    @property
    def scenarios(self) -> int:
        return sum(value.kind == "scenario" for value in self.touched)


@dataclass(frozen=True)
class CitedFiles:
    """A jurisdiction's files, read for what cites what."""

    profile: Jurisdiction
    processes: Mapping[str, Process]
    forms: Mapping[str, forms.Form]
    scenarios: Mapping[str, bytes]

    @cached_property
    def scenario_files(self) -> list[tuple[str, ScenarioFile]]:
        """(process key, its scenarios) of each file that can be read."""
        results = []
        for name, content in self.scenarios.items():
            key = name.removeprefix("scenarios/").removesuffix(".yaml")
            try:
                read = scenario_files.parse(content.decode(), name, key)
            except RuleViolated:
                continue
            results.append((key, read))
        return results

    @classmethod
    def of(cls, resources: Mapping[str, bytes]) -> CitedFiles:
        """Of files that can be read; what cannot is left out."""
        readable = {
            name: content
            for name, content in resources.items()
            if not name.endswith(".bpmn") or engine.is_readable(name, content)
        }
        return cls(
            bundles.profile_of(resources),
            engine.processes(readable),
            bundles.load_forms(resources)[0],
            {
                name: content
                for name, content in resources.items()
                if name.startswith("scenarios/")
            },
        )


def amended(session: Session, draft: Draft) -> list[Amended]:
    """The articles that the draft of the regulation changes, adds or takes away, with all that cites them."""
    old = CitedFiles.of(_before(session, draft))
    new = CitedFiles.of(resources_of(session, draft))
    numbers = dict.fromkeys((*new.profile.articles, *old.profile.articles))
    changed = [
        number
        for number in numbers
        if old.profile.articles.get(number) != new.profile.articles.get(number)
    ]
    return [one(number, old, new) for number in changed]


def article(session: Session, draft: Draft, number: str) -> Amended:
    """The article, amended or not, with all that cites it. Raises KeyError for an unknown one."""
    old = CitedFiles.of(_before(session, draft))
    new = CitedFiles.of(resources_of(session, draft))
    return one(number, old, new)


def one(number: str, old: CitedFiles, new: CitedFiles) -> Amended:
    """The article of that number and what cites it in `new`, or what cited it where it is gone."""
    before = old.profile.articles.get(number)
    now = new.profile.articles.get(number)
    known = now or before
    if known is None:
        raise KeyError(number)
    touched = [
        *_processes(number, old, new),
        *_steps(number, old, new),
        *_fields(number, old, new),
        *_settings(number, old, new),
        *_scenarios(number, new),
    ]
    return Amended(known, before, now is None, tuple(touched))


def as_it_stands(
    session: Session, tenant_id: str
) -> tuple[CitedFiles, CitedFiles]:
    """What was last deployed in the jurisdiction, and the same with the open drafts of its procedures."""
    newest = newest_deployment(session, tenant_id)
    there = files(session, newest.id) if newest else {}
    own = {
        name: content.encode()
        for draft in open_drafts(session, tenant_id).values()
        for name, content in draft.content.items()
    }
    return CitedFiles.of(there), CitedFiles.of({**there, **own})


def number_named(ground: str, known: Collection[str]) -> str:
    """The first of the known articles that the words of a ground name, such as 第十二条、第十三条; empty for
    none."""
    named = [provision(value) for value in citing.named(ground)]
    numbers = [number_of(value, known) for value in (ground, *named)]
    return next(filter(None, numbers), "")


def uncovered_articles(session: Session, draft: Draft) -> list[Article]:
    """The articles that steps cite and no scenario is about, with the draft as it stands."""
    return _uncovered(CitedFiles.of(resources_of(session, draft)))


def uncovered_in(resources: Mapping[str, bytes]) -> list[Article]:
    """The same of a jurisdiction's files."""
    return _uncovered(CitedFiles.of(resources))


def _uncovered(standing: CitedFiles) -> list[Article]:
    """The articles that steps cite and no scenario is about: none names them, none does one of the steps."""
    cited = {
        provision(citation)
        for process in standing.processes.values()
        for element in process.elements.values()
        for citation in element.citations
    }
    return [
        value
        for number, value in standing.profile.articles.items()
        if number in cited and not list(_scenarios(number, standing))
    ]


def _before(session: Session, draft: Draft) -> Mapping[str, bytes]:
    newest = newest_deployment(session, draft.tenant_id)
    return files(session, newest.id if newest else draft.base_deployment_id)


def _cites(element: Element, number: str) -> bool:
    return any(provision(citation) == number for citation in element.citations)


def _processes(
    number: str, old: CitedFiles, new: CitedFiles
) -> Iterator[Touched]:
    """The procedures that cite the article as what all of them stands on."""
    for key, process in new.processes.items():
        if number not in map(
            provision, citing.citations(process.documentation)[0]
        ):
            continue
        name = process.name or key
        changed = old.processes.get(key) != process
        yield Touched("process", name, "", key, "", changed)


def _steps(number: str, old: CitedFiles, new: CitedFiles) -> Iterator[Touched]:
    for key, process in new.processes.items():
        there = old.processes.get(key)
        for element in process.elements.values():
            if not _cites(element, number):
                continue
            before = there.elements.get(element.id) if there else None
            changed = before is None or _honoured(
                before,
                old.profile,
            ) != _honoured(element, new.profile)
            called = nameless.label(element)
            yield Touched(
                "step",
                called,
                process.name or key,
                key,
                element.id,
                changed,
            )


def _honoured(element: Element, profile: Jurisdiction) -> tuple[Any, ...]:
    """All that counts about a step, with how long the deadlines are that it names."""
    timers = [event.timer[1] for event in element.events if event.timer]
    named = [
        profile.deadlines.get(name)
        for text in (element.due or "", *timers)
        for name in deadline_names.all_named(text)
    ]
    return (dict(facts(element, profile)), named)


def _fields(
    number: str,
    old: CitedFiles,
    new: CitedFiles,
) -> Iterator[Touched]:
    for key, form in new.forms.items():
        before = old.forms.get(key)
        then = (
            {field.key: field for field in before.inputs()} if before else {}
        )
        asked = [value for value in form.inputs() if _names(value, number)]
        for field in asked:
            yield Touched(
                "field",
                field.label or field.key,
                form.title or key,
                _asking(key, new),
                f"{key}.form",
                then.get(field.key) != field,
            )


def _names(field: forms.Field, number: str) -> bool:
    named = citing.named(field.citation)
    return number in {*map(provision, named), provision(field.citation)}


def _asking(form_key: str, standing: CitedFiles) -> str:
    """Key of the first process with a step of that form; empty for none."""
    return next(
        (
            key
            for key, process in standing.processes.items()
            if any(
                element.form_key == form_key
                for element in process.elements.values()
            )
        ),
        "",
    )


def _settings(
    number: str,
    old: CitedFiles,
    new: CitedFiles,
) -> Iterator[Touched]:
    for part, label in PARTS.items():
        then = dict(_citing(getattr(old.profile, part)))
        for place, value in _citing(getattr(new.profile, part)):
            cited = [str(getattr(value, entry, "")) for entry in _CITING]
            cited += getattr(value, "staffing_citations", {}).values()
            if number not in [provision(value) for value in cited]:
                continue
            kind = "deadline" if part == "deadlines" else "setting"
            names = ("label", "name", "text", "title")
            called = [getattr(value, name, "") for name in names]
            yield Touched(
                kind,
                str(next(filter(None, called), label)),
                _where(place, label, new),
                SECTION_OF.get(part, "office"),
                place,
                then.get(place) != value,
            )


def _where(place: str, label: str, new: CitedFiles) -> str:
    """Name of the part; of a stage of what is overdue, the deadline, as its stages are all called alike."""
    deadline = new.profile.deadlines.get(place.rpartition("/")[0])
    return deadline.label if deadline else label


def _citing(value: Any) -> Iterator[tuple[str, Any]]:
    """(its place, value) of each value that names its ground."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if is_dataclass(entry):
                yield str(key), entry
            elif isinstance(entry, tuple):
                # The stages of what is overdue stand under a deadline.
                yield from (
                    (f"{key}/{number}", row)
                    for number, row in enumerate(entry, 1)
                    if is_dataclass(row)
                )
    elif isinstance(value, tuple):
        for number, entry in enumerate(value, 1):
            if is_dataclass(entry):
                yield str(number), entry
    elif is_dataclass(value):
        yield "", value
        for field in fields(value):
            below = getattr(value, field.name)
            if isinstance(below, tuple):
                # A list of its own, such as the posts of [members].
                yield from _keyed(below)


def _keyed(values: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for value in values:
        if is_dataclass(value):
            yield str(getattr(value, "key", "")), value


def _scenarios(number: str, standing: CitedFiles) -> Iterator[Touched]:
    """The scenarios that name the article as what they are about, or do a step that cites it."""
    steps = set()
    for process in standing.processes.values():
        for element in process.elements.values():
            if _cites(element, number):
                steps |= {element.name, element.id} - {""}
    words = in_words(number)
    for key, file in standing.scenario_files:
        for scenario in file.scenarios:
            about = scenario.ground
            done = {str(step.subject) for step in scenario.steps}
            if words in about or done & steps:
                yield Touched(
                    "scenario",
                    scenario.name,
                    key,
                    key,
                    "",
                    False,
                )
