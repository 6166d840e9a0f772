"""A diagram made with another tool becomes a draft's diagram: first its report is read, then it is taken
over."""

from __future__ import annotations

from datetime import datetime

from orchestrator import bpmn_import
from orchestrator.bpmn_import import Conversion, Fidelity
from orchestrator.sentences import say
from orchestrator.services.designing.drafts import DraftFile, save
from orchestrator.services.designing.validation import (
    checked,
    diagram_name,
    lost_by,
    resources_of,
)
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction
from orchestrator.store.writing import heavy

__all__ = ["Conversion", "Fidelity", "adopt", "examine"]


@heavy
def examine(draft: Draft, content: bytes) -> Conversion:
    """The file as it would be the draft's diagram, with its report; nothing is kept. What needs attention is
    what the checks refuse then, in whichever file.

    Raises RuleViolated with the reason for a file that is no diagram to edit.
    """
    name = diagram_name(draft)
    conversion = bpmn_import.fit(
        bpmn_import.convert(content),
        draft.process_key,
        draft.content[name].encode(),
    )
    with transaction(writing=False) as session:
        resources = resources_of(session, draft, name, conversion.diagram)
    # Nobody's connection is held while the file is checked: it takes as long as the file makes it take.
    results = checked(draft, resources, name)
    with transaction(writing=False) as session:
        results += lost_by(session, draft, resources, results)
    return bpmn_import.as_checked(conversion, results, name)


def adopt(
    draft: Draft,
    content: bytes,
    filename: str,
    revision: int,
    by: int,
    now: datetime,
) -> int:
    """Makes the file the draft's diagram, as an entry of its history; returns the new revision.

    Raises RuleViolated as `examine` does, NotFound, and InstanceChanged where somebody saved since the report
    was read.
    """
    conversion = examine(draft, content)
    return save(
        draft.id,
        DraftFile(diagram_name(draft), conversion.diagram),
        revision,
        by,
        now,
        say(
            "从 {dialect} 导入 {filename}",
            dialect=conversion.dialect,
            filename=filename,
        ),
    )
