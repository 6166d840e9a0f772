"""Visits and patrols, as a phone recorded them: sent twice, each is kept once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain import grid_work as domain
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.grid_work import entries, reach
from orchestrator.services.records.ids import new_id
from orchestrator.services.records.submission_keys import require_sound
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_work import MET, OUTCOMES, Patrol, Visit
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import one_at_a_time
from orchestrator.store.session import transaction

OUTCOME_NAMES = {
    "met": say("见到本人或家人"),
    "absent": say("家中无人"),
    "refused": say("谢绝走访"),
}
OLDEST = timedelta(days=31)
"""So long after it a record may still be sent."""
AHEAD = timedelta(minutes=10)
"""A phone's clock may be so much ahead."""
LONGEST_PATROL = timedelta(hours=24)
MOST_POINTS = 3_000
MOST_CHECK_INS = 100
LONGEST_NOTE = 500
LONGEST_PLACE = 80


@dataclass(frozen=True, slots=True)
class VisitGiven:
    """A visit as somebody recorded it."""

    key: str
    visited_at: datetime
    outcome: str
    note: str
    at: tuple[float, float] | None
    """Longitude and latitude."""
    case_no: str = ""
    """Number of the case that came of it; empty: none."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """签到: that somebody was at a place on his way."""

    at: datetime
    place: str
    where: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class PatrolGiven:
    """A patrol as somebody recorded it."""

    key: str
    began_at: datetime
    ended_at: datetime
    note: str
    points: Sequence[tuple[float, float]]
    check_ins: Sequence[CheckIn]


def record_visit(
    by: int,
    entry_id: str,
    given: VisitGiven,
    now: datetime,
) -> str:
    """The visit's id; that of the first one where the same record came before. Raises NotFound,
    RuleViolated."""
    require_sound(given.key)
    with transaction() as session:
        who, profile = reach.writer(session, by)
        entry = entries.visible(session, who, profile, entry_id)
        one_at_a_time(session, by)
        before = session.scalar(
            sa.select(Visit.id).where(
                Visit.person_id == by,
                Visit.key == given.key,
            ),
        )
        if before is not None:
            return before
        _refuse(_wrong_visit(given, now))
        visit = Visit(
            id=new_id(now),
            tenant_id=who.tenant_id,
            territory_path=entry.territory_path,
            entry_id=entry.id,
            person_id=by,
            key=given.key,
            visited_at=given.visited_at,
            outcome=given.outcome,
            note=given.note,
            instance_id=_case(session, who, given.case_no),
            recorded_at=now,
        )
        if given.at:
            visit.longitude = given.at[0]
            visit.latitude = given.at[1]
        session.add(visit)
        if given.outcome == MET:
            _note_meeting(session, profile, entry.id, given.visited_at)
        return visit.id


def _note_meeting(
    session: Session,
    profile: Jurisdiction,
    entry_id: str,
    at: datetime,
) -> None:
    day = at.astimezone(ZoneInfo(profile.timezone)).date()
    entry = session.get_one(
        GridEntry,
        entry_id,
        with_for_update=True,
        populate_existing=True,
    )
    if entry.last_met_on is None or entry.last_met_on < day:
        entry.last_met_on = day


def record_patrol(
    by: int,
    code: str,
    given: PatrolGiven,
    now: datetime,
) -> str:
    """The patrol's id; that of the first one where the same record came before. Raises NotFound, Forbidden
    for a grid that the person does not serve, RuleViolated."""
    require_sound(given.key)
    with transaction() as session:
        who, profile = reach.writer(session, by)
        grid = reach.grid(session, who, profile, code)
        if not reach.lies_in(grid.territory_path, reach.served(who, profile)):
            raise Forbidden(say("巡查由服务这个网格的人员登记"))
        one_at_a_time(session, by)
        before = session.scalar(
            sa.select(Patrol.id).where(
                Patrol.person_id == by,
                Patrol.key == given.key,
            ),
        )
        if before is not None:
            return before
        _refuse(_wrong_patrol(given, now))
        patrol = Patrol(
            id=new_id(now),
            tenant_id=who.tenant_id,
            grid_code=grid.code,
            territory_path=grid.territory_path,
            person_id=by,
            key=given.key,
            began_at=given.began_at,
            ended_at=given.ended_at,
            note=given.note,
            points=[list(point) for point in given.points],
            check_ins=[_stored(check_in) for check_in in given.check_ins],
            metres=domain.metres(given.points),
            recorded_at=now,
        )
        session.add(patrol)
        return patrol.id


def visible_patrol(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    patrol_id: str,
) -> Patrol:
    """The patrol. Raises NotFound for one in a place that the viewer does not reach."""
    patrol = session.get(Patrol, patrol_id)
    if (
        patrol is None
        or patrol.tenant_id != who.tenant_id
        or not reach.lies_in(patrol.territory_path, reach.paths(who, profile))
    ):
        raise NotFound(patrol_id)
    return patrol


def is_place(longitude: Any, latitude: Any) -> bool:
    """Whether these are degrees of a place on earth."""
    for value, most in ((longitude, 180), (latitude, 90)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if not -most <= value <= most:
            return False
    return True


def _stored(check_in: CheckIn) -> dict[str, Any]:
    longitude = None
    latitude = None
    if check_in.where:
        longitude = check_in.where[0]
        latitude = check_in.where[1]
    return {
        "at": check_in.at.isoformat(),
        "place": check_in.place,
        "longitude": longitude,
        "latitude": latitude,
    }


def _case(session: Session, who: access.Viewer, number: str) -> str | None:
    """Id of the instance with that number. Raises RuleViolated for one that he does not see."""
    if not number:
        return None
    text = session.scalar(
        sa.select(ProcessInstance.id).where(
            ProcessInstance.business_key == number,
            access.may_see(who),
        ),
    )
    if text is None:
        raise RuleViolated(
            [say("没有找到编号为 {number} 的事件，请核对", number=number)],
        )
    return text


def _refuse(wrong: list[str]) -> None:
    if wrong:
        raise RuleViolated(wrong)


def _wrong_time(at: datetime, now: datetime) -> list[str]:
    if at > now + AHEAD:
        return [say("时间还没有到，请核对手机的时间")]
    if at < now - OLDEST:
        return [
            say("只能补登 {days} 天以内的记录，请核对时间", days=OLDEST.days),
        ]
    return []


def _wrong_visit(given: VisitGiven, now: datetime) -> list[str]:
    wrong = _wrong_time(given.visited_at, now)
    if given.outcome not in OUTCOMES:
        wrong.append(say("请选择走访结果"))
    if len(given.note) > LONGEST_NOTE:
        wrong.append(say("情况最多写 {most} 字", most=LONGEST_NOTE))
    return wrong


def _wrong_patrol(given: PatrolGiven, now: datetime) -> list[str]:
    wrong = _wrong_time(given.began_at, now)
    if given.ended_at <= given.began_at:
        wrong.append(say("结束时间应晚于开始时间"))
    if given.ended_at > now + AHEAD:
        wrong.append(say("结束时间还没有到，请核对手机的时间"))
    if given.ended_at - given.began_at > LONGEST_PATROL:
        wrong.append(say("一次巡查不超过 24 小时，请分次登记"))
    if len(given.note) > LONGEST_NOTE:
        wrong.append(say("情况最多写 {most} 字", most=LONGEST_NOTE))
    if len(given.points) > MOST_POINTS:
        wrong.append(say("轨迹最多 {most} 个点", most=MOST_POINTS))
    if len(given.check_ins) > MOST_CHECK_INS:
        wrong.append(say("一次巡查最多签到 {most} 处", most=MOST_CHECK_INS))
    if any(
        len(check_in.place) > LONGEST_PLACE for check_in in given.check_ins
    ):
        wrong.append(say("签到地点最多写 {most} 字", most=LONGEST_PLACE))
    return wrong
