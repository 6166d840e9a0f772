"""Accounts as administrators handle them in the browser.

An administrator reaches the people all of whose bodies lie in his territory or below it, and gives nobody a
body outside of it; so nobody is ever given more than the administrator himself oversees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import (
    Forbidden,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import joined, say
from orchestrator.services import access
from orchestrator.services.access import Viewer
from orchestrator.services.people import (
    accounts,
    attempts,
    links,
    photos,
    second_factors,
    sessions,
)
from orchestrator.services.people.accounts import Details, NewAccount
from orchestrator.services.user_tasks import leaving
from orchestrator.services.user_tasks.leaving import Successor, TasksLeft
from orchestrator.store import people_pages
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body

LINKS_AT_ONCE = 100
"""One-time links of one transaction."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new account."""

    person_id: int
    link: str
    """Text of the one-time link with which its person sets a password."""


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What a change did."""

    changed: Mapping[str, list[str]]
    """Field → before and after."""
    tasks: TasksLeft


def add(by: int, username: str, details: Details, now: datetime) -> Made:
    """Makes an account. Raises Forbidden for a body out of reach, RuleViolated."""
    with transaction() as session:
        viewer = administrator(session, by)
        require_bodies(session, viewer, details.bodies or {})
        person, touched = accounts.write_new(
            session,
            NewAccount(viewer.tenant_id, username, ""),
            details,
            now,
            by,
        )
        photos.refresh(session, viewer.tenant_id, touched, now)
        return Made(person.id, links.make(session, person, now, by))


def change(
    by: int,
    person_id: int,
    details: Details,
    now: datetime,
    seen: str | None = None,
    to: int | None = None,
) -> AccountChange:
    """Changes an account; open tasks of bodies that the person leaves go to the person `to`, else back to
    their bodies.

    `seen` is the account's `state_of` as the page showed it. Raises NotFound, Forbidden, InstanceChanged when
    somebody else changed it meanwhile, RuleViolated.
    """
    with transaction() as session:
        viewer = administrator(session, by)
        person = locked_person(session, viewer, person_id)
        if seen is not None and seen != state_of(session, person):
            raise InstanceChanged(
                say("这名人员的资料刚刚被别人改动，请核对后重新保存"),
            )
        if details.bodies is not None:
            _require_others_bodies(session, viewer, person, details.bodies)
            require_bodies(session, viewer, details.bodies)
        successor = successor_for(session, viewer, person, to)
        changed = accounts.update(session, person, details, now, by)
    return AccountChange(
        changed,
        leaving.hand_over_after_move(person_id, successor, now),
    )


def retire(
    by: int,
    person_id: int,
    now: datetime,
    to: int | None = None,
) -> TasksLeft:
    """Closes the account, ends its sessions; open tasks go to the person `to` where he may have them, else
    back to their bodies. Raises as `change`, RuleViolated for one's own account."""
    with transaction() as session:
        viewer = administrator(session, by)
        person = locked_person(session, viewer, person_id)
        if person.id == by:
            raise RuleViolated([say("不能停用自己的账号，请另一位管理员办理")])
        successor = successor_for(session, viewer, person, to)
        accounts.close(session, person, now, by)
    if successor is not None:
        return leaving.hand_over_tasks_of(person_id, successor, now)
    return TasksLeft(given_back=leaving.release_tasks_of(person_id, now))


def restore(by: int, person_id: int, details: Details, now: datetime) -> Made:
    """Opens a closed account again, with new bodies and a one-time link. Raises as `change`."""
    with transaction() as session:
        viewer = administrator(session, by)
        person = locked_person(session, viewer, person_id)
        if person.active:
            raise RuleViolated(
                [say("“{username}”没有停用", username=person.username)],
            )
        if not details.bodies:
            raise RuleViolated([say("请至少填写一个机构")])
        require_bodies(session, viewer, details.bodies)
        person.active = True
        accounts.note(session, person, "restored", now, by)
        accounts.update(session, person, details, now, by)
        return Made(person.id, links.make(session, person, now, by))


def make_link(by: int, person_id: int, now: datetime) -> str:
    """Text of a one-time link to set a password; the old password and all sessions end. Raises as
    `change`."""
    with transaction() as session:
        person = _in_service(session, administrator(session, by), person_id)
        return links.make(session, person, now, by)


def reset_second_factor(by: int, person_id: int, now: datetime) -> str:
    """Takes the second factor from the person, whose telephone is lost; text of a one-time link, since the
    password alone must not be enough to set up another. Raises as `change`, RuleViolated for one's own."""
    with transaction() as session:
        person = _in_service(session, administrator(session, by), person_id)
        if person.id == by:
            raise RuleViolated(
                [say("不能重置自己的两步验证，请另一位管理员办理")],
            )
        second_factors.forget(session, person, now, by)
        return links.make(session, person, now, by)


def make_links(by: int, now: datetime) -> list[tuple[Person, str]]:
    """A new one-time link for everybody within reach who has no password yet, by user name; a hundred in a
    transaction, so that nobody else waits for all of them."""
    with transaction(writing=False) as session:
        viewer = administrator(session, by)
        waiting = people_pages.without_password(
            session,
            viewer.tenant_id,
            viewer.administered_paths,
        )
        ids = [person.id for person in waiting]
    made: list[tuple[Person, str]] = []
    for start in range(0, len(ids), LINKS_AT_ONCE):
        some = ids[start : start + LINKS_AT_ONCE]
        made += _make_some_links(by, some, now)
    return made


