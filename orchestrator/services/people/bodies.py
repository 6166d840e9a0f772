"""Bodies as administrators change them: created, renamed, dissolved with a successor on a day of effect.

A merger is the dissolution of one body into another. People and open tasks go to the successor on that day;
what a diagram means for the dissolved body goes there from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.territory import body_id
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.access import Viewer, is_whole
from orchestrator.services.installation.database import settings
from orchestrator.services.people.administering import administrator, reaches
from orchestrator.services.people.full_names import name_at
from orchestrator.services.user_tasks import leaving
from orchestrator.store import body_pages
from orchestrator.store.people import Membership
from orchestrator.store.session import transaction
from orchestrator.store.territories import DESIGNS, Body, BodyEvent, Territory

LONGEST_NAME = 60
AT_ONCE = 500
"""Tasks that one round hands to successors; the next one goes on."""


@dataclass(frozen=True, slots=True)
class Dissolution:
    """What is planned for a body."""

    on: date
    """The day of effect, in the office's zone; today: at once."""
    successor_id: str = ""
    """The body that takes its people and open tasks; empty: it has neither."""


class StandsAlready(RuleViolated):
    """The place has a body of that role."""

    def __init__(self, name: str) -> None:
        super().__init__([say("这里已有“{name}”", name=name)])


def create(by: int, role: str, place: str, name: str, now: datetime) -> str:
    """Sets up a body of a role of the profile at a place, or a dissolved one again; returns its id. An empty
    name: the one that the profile gives.

    Raises Forbidden out of reach, RuleViolated.
    """
    with transaction() as session:
        viewer = administrator(session, by)
        territory = session.get(Territory, (viewer.tenant_id, place))
        if territory is None or not reaches(viewer, territory.path):
            raise Forbidden(say("只能在您管理的地方设立机构"))
        profile = bundles.profile_in_force(session, viewer.tenant_id, now)
        known = profile.roles.get(role)
        if known is None:
            raise RuleViolated([say("请从列出的种类中选一种机构")])
        require_place(profile, role, territory)
        platform = profile.platform(role)
        body = session.get(
            Body,
            body_id(viewer.tenant_id, role, place),
            with_for_update=True,
        )
        if body is not None and body.dissolved_at is None:
            raise StandsAlready(body.name)
        if name.strip():
            given = checked_name(name)
        else:
            given = name_at(known, territory.name, profile.name)
        if body is None:
            body = Body(
                id=body_id(viewer.tenant_id, role, place),
                tenant_id=viewer.tenant_id,
            )
            session.add(body)
        body.role = role
        body.family = known.family
        body.level = territory.level
        body.territory_code = place
        body.territory_path = territory.path
        body.oversees = known.oversees
        body.platform = platform
        body.name = given
        body.named_here = bool(name.strip())
        body.ends_on = body.successor_id = body.dissolved_at = None
        session.flush()
        note(
            session,
            body,
            "created",
            now,
            by,
            {"name": given},
        )
        return body.id


def rename(by: int, body: str, name: str, now: datetime) -> None:
    """Names the body; the profile's name counts no more. Raises NotFound, RuleViolated."""
    with transaction() as session:
        result = _standing(session, administrator(session, by), body)
        before = result.name
        result.name = checked_name(name)
        result.named_here = True
        if before != result.name:
            note(
                session,
                result,
                "renamed",
                now,
                by,
                {"from": before, "to": result.name},
            )


def dissolve(by: int, body: str, plan: Dissolution, now: datetime) -> bool:
    """Plans the body's dissolution, or carries it out when its day has come; whether it was carried out.
    Raises NotFound, Forbidden, RuleViolated."""
    today = settings().day_of(now)
    with transaction() as session:
        viewer = administrator(session, by)
        result = _standing(session, viewer, body)
        successor = _successor(session, viewer, result, plan.successor_id)
        if plan.on < today:
            raise RuleViolated([say("生效日期不能早于今天")])
        if result.id in {body.id for body in viewer.bodies}:
            raise RuleViolated(
                [say("不能撤销自己所在的机构，请上级管理员办理")],
            )
        if successor is None and body_pages.in_use(session, result.id):
            raise RuleViolated(
                [say("这个机构还有人员或者待办任务，请选定接续的机构")],
            )
        result.ends_on = plan.on
        result.successor_id = successor.id if successor else None
        details = {
            "on": plan.on.isoformat(),
            "successor": successor.name if successor else "",
        }
        note(
            session,
            result,
            "planned",
            now,
            by,
            details,
        )
        due = plan.on <= today
    if due:
        settle(now)
    return due


def keep(by: int, body: str, now: datetime) -> None:
    """Takes a planned dissolution back. Raises NotFound."""
    with transaction() as session:
        result = _standing(session, administrator(session, by), body)
        if result.ends_on is None:
            return
        result.ends_on = result.successor_id = None
        note(
            session,
            result,
            "kept",
            now,
            by,
            {},
        )


