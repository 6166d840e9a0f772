"""What the administrator's pages of bodies read: which there are, who serves them, what waits for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from orchestrator.store.paging import page_of
from orchestrator.store.people import Membership, Person, at_work
from orchestrator.store.territories import Body, BodyEvent, Territory, inside
from orchestrator.store.user_tasks import IS_OPEN, UserTask, UserTaskCandidate

STUCK = "stuck"
EMPTY = "empty"
HEADLESS = "headless"
DISSOLVED = "dissolved"
"""Nobody at work while tasks wait; nobody at work; nobody with a head's title; dissolved."""
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A body of the list."""

    body: Body
    people: int
    """At work in it."""
    waiting: int
    """Open tasks that nobody holds and it may take."""
    headed: bool
    """Whether one of its people has a head's title."""

    @property
    def trouble(self) -> str:
        """STUCK, EMPTY, HEADLESS, DISSOLVED, or nothing."""
        if self.body.dissolved_at is not None:
            return DISSOLVED
        if not self.people:
            if self.waiting:
                return STUCK
            return EMPTY
        if self.headed or self.body.platform:
            return ""
        return HEADLESS


@dataclass(frozen=True, slots=True)
class BodyFilter:
    """Which bodies a page shows."""

    tenant_id: str
    paths: Sequence[str]
    head_titles: Sequence[str]
    grid_level: str
    """Bodies of grids have no head of their own."""
    trouble: str = ""
    text: str = ""


def page(
    session: Session,
    wanted: BodyFilter,
    after: str = "",
) -> tuple[list[BodyRow], str | None]:
    """AT_ONCE bodies after that id, and the last id when there are more."""
    query = (
        _matching(wanted)
        .where(Body.id > after)
        .order_by(Body.id)
        .limit(AT_ONCE + 1)
    )
    bodies, last = page_of(
        session.scalars(query).all(), AT_ONCE, lambda body: body.id
    )
    rows = _entries(session, bodies, wanted.head_titles, wanted.grid_level)
    return rows, last


def counts(session: Session, wanted: BodyFilter) -> dict[str, int]:
    """Trouble → how many bodies have it, and "" for all that stand."""
    result = {}
    for trouble in ("", STUCK, EMPTY, HEADLESS, DISSOLVED):
        query = _matching(
            BodyFilter(
                wanted.tenant_id,
                wanted.paths,
                wanted.head_titles,
                wanted.grid_level,
                trouble,
            ),
        )
        result[trouble] = (
            session.scalar(
                sa.select(sa.func.count()).select_from(query.subquery()),
            )
            or 0
        )
    return result


def one(
    session: Session,
    body: Body,
    head_titles: Sequence[str],
    grid_level: str,
) -> BodyRow:
    """The body as a row of the list."""
    return _entries(session, [body], head_titles, grid_level)[0]


def members(session: Session, body_id: str) -> Sequence[Any]:
    """(person, title, employment) of those at work in the body."""
    return session.execute(
        sa.select(Person, Membership.title, Membership.employment)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.body_id == body_id,
            Membership.until_on.is_(None),
            Person.active,
        )
        .order_by(Person.username)
        .limit(500),
    ).all()


def record(session: Session, body_id: str) -> Sequence[Any]:
    """(event, name of who did it) of what was done to the body, the newest first."""
    return session.execute(
        sa.select(BodyEvent, Person.display_name)
        .join(Person, Person.id == BodyEvent.actor_id, isouter=True)
        .where(BodyEvent.body_id == body_id)
        .order_by(BodyEvent.at.desc(), BodyEvent.id.desc())
        .limit(100),
    ).all()


def successors(session: Session, body: Body) -> Sequence[Body]:
    """Bodies that may succeed: those that stand at the same place, then those of the same role elsewhere."""
    return session.scalars(
        sa.select(Body)
        .where(
            Body.tenant_id == body.tenant_id,
            Body.id != body.id,
            Body.dissolved_at.is_(None),
            Body.ends_on.is_(None),
            Body.platform == body.platform,
            sa.or_(
                Body.territory_code == body.territory_code,
                sa.and_(Body.role == body.role, Body.level == body.level),
            ),
        )
        .order_by((Body.territory_code != body.territory_code), Body.id)
        .limit(500),
    ).all()


