"""Steps that a draft renames: its scenarios follow where they mean a step, and nowhere else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.designing.drafts import keep_scenarios
from orchestrator.services.designing.validation import (
    base_of,
    bundle_of,
    elements_before,
    scenarios_of,
)
from orchestrator.services.simulation import step_renames
from orchestrator.store.drafts import Draft


def renamed_steps(session: Session, draft: Draft) -> list[tuple[str, str]]:
    """(old name, new name) of the steps that the draft renames and its scenarios still call by the old
    one."""
    text = scenarios_of(session, draft)
    try:
        after = bundle_of(session, draft.tenant_id, draft.id).definition
    except RuleViolated:
        return []
    before = elements_before(session, draft)
    still = {element.name for element in after.elements.values()}
    pairs = [
        (element.name, after.elements[key].name)
        for key, element in before.items()
        if key in after.elements
        and element.name
        and element.name != after.elements[key].name
    ]
    wanted = [
        (old, new)
        for old, new in dict.fromkeys(pairs)
        if new and old not in still and old in text
    ]
    if not wanted:
        return []
    own = own_names(session, draft)
    try:
        return [
            (old, new)
            for old, new in wanted
            if step_renames.means(text, draft.process_key, own, old)
        ]
    except RuleViolated:
        # A file that cannot be read is told by the checks.
        return []


def own_names(session: Session, draft: Draft) -> set[str]:
    """What the procedure is called in scenarios: by its key, its name, and that of the version before."""
    names = {draft.process_key, draft.name}
    base = base_of(session, draft)
    if base:
        names.add(bundles.bundle_of(session, base).definition.name)
    return names


def rename_in_scenarios(
    session: Session,
    draft: Draft,
    by: int,
    now: datetime,
) -> None:
    """Makes the scenarios call the renamed steps by their new names. Raises as `keep_scenarios`."""
    names = dict(renamed_steps(session, draft))
    text = step_renames.renamed(
        scenarios_of(session, draft),
        draft.process_key,
        own_names(session, draft),
        names,
    )
    keep_scenarios(
        draft.id,
        text,
        draft.revision,
        by,
        now,
        say("情景跟随步骤改名"),
    )
