"""Plays the bulletin and the meeting of the last month to their end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.domain.assessment import day_after, last_period
from orchestrator.domain.series import SeriesRule
from orchestrator.errors import GridflowError
from orchestrator.services.assessment import recurring_work
from orchestrator.services.simulation.demonstration import values
from orchestrator.services.simulation.demonstration.demonstration_backend import (
    DemonstrationBackend,
)
from orchestrator.services.simulation.demonstration.planning import City
from orchestrator.services.simulation.interpreter import VERBS
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.services.simulation.scenario_people import Unknown
from orchestrator.services.simulation.scenario_run import (
    Failed,
    ScenarioRun,
    reasons_of,
)
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction

HOURS_BETWEEN = 3
"""Office hours between two steps."""
_SHOWN = frozenset({"应有待办", "应办结"})
"""What a scenario expects at a step, which is not asked here."""


def play(
    backend: DemonstrationBackend,
    city: City,
    scenarios: Sequence[Scenario],
) -> list[str]:
    """Opens each monthly series on its day for the host of a scenario and plays that to its end; returns what
    was not accepted. What would end after now is left to the clock."""
    refused = []
    for rule, scenario in _chosen(city, scenarios):
        try:
            _play(backend, city, rule, scenario)
        except (Failed, Unknown) as failed:
            refused.append(f"{scenario.name}：{failed}")
        except GridflowError as wrong:
            refused.append(f"{scenario.name}：{reasons_of(wrong)}")
    backend.instead = {}
    backend.now = city.now
    return refused


def _chosen(
    city: City,
    scenarios: Sequence[Scenario],
) -> Iterator[tuple[SeriesRule, Scenario]]:
    for rule in city.profile.series:
        fitting = (each for each in scenarios if _fits(each, rule))
        first = next(fitting, None)
        if first is not None and rule.every == "month":
            yield rule, first


def _fits(scenario: Scenario, rule: SeriesRule) -> bool:
    """Whether it begins by the series' message and people alone bring it to its end."""
    if not scenario.steps or scenario.memory_only:
        return False
    first, *rest = scenario.steps
    begins = first.verb == "发消息" and first.subject == rule.message
    ends = any(step.verb == "应办结" for step in rest)
    by_people = {step.verb for step in rest} <= {"办理", *_SHOWN}
    refused = any({"被拒", "出错"} & step.details.keys() for step in rest)
    return begins and ends and by_people and not refused


def _play(
    backend: DemonstrationBackend,
    city: City,
    rule: SeriesRule,
    scenario: Scenario,
) -> None:
    period = last_period(rule.every, city.today)
    day = day_after(period).toordinal() + rule.day - 1
    instants = [
        at
        for at in city.times.instants
        if city.calendar.local(at).date().toordinal() >= day
    ]
    steps = [step for step in scenario.steps if step.verb == "办理"]
    if len(instants) <= (len(steps) + 1) * HOURS_BETWEEN:
        return
    host = str(scenario.steps[0].details["数据"]["host_body"])
    backend.now = instants[0]
    due = recurring_work.DueWork(rule, period, host)
    instance_id = recurring_work.open_one(city.profile.key, due, backend.now)
    if instance_id is None:
        return
    days = (backend.now - city.planned_on).days
    moved = values.moved_days(replace(scenario, steps=tuple(steps)), days)
    run = ScenarioRun(backend, city.directory, moved)
    run.instances[""] = instance_id
    backend.instead = {"figures": _figures(instance_id)}
    for number, step in enumerate(moved.steps):
        backend.now = instants[(number + 1) * HOURS_BETWEEN]
        VERBS[step.verb](run, step)


def _figures(instance_id: str) -> str:
    """The figures that it began with."""
    with transaction(writing=False) as session:
        instance = session.get_one(ProcessInstance, instance_id)
        return str(instance.variables.get("figures") or "")
