"""Runs diagrams as a pure function. The only room that says SpiffWorkflow; no database, no clock, no
framework lives here."""

from orchestrator.engine.advance import (
    advance,
    external_task,
    start_condition_holds,
)
from orchestrator.engine.budgets import (
    ACT,
    ONE_INSTANCE,
    exhausted,
    request_work,
)
from orchestrator.engine.commands import Environment, Outcome
from orchestrator.engine.decisions import decision_names, decision_results
from orchestrator.engine.definition import (
    Definition,
    load_definition,
    processes,
    read_unchecked,
)
from orchestrator.engine.documents import is_readable
from orchestrator.engine.editions import CURRENT, Edition, edition_of
from orchestrator.engine.errors import EngineError, UnknownTask, WorkExhausted
from orchestrator.engine.migration import Migration, migrate
from orchestrator.engine.model import Element
from orchestrator.engine.obstacles import Obstacle
from orchestrator.engine.returning import all_ways_back, ways_back
from orchestrator.engine.step_timers import StepTimers, put_off, timers_of_step
from orchestrator.engine.table_trials import (
    Decided,
    ReadVariable,
    TriedDecision,
    TriedFile,
    decide,
    tried_decisions,
)

__all__ = [
    "ACT",
    "CURRENT",
    "ONE_INSTANCE",
    "Decided",
    "Definition",
    "Edition",
    "Element",
    "EngineError",
    "Environment",
    "Migration",
    "Obstacle",
    "Outcome",
    "ReadVariable",
    "StepTimers",
    "TriedDecision",
    "TriedFile",
    "UnknownTask",
    "WorkExhausted",
    "advance",
    "decide",
    "decision_names",
    "decision_results",
    "edition_of",
    "exhausted",
    "external_task",
    "is_readable",
    "load_definition",
    "migrate",
    "start_condition_holds",
    "processes",
    "put_off",
    "read_unchecked",
    "request_work",
    "timers_of_step",
    "tried_decisions",
    "all_ways_back",
    "ways_back",
]
