"""Who is assessed by a body, and what each did in the cases of a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import periods
from orchestrator.domain.assessment import (
    DEPARTMENTS,
    EXTENDED,
    MEMBERS,
    OFFICES,
    SUSPENDED,
    AssessmentRule,
    CasePart,
    day_after,
    first_day,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import (
    CASE_DEPARTMENT,
    CASE_OFFICE,
)
from orchestrator.store import training
from orchestrator.store.figures import CountedCase, CountedPart
from orchestrator.store.grid_work import MET, Patrol, Visit
from orchestrator.store.people import Membership, Person
from orchestrator.store.territories import Body, Territory, inside
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTaskCandidate

Value = TypeVar("Value")
_AT_ONCE = 500
"""Values in one list of a query: databases bound them."""
_KINDS = {"suspension": SUSPENDED, "extension": EXTENDED}


@dataclass(frozen=True, slots=True)
class Assessed:
    """Somebody whose work is assessed."""

    key: str
    """Id of the body; id of the person, as text."""
    name: str
    parts: dict[str, CasePart] = field(default_factory=dict)
    """Case → what he did in it."""
    own: dict[str, float] = field(default_factory=dict)
    """Figures of the person himself, of domain.assessment.OF_MEMBERS."""


def assessors(
    session: Session,
    profile: Jurisdiction,
    rule: AssessmentRule,
) -> list[Body]:
    """The bodies that assess by this rule, each in its own territory."""
    return bodies_meant(session, profile, rule.by)


def bodies_meant(
    session: Session,
    profile: Jurisdiction,
    groups: Sequence[str],
) -> list[Body]:
    """Every body that one of the groups (`role@level`) means, wherever it stands."""
    wanted = [
        sa.and_(Body.role.in_(profile.roles_of(role)), Body.level == level)
        for role, _at, level in (group.partition("@") for group in groups)
    ]
    query = sa.select(Body).where(
        Body.tenant_id == profile.key,
        Body.dissolved_at.is_(None),
        sa.or_(sa.false(), *wanted),
    )
    return list(session.scalars(query.order_by(Body.id)))


def of_period(
    session: Session,
    profile: Jurisdiction,
    rule: AssessmentRule,
    by: Body,
    months: Sequence[str],
) -> list[Assessed]:
    """Everybody whom the body assesses, by name, with what each did in these months."""
    if rule.of == MEMBERS:
        people = _members(session, profile, by, months)
        _add_cases_of_members(session, people, by, months)
        _add_own(session, profile, people, months)
        return list(people.values())
    bodies = _bodies(
        session,
        profile,
        rule.of,
        by,
        months,
    )
    _add_cases_of_bodies(session, bodies, by, months)
    return list(bodies.values())


def has_work(
    session: Session,
    profile: Jurisdiction,
    of: str,
    by: Body,
    period: str,
) -> bool:
    """Whether there is something to assess those of that kind by: a case in which one of the bodies was asked
    or ended its part in the period; for members a case of the place that was registered or ended in it, or
    what they did without a case."""
    months = periods.months_of(period)
    if of == MEMBERS:
        return _has_cases(session, by, months) or _has_members_work(
            session, profile, by, months
        )
    bodies = _bodies(session, profile, of, by, months)
    return any(
        session.execute(_parts_of(some, by, months).limit(1)).first()
        for some in _slices(list(bodies))
    )


def _has_members_work(
    session: Session,
    profile: Jurisdiction,
    by: Body,
    months: Sequence[str],
) -> bool:
    since, until = ends(profile, months)
    kinds: Sequence[tuple[Any, Any]] = (
        (Patrol, Patrol.began_at),
        (Visit, Visit.visited_at),
    )
    for kind, at in kinds:
        result = session.scalar(
            sa.select(kind.id)
            .where(
                kind.tenant_id == by.tenant_id,
                inside(kind.territory_path, [by.territory_path]),
                at >= since,
                at < until,
            )
            .limit(1)
        )
        if result is not None:
            return True
    people = [int(key) for key in _members(session, profile, by, months)]
    return any(
        training.minutes_of(session, some, since, until)
        for some in _slices(people)
    )


def _has_cases(session: Session, by: Body, months: Sequence[str]) -> bool:
    here = inside(CountedCase.path, [by.territory_path])
    for column in (CountedCase.registered, CountedCase.closed):
        text = session.scalar(
            sa.select(CountedCase.instance_id)
            .where(
                CountedCase.tenant_id == by.tenant_id,
                column.in_(months),
                here,
            )
            .limit(1)
        )
        if text is not None:
            return True
    return False


def _bodies(
    session: Session,
    profile: Jurisdiction,
    of: str,
    by: Body,
    months: Sequence[str],
) -> dict[str, Assessed]:
    """Those that stood at any time in these months."""
    since, _until = ends(profile, months)
    query = sa.select(Body).where(
        Body.tenant_id == by.tenant_id,
        sa.or_(Body.dissolved_at.is_(None), Body.dissolved_at >= since),
    )
    if of == DEPARTMENTS:
        query = query.where(
            # What the regulations have assessed are departments: no service unit stands beside them.
            Body.role.in_(sum(profile.compared(CASE_DEPARTMENT)[:1], ())),
            Body.territory_code == by.territory_code,
        )
    elif of == OFFICES:
        below = sa.select(Territory.code).where(
            Territory.tenant_id == by.tenant_id,
            Territory.parent_code == by.territory_code,
        )
        query = query.where(
            Body.role.in_(profile.roles_of(CASE_OFFICE)),
            Body.territory_code.in_(below),
        )
    rows = session.scalars(query.order_by(Body.name, Body.id))
    return {row.id: Assessed(row.id, row.name) for row in rows}


def _members(
    session: Session,
    profile: Jurisdiction,
    by: Body,
    months: Sequence[str],
) -> dict[str, Assessed]:
    """Those who serve a grid of the place, and those who left it in these months or later.

    Who came back since then began anew: his first day says nothing about these months.
    """
    since = first_day(months[0])
    still_there = sa.and_(Membership.until_on.is_(None), Person.active)
    query = (
        sa.select(Person)
        .where(
            Person.id.in_(
                sa.select(Membership.person_id)
                .join(Body, Body.id == Membership.body_id)
                .join(Person, Person.id == Membership.person_id)
                .where(
                    Body.tenant_id == by.tenant_id,
                    Body.role.in_(profile.grid_roles),
                    inside(Body.territory_path, [by.territory_path]),
                    sa.or_(still_there, Membership.until_on >= since),
                )
            ),
        )
        .order_by(Person.display_name, Person.id)
    )
    return {
        str(row.id): Assessed(str(row.id), row.display_name)
        for row in session.scalars(query)
    }


def _add_cases_of_bodies(
    session: Session,
    bodies: Mapping[str, Assessed],
    by: Body,
    months: Sequence[str],
) -> None:
    for some in _slices(list(bodies)):
        for part, case in session.execute(_parts_of(some, by, months)):
            bodies[part.body_id].parts[case.instance_id] = _part(
                case,
                part.asked,
                part.closed,
                part.late,
                part.reworked,
            )


def _parts_of(
    body_ids: Sequence[str], by: Body, months: Sequence[str]
) -> sa.Select[CountedPart, CountedCase]:
    """What these bodies were asked, or ended, in these months in the cases of the place."""
    return (
        sa.select(CountedPart, CountedCase)
        .join(CountedCase, CountedCase.instance_id == CountedPart.instance_id)
        .where(
            CountedPart.body_id.in_(body_ids),
            inside(CountedCase.path, [by.territory_path]),
            sa.or_(
                CountedPart.asked.in_(months), CountedPart.closed.in_(months)
            ),
        )
    )


def _add_cases_of_members(
    session: Session,
    people: Mapping[str, Assessed],
    by: Body,
    months: Sequence[str],
) -> None:
    for some in _slices(list(people)):
        rows = session.scalars(
            sa.select(CountedCase).where(
                CountedCase.tenant_id == by.tenant_id,
                CountedCase.member.in_(some),
                inside(CountedCase.path, [by.territory_path]),
                sa.or_(
                    CountedCase.registered.in_(months),
                    CountedCase.closed.in_(months),
                ),
            )
        )
        for case in rows:
            people[case.member].parts[case.instance_id] = _part(
                case,
                case.registered,
                case.closed,
                case.late,
                case.reworked,
            )


def _part(
    case: CountedCase,
    begun: str,
    closed: str | None,
    late: bool,
    reworked: bool,
) -> CasePart:
    return CasePart(
        begun,
        closed,
        case.state,
        late,
        reworked,
        case.to_tell,
        case.told,
        case.rated,
        case.satisfied,
    )


def _add_own(
    session: Session,
    profile: Jurisdiction,
    people: Mapping[str, Assessed],
    months: Sequence[str],
) -> None:
    since, until = ends(profile, months)
    zone = ZoneInfo(profile.timezone)
    for assessment in people.values():
        assessment.own.update(patrol_days=0, visits=0, training_hours=0)
    for some in _slices([int(key) for key in people]):
        days: dict[int, set[date]] = {}
        for person, at in session.execute(
            sa.select(Patrol.person_id, Patrol.began_at).where(
                Patrol.person_id.in_(some),
                Patrol.began_at >= since,
                Patrol.began_at < until,
            )
        ):
            days.setdefault(person, set()).add(at.astimezone(zone).date())
        visits = session.execute(
            sa.select(Visit.person_id, sa.func.count())
            .where(
                Visit.person_id.in_(some),
                Visit.outcome == MET,
                Visit.visited_at >= since,
                Visit.visited_at < until,
            )
            .group_by(Visit.person_id)
        )
        minutes = training.minutes_of(session, some, since, until)
        for person, walked in days.items():
            people[str(person)].own["patrol_days"] = len(walked)
        for person, many in visits:
            people[str(person)].own["visits"] = many
        for person, many in minutes.items():
            people[str(person)].own["training_hours"] = round(many / 60, 1)


def ends(
    profile: Jurisdiction,
    months: Sequence[str],
) -> tuple[datetime, datetime]:
    """The first instant of the months, and the first one after them."""
    zone = ZoneInfo(profile.timezone)
    first = datetime.combine(first_day(months[0]), time(), zone)
    after = datetime.combine(day_after(months[-1]), time(), zone)
    return first, after


def excluded(
    session: Session,
    assessed: Assessed,
    wanted: Sequence[str],
    of: str,
) -> dict[str, str]:
    """Case → why it is counted as nothing: a deadline of his in it was suspended or extended. Of a person
    every deadline of the case counts."""
    result: dict[str, str] = {}
    if not wanted:
        return result
    for some in _slices(list(assessed.parts)):
        query = sa.select(Deadline.instance_id, Deadline.entries).where(
            Deadline.instance_id.in_(some)
        )
        if of != MEMBERS:
            asked = sa.exists().where(
                UserTaskCandidate.task_id == Deadline.id,
                UserTaskCandidate.candidate == assessed.key,
            )
            query = query.where(asked)
        for instance_id, entries in session.execute(query):
            reasons = {_KINDS.get(entry["kind"], "") for entry in entries}
            for reason in wanted:
                if reason in reasons:
                    result.setdefault(instance_id, reason)
    return result


def _slices(values: Sequence[Value]) -> Iterable[Sequence[Value]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
