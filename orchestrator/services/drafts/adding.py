"""A trial that is kept becomes one more scenario of the draft."""

from __future__ import annotations

from datetime import datetime

from orchestrator.services.drafts.judging import scenarios_of
from orchestrator.services.drafts.keeping import _keep, _locked
from orchestrator.services.scenarios.appending import append
from orchestrator.store.session import transaction


def keep_trial(draft_id: str, scenario_text: str, name: str, by: int, now: datetime) -> None:
    """Puts the scenario after the last one of the draft's file, read under the lock: what others saved meanwhile stays.

    Raises NotFound, InstanceChanged for a draft that is published or discarded, RuleViolated where the file cannot take it.
    """
    with transaction() as session:
        row = _locked(session, draft_id)
        text = append(scenarios_of(session, row), scenario_text, row.process_key)
        _keep(session, row, {**row.content, f"scenarios/{row.process_key}.yaml": text}, by, now, f"新增情景「{name}」")