def places(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    without_level: str,
) -> Sequence[Territory]:
    """The territories at and below the paths, the widest first, but those of one level."""
    return session.scalars(
        sa.select(Territory)
        .where(
            Territory.tenant_id == tenant_id,
            inside(Territory.path, paths),
            Territory.level != without_level,
            Territory.active,
        )
        .order_by(sa.func.length(Territory.path), Territory.code)
        .limit(2_000),
    ).all()


def standing(session: Session, tenant_id: str) -> Sequence[Body]:
    """The city's bodies that are not dissolved, from the top of the territory on."""
    query = sa.select(Body).where(
        Body.tenant_id == tenant_id, Body.dissolved_at.is_(None)
    )
    return session.scalars(
        query.order_by(Body.territory_path, Body.role)
    ).all()


def is_known(session: Session, body_id: str) -> bool:
    """Whether there is or was a body of that id."""
    return session.get(Body, body_id) is not None


def in_use(session: Session, body_id: str) -> bool:
    """Whether somebody serves the body or an open task may go to it."""
    served = sa.exists().where(
        Membership.body_id == body_id,
        Membership.until_on.is_(None),
    )
    asked = sa.exists().where(
        UserTaskCandidate.candidate == body_id,
        UserTask.id == UserTaskCandidate.task_id,
        IS_OPEN,
    )
    return bool(session.scalar(sa.select(sa.or_(served, asked))))


def tasks_of_dissolved(
    session: Session,
    limit: int,
) -> list[tuple[str, Body, Body]]:
    """(task id, dissolved body, successor) of open tasks that still wait for a body that was dissolved."""
    successor = aliased(Body)
    rows = session.execute(
        sa.select(UserTask.id, Body, successor)
        .join(UserTaskCandidate, UserTaskCandidate.task_id == UserTask.id)
        .join(Body, Body.id == UserTaskCandidate.candidate)
        .join(successor, successor.id == Body.successor_id)
        .where(IS_OPEN, Body.dissolved_at.is_not(None))
        .order_by(UserTask.id)
        .limit(limit),
    )
    return [(task_id, dissolved, body) for task_id, dissolved, body in rows]


def _matching(wanted: BodyFilter) -> sa.Select[Body]:
    query = sa.select(Body).where(
        Body.tenant_id == wanted.tenant_id,
        inside(Body.territory_path, wanted.paths),
    )
    if wanted.text:
        query = query.where(Body.name.contains(wanted.text, autoescape=True))
    if wanted.trouble == DISSOLVED:
        return query.where(Body.dissolved_at.is_not(None))
    query = query.where(Body.dissolved_at.is_(None))
    waits = sa.exists().where(
        UserTaskCandidate.candidate == Body.id,
        UserTaskCandidate.offered,
    )
    headed = sa.exists().where(
        Membership.body_id == Body.id,
        Membership.until_on.is_(None),
        Membership.title.in_(wanted.head_titles),
        Person.id == Membership.person_id,
        Person.active,
    )
    conditions = {
        STUCK: [~at_work(Body.id), waits],
        EMPTY: [~at_work(Body.id), ~waits],
        HEADLESS: [
            at_work(Body.id),
            ~headed,
            Body.platform == "",
            Body.level != wanted.grid_level,
        ],
    }
    return query.where(*conditions.get(wanted.trouble, ()))


def _entries(
    session: Session,
    bodies: Iterable[Body],
    head_titles: Sequence[str],
    grid_level: str,
) -> list[BodyRow]:
    results = list(bodies)
    ids = [body.id for body in results]
    titles: dict[str, list[str]] = {}
    serving = session.execute(
        sa.select(Membership.body_id, Membership.title)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.body_id.in_(ids),
            Membership.until_on.is_(None),
            Person.active,
        ),
    )
    for body_id, title in serving:
        titles.setdefault(body_id, []).append(title)
    waiting = dict(
        session.execute(
            sa.select(UserTaskCandidate.candidate, sa.func.count())
            .where(
                UserTaskCandidate.candidate.in_(ids),
                UserTaskCandidate.offered,
            )
            .group_by(UserTaskCandidate.candidate),
        ).all(),
    )
    return [
        BodyRow(
            body,
            len(titles.get(body.id, ())),
            waiting.get(body.id, 0),
            body.level == grid_level
            or any(title in head_titles for title in titles.get(body.id, ())),
        )
        for body in results
    ]
