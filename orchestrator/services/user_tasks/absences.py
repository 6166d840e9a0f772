"""请假和代理: who is away enters from when to when, and who does his tasks; his head or the administrator may
do so for him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.records.ids import new_id
from orchestrator.services.user_tasks import taking_over
from orchestrator.store.absences import Absence, find_absent, find_last_deputy
from orchestrator.store.people import Membership, Person, people_served
from orchestrator.store.session import transaction

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Wanted:
    """An absence as somebody enters it."""

    username: str
    deputy: str
    """User name."""
    first: date
    last: date
    process_keys: Sequence[str] = ()
    """Empty: all procedures."""


def enter(wanted: Wanted, by: int, now: datetime) -> str:
    """Notes the absence; its id. From the first day to the end of the last the deputy does the tasks.

    Raises NotFound for who is none of the jurisdiction, Forbidden for who is neither the person, head of one
    of his bodies nor the administrator, RuleViolated with every reason why it can't be so.
    """
    with transaction() as session:
        viewer = access.viewer(session, by)
        if viewer is None:
            raise NotFound(str(by))
        person = _person(session, viewer.tenant_id, wanted.username)
        deputy = _person(session, viewer.tenant_id, wanted.deputy)
        if person is None or deputy is None:
            raise RuleViolated(
                [
                    say(
                        "没有找到用户名为“{name}”的在岗人员，请核对",
                        name=_unknown(wanted, person),
                    ),
                ],
            )
        if not may_enter_for(session, viewer, person.id):
            raise Forbidden(
                say("只有本人、所在机构的负责人或管理员可以登记请假"),
            )
        # Both are locked in the order of their ids: two who name each other at once do not both succeed.
        session.execute(
            sa.select(Person.id)
            .where(Person.id.in_([person.id, deputy.id]))
            .order_by(Person.id)
            .with_for_update(),
        )
        zone = ZoneInfo(
            bundles.profile_in_force(session, viewer.tenant_id, now).timezone,
        )
        reasons = _days_refused(wanted, now.astimezone(zone).date())
        if person.id == deputy.id:
            reasons.append(say("不能由本人代理自己，请另选代理人"))
        if not reasons:
            reasons = _overlapping(session, person, deputy, wanted, zone)
        if reasons:
            raise RuleViolated(reasons)
        begin, end = _bounds(wanted, zone)
        row = Absence(
            id=new_id(now),
            tenant_id=viewer.tenant_id,
            person_id=person.id,
            deputy_id=deputy.id,
            from_at=max(begin, now),
            until_at=end,
            process_keys=sorted(set(wanted.process_keys)),
            entered_by=by,
            entered_at=now,
        )
        session.add(row)
        return row.id


def end(absence_id: str, by: int, now: datetime) -> None:
    """Ends it now, before its time, or takes it back before it begins. Raises NotFound, also for who may
    not; RuleViolated when it is over."""
    with transaction() as session:
        viewer = access.viewer(session, by)
        row = session.get(Absence, absence_id, with_for_update=True)
        if viewer is None or row is None or row.tenant_id != viewer.tenant_id:
            raise NotFound(absence_id)
        if not may_enter_for(session, viewer, row.person_id):
            raise NotFound(absence_id)
        if row.until_at <= now:
            raise RuleViolated([say("这次请假已经结束")])
        row.until_at = now
        row.ended_at = now
        row.ended_by = by
        row.from_at = min(row.from_at, now)


def proposed_deputy(
    session: Session,
    who: access.Viewer,
    username: str,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
) -> str:
    """User name of whom to propose when the viewer enters an absence of that person, from the first day to
    the last, where they are known, else for now: who stood in last, else a colleague of the same bodies;
    nobody who is away at that time. Empty where there is nobody, and for whom the viewer may not enter."""
    person = _person(session, who.tenant_id, username)
    if person is None or not may_enter_for(session, who, person.id):
        return ""
    begin, end = now, now + timedelta(days=1)
    if first is not None and last is not None and first <= last:
        profile = bundles.profile_in_force(session, who.tenant_id, now)
        begin = datetime.combine(first, time(), ZoneInfo(profile.timezone))
        end = begin + (last - first) + timedelta(days=1)
    person_id = person.id
    serves = sa.select(Membership.body_id).where(
        Membership.person_id == person_id,
        Membership.until_on.is_(None),
    )
    colleagues = {
        value: username
        for value, username, _name in people_served(
            session,
            list(session.scalars(serves)),
        )
        if value != person_id
    }
    away = find_absent(session, colleagues, begin, end)
    here = {
        value: username
        for value, username in colleagues.items()
        if value not in away
    }
    former = find_last_deputy(session, person_id)
    return here.get(former or 0) or next(iter(here.values()), "")


def may_enter_for(
    session: Session,
    who: access.Viewer,
    person_id: int,
) -> bool:
    """Whether the viewer may enter and end that person's absences."""
    if person_id == who.person_id:
        return True
    tenant_id = session.scalar(
        sa.select(Person.tenant_id).where(Person.id == person_id),
    )
    if tenant_id != who.tenant_id:
        return False
    if who.operates:
        return True
    bodies = session.scalars(
        sa.select(Membership.body_id).where(
            Membership.person_id == person_id,
            Membership.until_on.is_(None),
        ),
    )
    return taking_over.heads(
        session,
        who.tenant_id,
        who.person_id,
        list(bodies),
    )


