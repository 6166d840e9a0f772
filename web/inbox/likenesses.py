"""What the pages of a task and of an instance say about cases that look like one, and about a merge that can
be undone."""

from __future__ import annotations

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


def of_case(view: CaseView, running: GridCase | None) -> dict[str, bool]:
    """Whether an office that handled the case may merge it or declare it void, `concerned`, and whether it
    may undo a merge, `unmergeable`."""
    if view.case is None:
        return {"concerned": False, "unmergeable": False}
    bodies = oversight.concerned(reading(), who(), view.instance, view.asked)
    return {
        "concerned": running is not None and bool(bodies),
        "unmergeable": view.merged_into is not None and bool(bodies),
    }
