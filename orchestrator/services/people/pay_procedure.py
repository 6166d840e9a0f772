"""The procedure of a pay sheet: begun when the sheet is drawn up, where the city has drawn one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.pay import PayRules
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.assessment.due_periods import in_words
from orchestrator.services.execution.locked_instance import Actor
from orchestrator.services.instances import opened_for
from orchestrator.services.instances.opened_for import Opening
from orchestrator.store.pay import PaySheet
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask

MESSAGE = "pay.sheet"


def begin(
    session: Session,
    who: access.Viewer,
    rules: PayRules,
    sheet: PaySheet,
    now: datetime,
) -> bool:
    """Begins the procedure of the draft; False where the city has drawn none. Raises RuleViolated where no
    body is over the one that draws up."""
    if not opened_for.is_drawn(session, who.tenant_id, MESSAGE, now):
        return False
    body = session.get_one(Body, sheet.body_id)
    over = _over(session, body, rules.approved_by)
    if over is None:
        raise RuleViolated(
            [say("“{body}”的上面没有批准报酬表的机构", body=body.name)]
        )
    person = session.get_one(Person, who.person_id)
    variables = {
        "sheet_id": sheet.id,
        "drafting_body": body.id,
        "approving_body": over,
        "pay_body": body.name,
        "pay_month": in_words(sheet.period),
    }
    actor = Actor(person.id, person.username, person.display_name, body.id)
    sheet.instance_id = opened_for.begin(
        session, Opening(MESSAGE, body, actor, variables, now)
    )
    return sheet.instance_id is not None


def _over(session: Session, body: Body, refs: Sequence[str]) -> str | None:
    """The nearest body with one of these roles at its level, at the body's place or around it."""
    rows = session.scalars(
        sa.select(Body)
        .where(
            Body.tenant_id == body.tenant_id,
            (Body.role + "@" + Body.level).in_(refs),
        )
        .order_by(sa.func.length(Body.territory_path).desc(), Body.id)
    )
    return next(
        (
            row.id
            for row in rows
            if body.territory_path.startswith(row.territory_path)
        ),
        None,
    )


def open_task(session: Session, sheet: PaySheet) -> UserTask | None:
    """What is to be done with the sheet now; None where its procedure has ended, or there is none."""
    if sheet.instance_id is None:
        return None
    return session.scalar(
        sa.select(UserTask)
        .where(
            UserTask.instance_id == sheet.instance_id,
            UserTask.state == "open",
        )
        .order_by(UserTask.id)
        .limit(1)
    )