def _person(session: Session, tenant_id: str, username: str) -> Person | None:
    query = sa.select(Person).where(
        Person.tenant_id == tenant_id,
        Person.username == username,
        Person.active,
    )
    return session.scalars(query).first()


def _unknown(wanted: Wanted, person: Person | None) -> str:
    if person is None:
        return wanted.username
    return wanted.deputy


def _days_refused(wanted: Wanted, today: date) -> list[str]:
    if wanted.last < wanted.first:
        return [say("最后一天不能早于第一天，请核对日期")]
    if wanted.last < today:
        return [say("这段时间已经过去，请核对日期")]
    if (wanted.last - today).days > LONGEST_DAYS or (
        wanted.last - wanted.first
    ).days > LONGEST_DAYS:
        return [say("请假最多登记到一年以后，请核对日期")]
    return []


def _bounds(wanted: Wanted, zone: ZoneInfo) -> tuple[datetime, datetime]:
    begin = datetime.combine(wanted.first, time(), zone)
    return begin, datetime.combine(
        wanted.last + timedelta(days=1),
        time(),
        zone,
    )


def _overlapping(
    session: Session,
    person: Person,
    deputy: Person,
    wanted: Wanted,
    zone: ZoneInfo,
) -> list[str]:
    """Why these days do not go together with other absences: nobody stands in for a stand-in."""
    begin, end = _bounds(wanted, zone)
    during = (Absence.from_at < end, Absence.until_at > begin)
    names = {person.id: person.display_name, deputy.id: deputy.display_name}
    rows = session.scalars(
        sa.select(Absence).where(
            *during,
            sa.or_(
                Absence.person_id.in_(names),
                Absence.deputy_id == person.id,
            ),
        ),
    )
    reasons = []
    for row in rows:
        days = _days(row, zone)
        if row.person_id == person.id and _share(
            row.process_keys,
            wanted.process_keys,
        ):
            reasons.append(
                say(
                    "{name}在 {days} 已经登记请假，同一时间只能有一名代理人",
                    name=names[person.id],
                    days=days,
                ),
            )
        elif row.person_id == deputy.id:
            reasons.append(
                say(
                    "{name}在 {days} 自己请假，不能代理，请另选代理人",
                    name=names[deputy.id],
                    days=days,
                ),
            )
        elif row.deputy_id == person.id:
            away = session.get_one(Person, row.person_id).display_name
            reasons.append(
                say(
                    "{name}在 {days} 正代理{away}，请先为{away}另定代理人",
                    name=names[person.id],
                    days=days,
                    away=away,
                ),
            )
    return list(dict.fromkeys(reasons))


def _share(one: Sequence[str], other: Sequence[str]) -> bool:
    return not one or not other or not set(one).isdisjoint(other)


def _days(row: Absence, zone: ZoneInfo) -> str:
    last = row.until_at - timedelta(seconds=1)
    return f"{row.from_at.astimezone(zone):%Y-%m-%d} ~ {last.astimezone(zone):%Y-%m-%d}"
