"""What the administrator's pages of people read: who is there, in which bodies, with how much in hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store import report_openings
from orchestrator.store.accounts import AccountEvent, SignInEvent
from orchestrator.store.paging import page_of
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body, Territory, inside
from orchestrator.store.user_tasks import IS_OPEN, UserTask

WORKING = "working"
WAITING = "waiting"
RETIRED = "retired"
"""States of an account: in use, in use without a password yet, closed."""
AT_ONCE = 50
"""People on a page."""
_NO_PASSWORD = sa.or_(
    Person.password_hash == "",
    Person.one_time_until.is_not(None),
)


@dataclass(frozen=True, slots=True)
class ServedBody:
    """A body that a person serves, or served last."""

    body_id: str
    name: str
    path: str
    """Of its territory."""
    title: str
    employment: str

    @property
    def key(self) -> str:
        """`role:place`."""
        return self.body_id.partition(":")[2]


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What a page of people is to show."""

    tenant_id: str
    paths: Sequence[str]
    """Of the territories, with all below them."""
    text: str = ""
    """In name, user name, telephone or the name of a body."""
    state: str = ""
    """WORKING, WAITING, RETIRED; empty: all."""
    body_id: str = ""


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A part of the list."""

    people: Sequence[Person]
    bodies: Mapping[int, Sequence[ServedBody]]
    signed_in: Mapping[int, datetime]
    """Person → his last sign-in."""
    tasks: Mapping[int, int]
    """Person → how many open tasks he holds."""
    after: str | None
    """The last user name, when there are more."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """State → how many people, and "" for all."""


def page(
    session: Session,
    wanted: PeopleFilter,
    after: str = "",
) -> PeoplePage:
    """AT_ONCE people after that user name, in its order."""
    query = _matching(wanted).where(
        _state(wanted.state),
        Person.username > after,
    )
    results = session.scalars(
        query.order_by(Person.username).limit(AT_ONCE + 1),
    ).all()
    people, last = page_of(results, AT_ONCE, lambda person: person.username)
    ids = [person.id for person in people]
    states = session.execute(
        _matching(wanted)
        .with_only_columns(
            sa.case(
                (~Person.active, RETIRED),
                (_NO_PASSWORD, WAITING),
                else_=WORKING,
            ).label("state"),
            sa.func.count().label("many"),
        )
        .group_by("state"),
    )
    counts = {row.state: row.many for row in states}
    return PeoplePage(
        people,
        served(session, ids),
        last_sign_ins(session, ids),
        open_tasks(session, ids),
        last,
        {**counts, "": sum(counts.values())},
    )


def everybody(
    session: Session,
    wanted: PeopleFilter,
) -> list[tuple[Person, ServedBody]]:
    """A line for each body of everybody who matches, by user name; for the export."""
    people = session.scalars(
        _matching(wanted)
        .where(_state(wanted.state))
        .order_by(Person.username),
    ).all()
    bodies = served(session, [person.id for person in people])
    return [
        (person, body)
        for person in people
        for body in bodies.get(person.id, ())
    ]


def everybody_at_work(
    session: Session,
    tenant_id: str,
) -> list[tuple[Person, ServedBody]]:
    """A line for each body of everybody of the jurisdiction who is in service, by user name."""
    people = session.scalars(
        sa.select(Person)
        .where(Person.tenant_id == tenant_id, Person.active)
        .order_by(Person.username),
    ).all()
    bodies = served(session, [person.id for person in people])
    return [
        (person, body)
        for person in people
        for body in bodies.get(person.id, ())
    ]


def state_of(person: Person) -> str:
    """WORKING, WAITING or RETIRED."""
    if not person.active:
        return RETIRED
    if person.password_hash == "" or person.one_time_until is not None:
        return WAITING
    return WORKING


def without_password(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    people: Sequence[int] | None = None,
) -> Sequence[Person]:
    """People in service all of whose bodies lie in these territories and who have no password yet, locked;
    of these people alone where they are given."""
    query = _matching(PeopleFilter(tenant_id, paths)).where(
        _state(WAITING),
        ~_serves_outside(paths),
    )
    if people is not None:
        query = query.where(Person.id.in_(people))
    return session.scalars(
        query.order_by(Person.username).with_for_update(of=Person),
    ).all()


def served(
    session: Session,
    people: Iterable[int],
) -> dict[int, list[ServedBody]]:
    """Person → the bodies he serves; of somebody who serves none, those he served last."""
    result: dict[int, list[ServedBody]] = {}
    rows = session.execute(
        sa.select(Membership, Body.name, Body.territory_path)
        .join(Body, Body.id == Membership.body_id)
        .where(Membership.person_id.in_(list(people)), _current_or_last())
        .order_by(Membership.person_id, Body.territory_path, Body.id),
    )
    for membership, name, path in rows:
        result.setdefault(membership.person_id, []).append(
            ServedBody(
                membership.body_id,
                name,
                path,
                membership.title,
                membership.employment,
            ),
        )
    return result


def paths_of(session: Session, person: Person) -> list[str]:
    """Paths of the territories of the bodies that the person serves, or served last."""
    return [
        body.path for body in served(session, [person.id]).get(person.id, [])
    ]


def is_at_work(session: Session, person_id: int) -> bool:
    """Whether the account is in use and serves a body."""
    serves = sa.exists().where(
        Membership.person_id == Person.id,
        Membership.until_on.is_(None),
    )
    return (
        session.scalar(
            sa.select(Person.id).where(
                Person.id == person_id,
                Person.active,
                serves,
            ),
        )
        is not None
    )


def last_sign_ins(
    session: Session,
    people: Iterable[int],
) -> dict[int, datetime]:
    """Person → the instant of his last sign-in."""
    rows = session.execute(
        sa.select(SignInEvent.person_id, sa.func.max(SignInEvent.at))
        .where(
            SignInEvent.person_id.in_(list(people)),
            SignInEvent.kind == "signed-in",
        )
        .group_by(SignInEvent.person_id),
    )
    return {person: at for person, at in rows if person is not None}


def open_tasks(session: Session, people: Iterable[int]) -> dict[int, int]:
    """Person → how many open tasks he holds."""
    rows = session.execute(
        sa.select(UserTask.assignee_id, sa.func.count())
        .where(IS_OPEN, UserTask.assignee_id.in_(list(people)))
        .group_by(UserTask.assignee_id),
    )
    return {person: many for person, many in rows if person is not None}


def colleagues(session: Session, person: Person) -> list[tuple[int, str]]:
    """(id, name and title) of the others at work in the person's bodies."""
    bodies = [
        body.body_id
        for body in served(session, [person.id]).get(person.id, [])
    ]
    rows = session.execute(
        sa.select(Person.id, Person.display_name, Membership.title)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.body_id.in_(bodies),
            Membership.until_on.is_(None),
            Person.active,
            Person.id != person.id,
        )
        .order_by(Person.display_name, Membership.title)
        .limit(500),
    )
    named = {
        row.id: f"{row.display_name}（{row.title}）"
        if row.title
        else row.display_name
        for row in rows
    }
    return list(named.items())


