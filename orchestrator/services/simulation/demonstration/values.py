"""What the demonstration's instances are about, and who takes part in them: a scenario with other values,
people and days."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from orchestrator.domain.territory import body_id
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    KnownBody,
    Unknown,
)
from orchestrator.settings import ROOT

FILE = ROOT / "bpmn" / "demonstration.toml"
_AHEAD = re.compile(r"today\+(\d{1,3})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def values_by_process() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Process key → sets of form values by field, one for each instance, as the demonstration's file has
    them."""
    values: Mapping[str, Sequence[Mapping[str, Any]]] = tomllib.loads(
        FILE.read_text("utf-8"),
    )["values"]
    return values


def dated(values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The values with `today+30` as the day that it is."""
    result = {}
    for key, value in values.items():
        ahead = None
        if isinstance(value, str):
            ahead = _AHEAD.fullmatch(value)
        if ahead:
            result[key] = (today + timedelta(days=int(ahead[1]))).isoformat()
        else:
            result[key] = value
    return result


def moved_days(scenario: Scenario, days: int) -> Scenario:
    """The scenario with every day that is filled in so many days later."""

    def moved(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: moved(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [moved(entry) for entry in value]
        if isinstance(value, (date, datetime)):
            return value + timedelta(days=days)
        if isinstance(value, str) and _DAY.fullmatch(value):
            return (
                date.fromisoformat(value) + timedelta(days=days)
            ).isoformat()
        return value

    return _changed(scenario, moved)


def with_other_people(
    scenario: Scenario,
    directory: FolderDirectory,
    number: int,
) -> Scenario:
    """The scenario by the `number`-th of the bodies that could begin it as well, where there is one: a
    colleague of the same kind at the same place, or at a neighbouring one under the same office."""
    starter = _starter(scenario, directory)
    if starter is None or number == 0:
        return scenario
    others = [
        body for body in _like(starter, directory) if body.id != starter.id
    ]
    if not others:
        return scenario
    other = others[(number - 1) % len(others)]

    def named(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: named(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [named(entry) for entry in value]
        if value == starter.name:
            return other.name
        return value

    changed = _changed(scenario, named)
    return replace(
        changed,
        steps=tuple(
            _by(step, starter, other, directory) for step in changed.steps
        ),
    )


def _by(
    step: ScenarioStep,
    starter: KnownBody,
    other: KnownBody,
    directory: FolderDirectory,
) -> ScenarioStep:
    actor = step.details.get("由")
    if not actor or _body(str(actor), directory) not in (starter, other):
        return step
    return replace(step, details={**step.details, "由": other.id})


def _starter(
    scenario: Scenario,
    directory: FolderDirectory,
) -> KnownBody | None:
    """The body that begins the scenario's first instance."""
    first = next(
        (step for step in scenario.steps if step.verb == "发起"),
        None,
    )
    if first:
        return _body(str(first.details.get("由") or ""), directory)
    return None


def _body(name: str, directory: FolderDirectory) -> KnownBody | None:
    try:
        return directory.person(name).body
    except Unknown:
        return None


def _like(
    starter: KnownBody,
    directory: FolderDirectory,
) -> Iterator[KnownBody]:
    """Bodies with people: of the same family at the same place, of the same role at its neighbours two levels
    up for the smallest places."""
    key = directory.folder.profile.key
    served = {
        body_id(key, row.role, row.place) for row in directory.folder.people
    }
    office = directory.places.get(starter.place.parent or "")
    around = None
    if office:
        around = office.parent
    for body in directory.bodies.values():
        if body.id not in served:
            continue
        if (
            body.place.code == starter.place.code
            and body.family == starter.family
        ):
            yield body
        elif (
            body.role == starter.role
            and around
            and _is_leaf(starter, directory)
        ):
            above = directory.places.get(body.place.parent or "")
            if above is not None and above.parent == around:
                yield body


def _is_leaf(body: KnownBody, directory: FolderDirectory) -> bool:
    return body.place.code in {
        grid.place.code for grid in directory.folder.grids
    }


def _changed(scenario: Scenario, change: Any) -> Scenario:
    steps = tuple(
        replace(
            step,
            details={
                key: change(value) for key, value in step.details.items()
            },
        )
        for step in scenario.steps
    )
    return replace(scenario, steps=steps, fillings=change(scenario.fillings))
