"""Scenarios (情景): what people do and what must come of it, in the city's words, played through the pure
engine and the services."""

from orchestrator.services.simulation.runner import (
    Fresh,
    ScenarioReport,
    run_scenarios,
)
from orchestrator.services.simulation.scenario_files import scenario_verbs

__all__ = ["Fresh", "ScenarioReport", "run_scenarios", "scenario_verbs"]