def settle(now: datetime) -> int:
    """Dissolves the bodies whose day has come and hands open tasks to their successors; how many of both. May
    be interrupted and run twice."""
    with transaction(writing=False) as session:
        due = session.scalars(
            sa.select(Body.id).where(
                Body.ends_on <= settings().day_of(now),
                Body.dissolved_at.is_(None),
            ),
        ).all()
    done = sum(_end(value, now) for value in due)
    with transaction(writing=False) as session:
        waiting = body_pages.tasks_of_dissolved(session, AT_ONCE)
    for task_id, dissolved, successor in waiting:
        leaving.follow_successor(task_id, dissolved, successor, now)
    return done + len(waiting)


def reached(session: Session, viewer: Viewer, body: str) -> Body:
    """The body, when it lies in the administrator's territory. Raises NotFound."""
    result = session.get(Body, body)
    if (
        result is None
        or result.tenant_id != viewer.tenant_id
        or not reaches(viewer, result.territory_path)
    ):
        raise NotFound(body)
    return result


def _end(body: str, now: datetime) -> bool:
    with transaction() as session:
        result = session.get_one(Body, body, with_for_update=True)
        if (
            result.dissolved_at is not None
            or result.ends_on is None
            or result.ends_on > settings().day_of(now)
        ):
            return False
        result.dissolved_at = now
        # Who was to follow on this body is followed by its successor.
        earlier = sa.update(Body).where(Body.successor_id == result.id)
        session.execute(earlier.values(successor_id=result.successor_id))
        moved = _move_people(session, result, now)
        note(
            session,
            result,
            "dissolved",
            now,
            None,
            {"people": moved},
        )
        return True


def _move_people(session: Session, dissolved: Body, now: datetime) -> int:
    today = settings().day_of(now)
    leaving_rows = session.scalars(
        sa.select(Membership).where(
            Membership.body_id == dissolved.id,
            Membership.until_on.is_(None),
        ),
    ).all()
    for row in leaving_rows:
        row.until_on = today
        if dissolved.successor_id is None:
            continue
        there = session.scalar(
            sa.select(Membership).where(
                Membership.person_id == row.person_id,
                Membership.body_id == dissolved.successor_id,
            ),
        )
        if there is None:
            there = Membership(
                person_id=row.person_id,
                body_id=dissolved.successor_id,
            )
            session.add(there)
        elif there.until_on is None:
            continue
        there.title = row.title
        there.employment = row.employment
        there.from_on = today
        there.until_on = None
    session.flush()
    return len(leaving_rows)


def _standing(session: Session, viewer: Viewer, body: str) -> Body:
    session.scalar(sa.select(Body.id).where(Body.id == body).with_for_update())
    result = reached(session, viewer, body)
    if result.dissolved_at is not None:
        raise RuleViolated([say("“{name}”已经撤销", name=result.name)])
    return result


def _successor(
    session: Session,
    viewer: Viewer,
    body: Body,
    successor_id: str,
) -> Body | None:
    if not successor_id:
        return None
    result = reached(session, viewer, successor_id)
    if (
        result.id == body.id
        or result.dissolved_at is not None
        or result.ends_on is not None
    ):
        raise RuleViolated([say("接续的应是另一个不撤销的机构")])
    if result.platform != body.platform:
        raise RuleViolated([say("平台的机构和办理业务的机构不能互相接续")])
    return result


def require_place(
    profile: Jurisdiction,
    role: str,
    territory: Territory,
) -> None:
    """Raises RuleViolated where a body of the role is not set up at that place by an administrator."""
    if territory.level == profile.levels.grid:
        raise RuleViolated([say("网格由网格调整流程设立，不在这里办理")])
    if not territory.active:
        raise RuleViolated(
            [
                say(
                    "区划“{place}”已经撤销，请写现行的区划代码",
                    place=territory.name,
                )
            ]
        )
    if profile.platform(role) == DESIGNS and not is_whole(territory.path):
        raise RuleViolated([say("流程设计是全辖区的，只能设在最高一级")])


def checked_name(given: str) -> str:
    """The name as it is kept. Raises RuleViolated for one that is empty or too long."""
    name = given.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise RuleViolated(
            [say("名称应为 1 到 {longest} 个字", longest=LONGEST_NAME)],
        )
    return name


def note(
    session: Session,
    body: Body,
    kind: str,
    now: datetime,
    actor: int | None,
    details: Mapping[str, object],
) -> None:
    """Writes what was done into the body's record."""
    session.add(
        BodyEvent(
            body_id=body.id,
            at=now,
            kind=kind,
            actor_id=actor,
            details=dict(details),
        ),
    )
