"""Nothing heavy begins inside a write transaction: one person's file would stop everybody's writing."""

from __future__ import annotations

import pytest

from orchestrator.services import deployments, designing
from orchestrator.services.designing import backtests
from orchestrator.services.people import photos
from orchestrator.services.simulation import (
    appending,
    interpreter,
    runner,
    scenario_files,
)
from orchestrator.store import writing

HEAVY = {
    "a designer's files are checked": (deployments.findings, ({},)),
    "a diagram of another tool is read": (designing.examine, (None, b"")),
    "a scenario file is read": (scenario_files.parse, ("", "", "")),
    "deployed scenarios are read": (scenario_files.read_resources, ("", {})),
    "a scenario is put at the end of a file": (appending.append, ("", "", "")),
    "all scenarios are played": (runner.run_scenarios, (None, None)),
    "one scenario is played": (interpreter.run, (None,)),
    "a draft is tried": (designing.TrialSetup, (None, None)),
    "a draft's versions are compared on past matters": (
        backtests.backtest,
        (None, None, 1),
    ),
    "a portrait is re-encoded": (photos.shrink, (b"",)),
}


@pytest.mark.parametrize("what", HEAVY)
def test_heavy_work_is_refused_inside_a_write_transaction(what: str) -> None:
    function, arguments = HEAVY[what]
    with writing.write_transaction(), pytest.raises(writing.HeavyWhileWriting):
        function(*arguments)


def test_the_tests_refuse_it_wherever_they_come_across_it() -> None:
    assert writing.strict
