"""What the pages of a task and of an instance say about cases that look like one, and about a merge that can
be undone."""

from __future__ import annotations

from typing import Any

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import duplicates, oversight
from orchestrator.services.instances.case_view import CaseView
from orchestrator.store.registers import GridCase
from web.auth import who


def at_task(view: CaseView, mine: bool) -> list[duplicates.Alike]:
    """The cases that look like the one of the task, for an office that is to do it; none for what is no
    case."""
    session = reading()
    instance = view.instance
    if view.case is None:
        return []
    oversees = oversight.overseeing(
        session, who(), instance.definition_id, instance.territory_path
    )
    if not mine or not oversees:
        return []
    return duplicates.alike_to_case(session, who(), instance, view.case)


def of_case(view: CaseView, running: GridCase | None) -> dict[str, Any]:
    """What an office that handled the case may do about its being one with another: `concerned`, `mergeable`,
    `alike_cases`, and whether it may undo a merge, `unmergeable`."""
    session = reading()
    bodies: list[str] = []
    if view.case is not None:
        bodies = oversight.concerned(session, who(), view.instance, view.asked)
    details: dict[str, Any] = {
        "concerned": False,
        "mergeable": [],
        "alike_cases": [],
        "unmergeable": bool(bodies) and view.merged_into is not None,
    }
    if running is not None and bodies:
        details["concerned"] = True
        details["mergeable"] = oversight.cases_to_merge_into(
            session, who(), running
        )
        details["alike_cases"] = duplicates.alike_to_case(
            session, who(), view.instance, running
        )
    return details
