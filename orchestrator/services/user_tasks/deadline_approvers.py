"""Who may extend (延期) or suspend (挂账) a task's time, as the profile's `deadline_approvers` say."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden
from orchestrator.sentences import joined, say
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTaskCandidate


@dataclass(frozen=True, slots=True)
class ApprovalSubject:
    """Whose time runs, and through whose hands the instance went."""

    bodies: Sequence[Body]
    """Those that are asked for the task; the starter's where only people are."""
    concerned: Collection[str]
    """Ids of all bodies that were asked in the instance: whoever handed the task on is among them."""
    path: str
    """The instance's place."""


def asked(
    session: Session,
    instance_id: str,
    task_id: str | None,
) -> ApprovalSubject:
    """What the rows say of the task; of the instance's starter when the time is no task's."""
    candidates = sa.select(UserTaskCandidate.candidate).where(
        UserTaskCandidate.task_id == task_id,
    )
    path, starter = session.execute(
        sa.select(
            ProcessInstance.territory_path,
            ProcessInstance.started_by_body,
        ).where(ProcessInstance.id == instance_id),
    ).one()
    bodies = session.scalars(
        sa.select(Body).where(Body.id.in_(candidates)).order_by(Body.id),
    ).all()
    if not bodies:
        bodies = session.scalars(
            sa.select(Body).where(Body.id == starter),
        ).all()
    concerned = session.scalars(
        sa.select(UserTaskCandidate.candidate).where(
            UserTaskCandidate.instance_id == instance_id,
        ),
    )
    return ApprovalSubject(bodies, set(concerned), path)


def approver(
    profile: Jurisdiction,
    whose: ApprovalSubject,
    mine: Sequence[Body],
) -> Body | None:
    """The nearest to the place of these bodies that may move the time; None when none may."""
    nearest = sorted(
        mine,
        key=lambda body: (-len(body.territory_path), body.id),
    )
    return next((body for body in nearest if _may(profile, body, whose)), None)


def refusal(
    profile: Jurisdiction,
    whose: ApprovalSubject,
    mine: Sequence[Body],
) -> Forbidden:
    """What to tell a person of these bodies, none of which may."""
    if {body.id for body in mine} & {body.id for body in whose.bodies}:
        return Forbidden(
            say("不能给本机构自己的任务延期或挂账，请报上级机构批准"),
        )
    names = [
        profile.roles[role].name
        for role in _approving_roles(profile, whose)
        if role in profile.roles
    ]
    if not names:
        return Forbidden(
            say("按本辖区的规定，没有机构可以批准这项任务延期或挂账"),
        )
    return Forbidden(
        say(
            "这项任务的延期和挂账由交办它的或者上级的{names}批准，您所在的机构不能批准",
            names=joined("、", names),
        ),
    )


def _approving_roles(
    profile: Jurisdiction,
    whose: ApprovalSubject,
) -> list[str]:
    roles: dict[str, None] = {}
    for body in whose.bodies:
        roles |= dict.fromkeys(_roles_over(profile, body))
    return list(roles)


def _roles_over(profile: Jurisdiction, other: Body) -> Sequence[str]:
    """Roles that may move the time of that body. A profile that says nothing leaves it to those that oversee
    the place."""
    listed = profile.deadline_approvers
    if listed:
        return listed.get(other.role, listed.get(other.family, ()))
    overseers = [role.key for role in profile.roles.values() if role.oversees]
    if other.role in overseers:
        return [other.role]
    return overseers


def _may(profile: Jurisdiction, body: Body, whose: ApprovalSubject) -> bool:
    over_the_place = (
        whose.path.startswith(body.territory_path)
        or body.id in whose.concerned
    )
    if (
        body.level not in profile.levels.offices
        or not over_the_place
        or not whose.bodies
    ):
        return False
    return all(
        _may_for(profile, body, other, whose.concerned)
        for other in whose.bodies
    )


def _may_for(
    profile: Jurisdiction,
    body: Body,
    other: Body,
    concerned: Collection[str],
) -> bool:
    if body.id == other.id or body.role not in _roles_over(profile, other):
        return False
    if body.role == other.role:
        # Its superior alone, never a neighbour and never one below it.
        return (
            other.territory_path != body.territory_path
            and other.territory_path.startswith(body.territory_path)
        )
    return (
        other.territory_path.startswith(body.territory_path)
        or body.id in concerned
    )
