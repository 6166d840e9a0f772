"""Courses and their sessions: who oversees a place holds courses for its people, who sign in with a code that
is good for a minute."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.territory import paths_to
from orchestrator.domain.training import COURSE_KINDS
from orchestrator.errors import (
    Forbidden,
    NotFound,
    RuleViolated,
    SubmissionKeyUsed,
)
from orchestrator.sentences import say
from orchestrator.services import access
from orchestrator.services.records import submission_keys
from orchestrator.services.records.ids import new_id
from orchestrator.store.people import Person, one_at_a_time
from orchestrator.store.session import transaction
from orchestrator.store.training import (
    Attendance,
    CourseSession,
    TrainingCourse,
)

KIND_NAMES = {
    "pre_post": say("岗前培训"),
    "regular": say("日常培训"),
    "special": say("重点培训"),
}
MAKING = "making a course"
CODE_SECONDS = 60
"""So long a code stands on the trainer's screen; the one before it is still taken."""
EARLY = timedelta(minutes=30)
LATE = timedelta(hours=2)
"""From so long before a session until so long after its end one may sign in."""
LONGEST_MINUTES = 8 * 60
FURTHEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class CourseGiven:
    name: str
    kind: str
    about: str
    asked: int
    pass_percent: int
    attempts: int
    place: str = ""
    """Path of the place that holds it, one of those that the person oversees; where he oversees one alone it
    may be left out."""


@dataclass(frozen=True, slots=True)
class SessionGiven:
    begins_at: datetime
    minutes: int
    place: str


def above(who: access.Viewer) -> list[str]:
    """Paths of the places in which his bodies lie: their offices' courses are for him."""
    paths = {path for place in who.places for path in paths_to(place)}
    return sorted(paths)


def visible(
    session: Session,
    who: access.Viewer,
    course_id: str,
) -> TrainingCourse:
    """The course. Raises NotFound for one that is neither for him nor held in a place that he oversees."""
    course = session.get(TrainingCourse, course_id)
    if course is None or course.tenant_id != who.tenant_id:
        raise NotFound(course_id)
    if not holds(who, course) and course.territory_path not in above(who):
        raise NotFound(course_id)
    return course


def holds(who: access.Viewer, course: TrainingCourse) -> bool:
    """Whether he oversees the place that holds the course."""
    return any(
        course.territory_path.startswith(path) for path in who.overseen_paths
    )


def visible_session(
    session: Session,
    who: access.Viewer,
    session_id: str,
) -> tuple[CourseSession, TrainingCourse]:
    """Raises NotFound as `visible`."""
    course_session = session.get(CourseSession, session_id)
    if course_session is None:
        raise NotFound(session_id)
    return course_session, visible(session, who, course_session.course_id)


def held_by(
    session: Session,
    by: int,
    course_id: str,
) -> tuple[access.Viewer, TrainingCourse]:
    """The course under its lock, for whoever holds it. Raises NotFound, Forbidden."""
    who = present(session, by)
    course = visible(session, who, course_id)
    if not holds(who, course):
        raise Forbidden(say("课程由举办的机构管理"))
    session.execute(
        sa.select(TrainingCourse.id)
        .where(TrainingCourse.id == course_id)
        .with_for_update()
    )
    return who, course


def present(session: Session, by: int) -> access.Viewer:
    """Raises Forbidden for a closed account."""
    who = access.viewer(session, by)
    if who is None:
        raise Forbidden(say("您的账号已经停用"))
    return who


def make(
    by: int,
    given: CourseGiven,
    now: datetime,
    key: str | None = None,
) -> str:
    """A course of a place that the person oversees; its id, and the same for the same key. Raises Forbidden,
    RuleViolated, SubmissionKeyUsed."""
    with transaction() as session:
        who = present(session, by)
        if not who.overseen_paths:
            raise Forbidden(say("课程由主管网格工作的机构举办"))
        before = _made(session, by, key, MAKING)
        if before is not None:
            return before
        wrong = _objections(given)
        place = given.place
        if not place and len(set(who.overseen_paths)) == 1:
            place = who.overseen_paths[0]
        if place not in who.overseen_paths:
            wrong.append(say("请选择举办的机构"))
        if wrong:
            raise RuleViolated(wrong)
        course = TrainingCourse(
            id=new_id(now),
            tenant_id=who.tenant_id,
            territory_path=place,
            name=given.name,
            kind=given.kind,
            about=given.about,
            asked=given.asked,
            pass_percent=given.pass_percent,
            attempts=given.attempts,
            made_by=by,
            made_at=now,
        )
        session.add(course)
        _keep(
            session,
            by,
            key,
            MAKING,
            course.id,
            now,
        )
        return course.id


def _made(
    session: Session,
    by: int,
    key: str | None,
    purpose: str,
) -> str | None:
    """Id of what was made under the key."""
    if key is None:
        return None
    submission_keys.require_sound(key)
    before = submission_keys.answer(session, by, key, purpose)
    if before is None:
        return None
    return str(before["id"])


