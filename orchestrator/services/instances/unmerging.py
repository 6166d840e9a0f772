"""撤销并案: a case that was merged into another goes on by itself again; both records say so."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.execution import locked_instance, persistence
from orchestrator.services.execution.locked_instance import (
    Actor,
    LockedInstance,
)
from orchestrator.services.instances import oversight, reopening
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.merges import CaseMerge
from orchestrator.store.people import Person
from orchestrator.store.registers import Grid, GridCase
from orchestrator.store.session import transaction


def undo(instance_id: str, reason: str, by: int, now: datetime) -> None:
    """The merged case is open again where it stood, with its tasks and clocks.

    Raises NotFound, Forbidden for who may not merge it, InstanceChanged when it is not merged any more,
    RuleViolated when the other case has ended, or the case's grid is retired. A task whose holder has left
    meanwhile is offered again.
    """
    with transaction() as session:
        case = session.get(GridCase, instance_id)
        into = ""
        if case is not None and case.merged_into is not None:
            into = case.merged_into
        # The smaller id first, as a merge locks them.
        for value in sorted({instance_id, into} - {""}):
            session.get(ProcessInstance, value, with_for_update=True)
        bodies = may_undo(session, instance_id, by)
        kept = session.get(CaseMerge, instance_id)
        if case is None or kept is None or case.state != "merged":
            raise InstanceChanged(say("该事件现在没有并入其他事件"))
        main = session.get_one(GridCase, into)
        if main.state != "open":
            raise RuleViolated(
                [
                    say(
                        "所并入的事件 {case_no} 已经不在办理，不能撤销并案。需要继续办理的，请重新登记",
                        case_no=main.case_no,
                    )
                ]
            )
        _require_grid(session, case)
        case.state = "open"
        case.merged_into = None
        case.archived_at = None
        session.flush()
        reopening.put_back(session, instance_id, kept.kept)
        session.execute(
            sa.delete(CaseMerge).where(CaseMerge.instance_id == instance_id)
        )
        _note(session, instance_id, main.case_no, reason, (by, bodies[0], now))
        _note(session, into, case.case_no, reason, (by, bodies[0], now))


def _require_grid(session: Session, case: GridCase) -> None:
    grid = session.get_one(Grid, (case.tenant_id, case.grid_code))
    if grid.state != "active":
        raise RuleViolated(
            [
                say(
                    "事件所在的网格“{grid}”已经撤销，不能撤销并案。需要继续办理的，请在现在的网格重新登记",
                    grid=grid.name,
                )
            ]
        )


def may_undo(session: Session, instance_id: str, by: int) -> list[str]:
    """Ids of the person's bodies that may undo the merge of the case: those that could merge it. Raises
    NotFound, Forbidden."""
    viewer = access.viewer(session, by)
    if viewer is None:
        raise NotFound(instance_id)
    instance = access.visible_instance(session, viewer, instance_id)
    bodies = oversight.concerned(session, viewer, instance)
    if not bodies:
        raise Forbidden(say("只有经办这个事件的机构可以撤销并案"))
    return bodies


def _note(
    session: Session,
    instance_id: str,
    other: str,
    reason: str,
    acted: tuple[int, str, datetime],
) -> None:
    by, body, now = acted
    person = session.get_one(Person, by)
    row = session.execute(
        sa.select(*locked_instance.INSTANCE_COLUMNS).where(
            ProcessInstance.id == instance_id
        )
    ).one()
    instance: LockedInstance = locked_instance.from_row(
        session,
        bundles.bundle_of(session, row.definition_id),
        row,
        Actor(by, person.username, person.display_name, body),
        now,
    )
    instance.remember("unmerged", None, case=other, reason=reason)
    persistence.write_entries(instance)