def _make_some_links(
    by: int,
    people: Sequence[int],
    now: datetime,
) -> list[tuple[Person, str]]:
    """As `make_links`, for those of these people who still wait."""
    with transaction() as session:
        viewer = administrator(session, by)
        waiting = people_pages.without_password(
            session,
            viewer.tenant_id,
            viewer.administered_paths,
            people,
        )
        tokens = links.make_all(session, waiting, now, by)
        return list(zip(waiting, tokens, strict=True))


def end_sessions(by: int, person_id: int, now: datetime) -> None:
    """Signs the person out everywhere. Raises as `change`."""
    with transaction() as session:
        person = locked_person(session, administrator(session, by), person_id)
        sessions.raise_epoch(session, person)
        accounts.note(session, person, "sessions-ended", now, by)


def unlock(by: int, person_id: int, now: datetime) -> None:
    """Failed attempts so far no longer make this name wait. Raises as `change`."""
    with transaction() as session:
        person = locked_person(session, administrator(session, by), person_id)
        attempts.unlock(session, person, now)
        accounts.note(session, person, "unlocked", now, by)


# ---- parts of acts, in their transaction


def administrator(session: Session, by: int) -> Viewer:
    """The administrator. Raises Forbidden for who administers nobody."""
    viewer = access.viewer(session, by)
    if viewer is None or not viewer.administered_paths:
        raise Forbidden(say("只有平台管理员可以管理人员和机构"))
    return viewer


def state_of(session: Session, person: Person) -> str:
    """A text that is another one after any change of name, telephone, bodies, titles or employment."""
    served = people_pages.served(session, [person.id]).get(person.id, [])
    lines = (
        f"{body.body_id}/{body.title}/{body.employment}" for body in served
    )
    return sessions.session_id(
        "|".join((person.display_name, person.phone, *lines)),
    )[:16]


def require_bodies(
    session: Session,
    viewer: Viewer,
    bodies: Iterable[str],
) -> None:
    """Raises Forbidden when one of the bodies (`role:place`) lies outside the administrator's territory;
    unknown ones are left to `accounts.objections`."""
    ids = [f"{viewer.tenant_id}:{body}" for body in bodies]
    results = session.scalars(
        sa.select(Body).where(Body.id.in_(ids)).order_by(Body.id),
    ).all()
    beyond = [
        body.name
        for body in results
        if not reaches(viewer, body.territory_path)
    ]
    if beyond:
        raise Forbidden(
            say(
                "{names}不在您管理的地方，请上级管理员办理",
                names=joined("、", [f"“{name}”" for name in beyond]),
            ),
        )


def reaches(viewer: Viewer, path: str) -> bool:
    """Whether the territory lies in one that the administrator administers."""
    return any(path.startswith(value) for value in viewer.administered_paths)


def reached(session: Session, viewer: Viewer, person_id: int) -> Person:
    """The person, when one of his bodies lies in the administrator's territory. Raises NotFound."""
    person = session.get(Person, person_id)
    if person is None or person.tenant_id != viewer.tenant_id:
        raise NotFound(str(person_id))
    paths = people_pages.paths_of(session, person)
    if not any(reaches(viewer, path) for path in paths):
        raise NotFound(str(person_id))
    return person


def is_whole(session: Session, viewer: Viewer, person: Person) -> bool:
    """Whether all of the person's bodies lie in the administrator's territory."""
    return all(
        reaches(viewer, path)
        for path in people_pages.paths_of(session, person)
    )


def locked_person(session: Session, viewer: Viewer, person_id: int) -> Person:
    """The person, locked, when all of his bodies lie in the administrator's territory. Raises NotFound,
    Forbidden."""
    session.scalar(
        sa.select(Person.id).where(Person.id == person_id).with_for_update(),
    )
    person = reached(session, viewer, person_id)
    if not is_whole(session, viewer, person):
        raise Forbidden(
            say(
                "“{name}”还在您管理的地方以外任职，请上级管理员办理",
                name=person.display_name,
            ),
        )
    return person


def _in_service(session: Session, viewer: Viewer, person_id: int) -> Person:
    person = locked_person(session, viewer, person_id)
    if not person.active:
        raise RuleViolated(
            [say("“{name}”已停用，请先恢复", name=person.display_name)],
        )
    return person


def _require_others_bodies(
    session: Session,
    viewer: Viewer,
    person: Person,
    bodies: Mapping[str, str],
) -> None:
    if not person.active:
        raise RuleViolated(
            [say("“{name}”已停用，请先恢复", name=person.display_name)],
        )
    if not bodies:
        raise RuleViolated([say("请至少填写一个机构；人员离岗请用停用")])
    if person.id == viewer.person_id and set(bodies) != set(
        accounts.bodies_of(session, person),
    ):
        raise RuleViolated([say("不能改动自己所在的机构，请另一位管理员办理")])


def successor_for(
    session: Session,
    viewer: Viewer,
    person: Person,
    to: int | None,
) -> Successor | None:
    """Who is to have the person's tasks; None for nobody. Raises NotFound, RuleViolated for who is not at
    work."""
    if to is None:
        return None
    reached(session, viewer, to)
    if to == person.id or not people_pages.is_at_work(session, to):
        raise RuleViolated([say("接手任务的应是另一名在岗人员")])
    return Successor(to, viewer)