def record(
    session: Session,
    person_id: int,
    limit: int = 100,
) -> Sequence[Any]:
    """(event, name of who did it) of what was done to the account, the newest first. Residents' reports
    that the person opened are not among them: reviews of openings list them."""
    actor = sa.orm.aliased(Person)
    return session.execute(
        sa.select(AccountEvent, actor.display_name)
        .join(actor, actor.id == AccountEvent.actor_id, isouter=True)
        .where(
            AccountEvent.person_id == person_id,
            AccountEvent.kind != report_openings.KIND,
        )
        .order_by(AccountEvent.at.desc(), AccountEvent.id.desc())
        .limit(limit),
    ).all()


def places(
    session: Session,
    tenant_id: str,
    path: str,
) -> tuple[list[Territory], list[tuple[Territory, int]]]:
    """The territories from the widest down to the one of that path, and those right below it with how many
    people serve there."""
    codes = path.strip("/").split("/")
    above = session.scalars(
        sa.select(Territory).where(
            Territory.tenant_id == tenant_id,
            Territory.code.in_(codes),
        ),
    ).all()
    below = session.scalars(
        sa.select(Territory)
        .where(
            Territory.tenant_id == tenant_id,
            Territory.parent_code == codes[-1],
            Territory.active,
        )
        .order_by(Territory.code),
    ).all()
    rows = session.execute(
        sa.select(Membership.person_id, Body.territory_path)
        .join(Body, Body.id == Membership.body_id)
        .where(
            Body.tenant_id == tenant_id,
            inside(Body.territory_path, [path]),
            Membership.until_on.is_(None),
        ),
    ).all()
    serving: dict[str, set[int]] = {}
    for row in rows:
        beneath = row.territory_path[len(path) :].partition("/")[0]
        serving.setdefault(beneath, set()).add(row.person_id)
    return (
        sorted(above, key=lambda territory: len(territory.path)),
        [
            (territory, len(serving.get(territory.code, ())))
            for territory in below
        ],
    )


def _matching(wanted: PeopleFilter) -> sa.Select[Person]:
    here = sa.exists().where(
        Membership.person_id == Person.id,
        Membership.body_id == Body.id,
        inside(Body.territory_path, wanted.paths),
        _current_or_last(),
    )
    query = sa.select(Person).where(Person.tenant_id == wanted.tenant_id, here)
    if wanted.body_id:
        query = query.where(here.where(Body.id == wanted.body_id))
    if wanted.text:
        query = query.where(
            sa.or_(
                *(
                    column.contains(wanted.text, autoescape=True)
                    for column in (
                        Person.display_name,
                        Person.username,
                        Person.phone,
                    )
                ),
                here.where(Body.name.contains(wanted.text, autoescape=True)),
            ),
        )
    return query


def _current_or_last() -> sa.ColumnElement[bool]:
    """The condition on Membership: it has not ended, or its person serves nothing and it is among those that
    ended last."""
    later = sa.orm.aliased(Membership)
    after = sa.exists().where(
        later.person_id == Membership.person_id,
        sa.or_(later.until_on.is_(None), later.until_on > Membership.until_on),
    )
    return sa.or_(Membership.until_on.is_(None), ~after)


def _serves_outside(paths: Sequence[str]) -> sa.Exists:
    return sa.exists().where(
        Membership.person_id == Person.id,
        Membership.body_id == Body.id,
        Membership.until_on.is_(None),
        ~inside(Body.territory_path, paths),
    )


def _state(state: str) -> sa.ColumnElement[bool]:
    conditions = {
        WORKING: sa.and_(Person.active, ~_NO_PASSWORD),
        WAITING: sa.and_(Person.active, _NO_PASSWORD),
        RETIRED: ~Person.active,
    }
    return conditions.get(state, sa.true())