def _keep(
    session: Session,
    by: int,
    key: str | None,
    purpose: str,
    made: str,
    now: datetime,
) -> None:
    kept = {"id": made}
    if key is not None and not submission_keys.claim(
        session,
        by,
        key,
        purpose,
        kept,
        now,
    ):
        raise SubmissionKeyUsed


def plan(
    by: int,
    course_id: str,
    given: SessionGiven,
    now: datetime,
    key: str | None = None,
) -> str:
    """A session of the course; its id, and the same for the same key. Raises NotFound, Forbidden,
    RuleViolated, SubmissionKeyUsed."""
    with transaction() as session:
        held_by(session, by, course_id)
        purpose = f"planning {course_id}"
        before = _made(session, by, key, purpose)
        if before is not None:
            return before
        wrong = []
        if not 1 <= given.minutes <= LONGEST_MINUTES:
            wrong.append(say("时长应为 1 至 480 分钟，更长的请分次安排"))
        if not given.place or len(given.place) > 120:
            wrong.append(say("请填写地点，最多 120 字"))
        if abs(given.begins_at - now) > FURTHEST:
            wrong.append(say("开始时间应在前后一年之内"))
        if wrong:
            raise RuleViolated(wrong)
        planned = CourseSession(
            id=new_id(now),
            course_id=course_id,
            begins_at=given.begins_at,
            minutes=given.minutes,
            place=given.place,
            secret=secrets.token_hex(32),
        )
        session.add(planned)
        _keep(
            session,
            by,
            key,
            purpose,
            planned.id,
            now,
        )
        return planned.id


def code(planned: CourseSession, now: datetime) -> str:
    """What stands on the trainer's screen at that moment: ten signs that nobody guesses in a minute."""
    return _code(planned, int(now.timestamp()) // CODE_SECONDS)


def _code(planned: CourseSession, turn: int) -> str:
    made = hmac.new(
        planned.secret.encode(), str(turn).encode(), hashlib.sha256
    )
    return made.hexdigest()[:10]


def is_good(planned: CourseSession, given: str, now: datetime) -> bool:
    """Whether it is the code of now or of the minute before."""
    turn = int(now.timestamp()) // CODE_SECONDS
    return any(
        hmac.compare_digest(
            _code(planned, value), given.encode("ascii", "replace").decode()
        )
        for value in (turn, turn - 1)
    )


def sign_in(by: int, session_id: str, given: str, now: datetime) -> str:
    """Notes that the person is there, once; the course's id. Raises NotFound, RuleViolated."""
    with transaction() as session:
        who = present(session, by)
        planned, course = visible_session(session, who, session_id)
        if not is_good(planned, given, now):
            raise RuleViolated(
                [say("签到码已过期，请再扫一次培训现场屏幕上的二维码")]
            )
        ends_at = planned.begins_at + timedelta(minutes=planned.minutes)
        if not planned.begins_at - EARLY <= now <= ends_at + LATE:
            raise RuleViolated([say("现在不是这次培训的签到时间")])
        _note(session, planned, by, None, now)
        return course.id


def enter(by: int, session_id: str, username: str, now: datetime) -> None:
    """Enters by hand somebody who was there without a phone. Raises NotFound, Forbidden, RuleViolated."""
    with transaction() as session:
        who = present(session, by)
        planned, course = visible_session(session, who, session_id)
        if not holds(who, course):
            raise Forbidden(say("课程由举办的机构管理"))
        person = session.scalar(
            sa.select(Person).where(
                Person.username == username,
                Person.tenant_id == who.tenant_id,
                Person.active,
            )
        )
        theirs = None
        if person is not None:
            theirs = access.viewer(session, person.id)
        if (
            person is None
            or theirs is None
            or course.territory_path not in above(theirs)
        ):
            raise RuleViolated(
                [
                    say(
                        "没有找到用户名“{name}”，或不在课程范围",
                        name=username,
                    )
                ]
            )
        if planned.begins_at > now:
            raise RuleViolated([say("培训还没有开始")])
        _note(session, planned, person.id, by, now)


def _note(
    session: Session,
    planned: CourseSession,
    person_id: int,
    entered_by: int | None,
    now: datetime,
) -> None:
    one_at_a_time(session, person_id)
    if session.get(Attendance, (planned.id, person_id)) is None:
        session.add(
            Attendance(
                session_id=planned.id,
                person_id=person_id,
                at=planned.begins_at,
                minutes=planned.minutes,
                signed_at=now,
                entered_by=entered_by,
            )
        )


def _objections(given: CourseGiven) -> list[str]:
    objections = []
    if not given.name or len(given.name) > 80:
        objections.append(say("请填写课程名称，最多 80 字"))
    if given.kind not in COURSE_KINDS:
        objections.append(say("请选择培训类别"))
    if len(given.about) > 500:
        objections.append(say("内容最多 500 字"))
    if not 0 <= given.asked <= 100:
        objections.append(say("考试题数应为 0 至 100，不考试填 0"))
    if not 1 <= given.pass_percent <= 100:
        objections.append(say("合格线应为 1 至 100 分"))
    if not 1 <= given.attempts <= 20:
        objections.append(say("考试次数应为 1 至 20 次"))
    return objections
