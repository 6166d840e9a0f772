"""A trial that is kept becomes one more scenario of the draft."""

from __future__ import annotations

from datetime import datetime

from orchestrator.errors import InstanceChanged
from orchestrator.sentences import say
from orchestrator.services.designing.drafts import _keep, _locked, _open
from orchestrator.services.designing.validation import scenarios_of
from orchestrator.services.simulation.appending import append
from orchestrator.store.session import transaction

TRIES = 5
"""How often the file is read anew because somebody else saved meanwhile."""


def keep_trial(
    draft_id: str,
    scenario_text: str,
    name: str,
    by: int,
    now: datetime,
) -> None:
    """Puts the scenario after the last one of the draft's file; where others saved meanwhile, after theirs.

    Raises NotFound, InstanceChanged for a draft that is published or discarded, RuleViolated where the file
    cannot take it.
    """
    for _try in range(TRIES):
        with transaction(writing=False) as session:
            row = _open(session, draft_id)
            read = row.revision
            process_key = row.process_key
            before = scenarios_of(session, row)
        text = append(before, scenario_text, process_key)
        with transaction() as session:
            row = _locked(session, draft_id)
            if row.revision == read:
                _keep(
                    session,
                    row,
                    {**row.content, f"scenarios/{process_key}.yaml": text},
                    by,
                    now,
                    say("新增情景“{name}”", name=name),
                )
                return
    raise InstanceChanged(
        say("这份草稿正有人连续保存，情景还没有存入，请稍后再存一次"),
    )
