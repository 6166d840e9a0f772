"""Groups of the city's directory and the bodies that they stand for: kept by the administrators of the whole
city, since a group has people of every county; followed at each sign-in by the provider."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services.access import Viewer
from orchestrator.services.people import account_rows, bodies, body_names
from orchestrator.services.people.account_facts import Details
from orchestrator.services.people.administering import (
    administrator,
    require_bodies,
)
from orchestrator.services.people.body_names import TypedBody
from orchestrator.services.user_tasks import leaving
from orchestrator.services.user_tasks.leaving import TasksLeft
from orchestrator.store import provisioning
from orchestrator.store.groups import LONGEST_GROUP, GroupMapping, mappings_of
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

MOST = 2_000
"""Rows of the table of one jurisdiction."""
AT_ONCE = 200
"""Members of a group who are moved while an administrator waits."""


def put(by: int, group: str, typed: TypedBody, now: datetime) -> None:
    """Who is in the group serves the body from his next sign-in on, and at once where the directory pushed
    the group and it is small; the clock sees to the rest within the hour. Raises Forbidden for who does not
    administer the whole city, RuleViolated."""
    name = group.strip()
    if not 0 < len(name) <= LONGEST_GROUP or not name.isprintable():
        raise RuleViolated(
            [say("组名应为 1 到 {longest} 个字", longest=LONGEST_GROUP)],
        )
    if len(typed.title) > 60:
        raise RuleViolated(
            [say("职务“{title}”最多 60 个字", title=typed.title)],
        )
    with transaction() as session:
        viewer = _administrator_of_all(session, by)
        (typed_body,) = body_names.resolve(session, viewer, [typed])
        require_bodies(session, viewer, [typed_body.key])
        body = bodies.reached(
            session,
            viewer,
            f"{viewer.tenant_id}:{typed_body.key}",
        )
        rows = sa.select(GroupMapping).where(
            GroupMapping.tenant_id == viewer.tenant_id,
        )
        counted = sa.select(sa.func.count()).select_from(rows.subquery())
        if (session.scalar(counted) or 0) >= MOST:
            raise RuleViolated(
                [say("对照表最多 {most} 行，请先删除不用的", most=MOST)],
            )
        known = session.scalar(
            rows.where(
                GroupMapping.group_name == name,
                GroupMapping.body_id == body.id,
            ),
        )
        if known is not None:
            raise RuleViolated(
                [
                    say(
                        "“{group}”已经对应“{body}”",
                        group=name,
                        body=body.name,
                    ),
                ],
            )
        session.add(
            GroupMapping(
                tenant_id=viewer.tenant_id,
                group_name=name,
                body_id=body.id,
                title=typed.title,
            ),
        )
        details = {"group": name, "title": typed.title}
        bodies.note(
            session,
            body,
            "group-put",
            now,
            by,
            details,
        )
        pushed = provisioning.members_by_name(session, viewer.tenant_id, name)
    for person_id in pushed[:AT_ONCE]:
        follow_directory(person_id, now)


def remove(by: int, mapping_id: int, now: datetime) -> None:
    """The group stands for the body no more; who serves it stays there. Raises NotFound, Forbidden as
    `put`."""
    with transaction() as session:
        viewer = _administrator_of_all(session, by)
        group_mapping = session.get(GroupMapping, mapping_id)
        if (
            group_mapping is None
            or group_mapping.tenant_id != viewer.tenant_id
        ):
            raise NotFound(str(mapping_id))
        body = bodies.reached(session, viewer, group_mapping.body_id)
        details = {"group": group_mapping.group_name}
        session.delete(group_mapping)
        bodies.note(
            session,
            body,
            "group-removed",
            now,
            by,
            details,
        )


def follow(username: str, groups: Collection[str], now: datetime) -> TasksLeft:
    """Gives the person the bodies that his groups stand for, and takes from him those of other groups, with
    his open tasks there going back to the body. Bodies that no group stands for stay as they are. A name
    that nobody has changes nothing."""
    with transaction() as session:
        person = session.scalar(
            sa.select(Person)
            .where(Person.username == username, Person.active)
            .with_for_update(),
        )
        if person is None or person.is_demo:
            return TasksLeft()
        person_id = person.id
        pushed = _pushed(session, person_id)
        changed = apply(session, person, pushed.union(groups), now)
    if not changed:
        return TasksLeft()
    return leaving.hand_over_after_move(person_id, None, now)


def follow_directory(person_id: int, now: datetime) -> TasksLeft:
    """As `follow`, for the groups that the directory pushed: other groups give and take nothing. Who has left
    stays as he is."""
    with transaction() as session:
        person = session.get_one(Person, person_id, with_for_update=True)
        changed = apply_pushed(session, person, now)
    return hand_over(person_id, now) if changed else TasksLeft()


def apply_pushed(
    session: Session,
    person: Person,
    now: datetime,
    former: str = "",
) -> bool:
    """As `follow_directory`, in a transaction and without the tasks; whether it changed his bodies.
    `former`: the name of a group until now."""
    if not person.active or person.is_demo:
        return False
    known = provisioning.known_groups(person.tenant_id, {})
    names = {group.name for group in session.scalars(known)} | {former}
    mine = _pushed(session, person.id)
    return apply(session, person, mine, now, names)


def hand_over(person_id: int, now: datetime) -> TasksLeft:
    """What to do once `apply_pushed` has changed somebody: open tasks go back to the bodies he left."""
    return leaving.hand_over_after_move(person_id, None, now)


def reconcile(now: datetime) -> int:
    """Brings everybody in a pushed group to the bodies of his groups, where an act was interrupted or the
    table has grown; how many changed."""
    with transaction(writing=False) as session:
        members = provisioning.everybody_in_groups(session)
    changed = 0
    for person_id in members:
        with transaction() as session:
            person = session.get_one(Person, person_id, with_for_update=True)
            moved = apply_pushed(session, person, now)
        if moved:
            hand_over(person_id, now)
            changed += 1
    return changed


def _pushed(session: Session, person_id: int) -> set[str]:
    result = provisioning.groups_of(session, [person_id])
    return {group.name for group in result[person_id]}


def apply(
    session: Session,
    person: Person,
    groups: Collection[str],
    now: datetime,
    known: Collection[str] | None = None,
) -> bool:
    """As `follow`, in a transaction and without the tasks; whether it changed his bodies. `known`: the groups
    that count; None: all."""
    mappings = [
        group_mapping
        for group_mapping in mappings_of(session, person.tenant_id)
        if known is None or group_mapping.group_name in known
    ]
    served = account_rows.bodies_of(session, person)
    ruled = {
        group_mapping.body_id.partition(":")[2] for group_mapping in mappings
    }
    wanted = {
        body: title for body, title in served.items() if body not in ruled
    }
    for group_mapping in mappings:
        body = group_mapping.body_id.partition(":")[2]
        if group_mapping.group_name in groups:
            wanted[body] = served.get(body, group_mapping.title)
    if wanted == served:
        return False
    account_rows.update(session, person, Details(bodies=wanted), now, None)
    return True


def _administrator_of_all(session: Session, by: int) -> Viewer:
    viewer = administrator(session, by)
    if not viewer.operates:
        raise Forbidden(
            say("目录里的组包含各地人员，对照表由管理全市的管理员维护"),
        )
    return viewer
