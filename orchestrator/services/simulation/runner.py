"""Runs all scenarios of a jurisdiction, in memory and on a database, and tells which sequence flows they
cross."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from orchestrator.engine import (
    ONE_INSTANCE,
    Definition,
    exhausted,
    request_work,
)
from orchestrator.sentences import say
from orchestrator.services import deployments
from orchestrator.services.bundles import Bundle, assemble
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.backend import Backend
from orchestrator.services.simulation.database_backend import DatabaseBackend
from orchestrator.services.simulation.interpreter import run
from orchestrator.services.simulation.memory_backend import MemoryBackend
from orchestrator.services.simulation.scenario_files import Scenario
from orchestrator.services.simulation.scenario_people import FolderDirectory
from orchestrator.services.simulation.scenario_run import Failure, ScenarioRun
from orchestrator.store.writing import heavy

Fresh = Callable[[], AbstractContextManager[None]]
"""An application's context on a fresh database that holds the jurisdiction with its demo people."""


@dataclass
class ScenarioReport:
    """What came of a jurisdiction's scenarios."""

    key: str
    name: str
    scenarios: int = 0
    passed: int = 0
    flows: int = 0
    """Sequence flows of the diagrams that can be started, called processes included."""
    flows_crossed: int = 0
    waived: Mapping[str, str] = field(default_factory=dict)
    """`process/flow` → reason."""
    memory_only: dict[str, str] = field(default_factory=dict)
    """`process/scenario` that is not run on the database → reason."""
    uncrossed: tuple[str, ...] = ()
    """`process/flow` that no scenario crosses and nobody waived."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.failures and not self.uncrossed

    def as_json(self) -> dict[str, Any]:
        return {
            "scenarios": self.scenarios,
            "passed": self.passed,
            "flows": self.flows,
            "flows_crossed": self.flows_crossed,
            "flows_waived": len(self.waived),
            "waived": dict(self.waived),
            "memory_only": dict(self.memory_only),
            "uncrossed": list(self.uncrossed),
            "failures": [str(failure) for failure in self.failures],
        }


@heavy
def run_scenarios(
    given: Folder,
    fresh: Fresh | None,
    processes: Collection[str] | None = None,
) -> ScenarioReport:
    """Runs every scenario of the jurisdiction in memory, and on a database too where `fresh` gives one.

    With keys of processes, only the scenarios in which one of these is started, and their sequence flows
    alone are counted.

    Inside a block of `request_work` the work is limited. When it is used up, the other scenarios are not run,
    and the report says so.

    Raises RuleViolated when scenario files are wrong.
    """
    files = scenario_files.read_resources(given.profile.key, given.resources)
    # Only a database needs people who can sign in.
    directory = FolderDirectory(given, stand_ins=fresh is None)
    bundles = dict[str, Bundle]()
    report = ScenarioReport(given.profile.key, given.profile.name)
    crossed: dict[str, set[str]] = {}
    definitions = [
        definition
        for definition in _definitions(given, bundles)
        if processes is None or definition.key in processes
    ]
    keys = {definition.key for definition in definitions}
    names = {definition.name for definition in definitions}
    scenarios = [
        scenario
        for file in files
        for scenario in file.scenarios
        if processes is None or _starts(scenario, keys, names)
    ]
    for number, scenario in enumerate(scenarios):
        if exhausted():
            message = say(
                "演练的计算量已用完，从这一个起还有 {count} 个情景没有演练，请减少或简化情景",
                count=len(scenarios) - number,
            )
            report.failures.append(
                Failure.at(scenario, scenario.line, "memory", message),
            )
            report.scenarios = len(scenarios)
            break
        report.scenarios += 1
        with request_work(ONE_INSTANCE):
            failures = run_scenario(
                given,
                directory,
                scenario,
                bundles,
                fresh,
                crossed,
            )
        report.failures += failures
        report.passed += not failures
        if scenario.memory_only:
            report.memory_only[f"{scenario.process}/{scenario.name}"] = (
                scenario.memory_only
            )
    waived = {
        f"{file.process}/{flow}": why
        for file in files
        for flow, why in file.waived.items()
    }
    _cover(report, definitions, crossed, waived)
    return report


def _starts(
    scenario: Scenario,
    keys: Collection[str],
    names: Collection[str],
) -> bool:
    """Whether one of the processes, by key and name, takes part in the scenario."""
    begun = {
        str(step.subject) for step in scenario.steps if step.verb == "发起"
    }
    return scenario.process in keys or not begun.isdisjoint({*keys, *names})


def run_scenario(
    given: Folder,
    directory: FolderDirectory,
    scenario: Scenario,
    bundles: dict[str, Bundle],
    fresh: Fresh | None,
    crossed: dict[str, set[str]],
) -> list[Failure]:
    """Runs one scenario on both backends, or in memory alone where it says so. Adds the sequence flows that
    it crosses to `crossed`. Returns what failed, which includes a step that the backends saw differently."""
    in_memory = ScenarioRun(
        MemoryBackend(given, directory, bundles),
        directory,
        scenario,
    )
    failures = _run(in_memory, "memory")
    _add(crossed, in_memory.backend)
    if fresh is None or failures or scenario.memory_only:
        return failures
    with fresh():
        on_database = ScenarioRun(
            DatabaseBackend(given.profile.key),
            directory,
            scenario,
        )
        failures = _run(on_database, "database")
        _add(crossed, on_database.backend)
        if failures:
            return failures
        for step, by_engine, by_database in zip(
            scenario.steps,
            in_memory.seen,
            on_database.seen,
            strict=True,
        ):
            if by_engine != by_database:
                message = say(
                    "引擎与数据库的结果不同：引擎 {engine}，数据库 {database}",
                    engine=by_engine,
                    database=by_database,
                )
                return [Failure.at(scenario, step.line, "database", message)]
    return []


def _run(scenario_run: ScenarioRun, backend: str) -> list[Failure]:
    failed = run(scenario_run)
    if failed:
        line, message = failed
        return [Failure.at(scenario_run.scenario, line, backend, message)]
    return []


def _add(crossed: dict[str, set[str]], backend: Backend) -> None:
    for process, flows in backend.crossed.items():
        crossed.setdefault(process, set()).update(flows)


def _definitions(
    given: Folder,
    bundles: dict[str, Bundle],
) -> list[Definition]:
    for key in deployments.process_keys(given.resources):
        if key not in bundles:
            bundles[key] = assemble(given.resources, key, given.edition(key))
    return [bundles[key].definition for key in sorted(bundles)]


def _cover(
    report: ScenarioReport,
    definitions: list[Definition],
    crossed: Mapping[str, set[str]],
    waived: Mapping[str, str],
) -> None:
    flows = {
        f"{definition.key}/{flow}"
        for definition in definitions
        for flow in definition.flows
    }
    done = {
        f"{process}/{flow}"
        for process, results in crossed.items()
        for flow in results
    } & flows
    report.flows = len(flows)
    report.flows_crossed = len(done)
    report.waived = {
        flow: why
        for flow, why in waived.items()
        if flow in flows and flow not in done
    }
    report.uncrossed = tuple(sorted(flows - done - set(report.waived)))
