"""Nothing heavy begins inside a write transaction: one person's file would stop everybody's writing."""

from __future__ import annotations

import pytest

from orchestrator.services import deployments, drafts, portraits
from orchestrator.services.drafts import backtesting
from orchestrator.services.scenarios import appending, playing, reading, rehearsal
from orchestrator.store import writing

HEAVY = {
    "a designer's files are checked": (deployments.findings, ({},)),
    "a diagram of another tool is read": (drafts.examine, (None, b"")),
    "a scenario file is read": (reading.parse, ("", "", "")),
    "deployed scenarios are read": (reading.read_resources, ("", {})),
    "a scenario is put at the end of a file": (appending.append, ("", "", "")),
    "all scenarios are played": (rehearsal.rehearse, (None, None)),
    "one scenario is played": (playing.run, (None,)),
    "a draft is tried": (drafts.Rehearsal, (None, None)),
    "a draft's versions are compared on past matters": (backtesting.backtest, (None, None, 1)),
    "a portrait is re-encoded": (portraits.shrink, (b"",)),
}


@pytest.mark.parametrize("what", HEAVY)
def test_heavy_work_is_refused_inside_a_write_transaction(what: str) -> None:
    function, arguments = HEAVY[what]
    with writing.write_transaction(), pytest.raises(writing.HeavyWhileWriting):
        function(*arguments)


def test_the_tests_refuse_it_wherever_they_come_across_it() -> None:
    assert writing.strict
