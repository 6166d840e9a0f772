"""Of which procedure the instances are that a scenario's steps are about, as far as its words say."""

from __future__ import annotations

from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.scenario_files import Scenario

_START = "发起"
_CALLED = "称为"
_REFUSED = "被拒"


def of_others(scenario: Scenario, own: set[str]) -> set[int]:
    """Places of the steps that begin another procedure, and of those about an instance of it; `own`: what the
    procedure itself is called."""
    foreign: dict[str, bool] = {}
    results = set()
    for place, step in enumerate(scenario.steps):
        if step.verb != _START and _CALLED not in step.details:
            latest = next(reversed(foreign), "")
            if foreign.get(step.instance_name or latest):
                results.add(place)
            continue
        called = vocabulary.readings(str(step.subject or scenario.process))
        other = step.verb == _START and not own & {*called}
        if other:
            results.add(place)
        if _REFUSED not in step.details:
            name = step.details.get(_CALLED) or f"第{len(foreign) + 1}件"
            foreign[str(name)] = other
    return results
