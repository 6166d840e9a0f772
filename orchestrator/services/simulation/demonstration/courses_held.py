"""Courses of the demonstration: one with an examination, held lately; most people were there and passed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.training import JUDGE, MULTIPLE, PRE_POST, SINGLE
from orchestrator.services.records.ids import new_id
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.training import (
    Attendance,
    CourseSession,
    ExamAttempt,
    ExamQuestion,
    TrainingCourse,
)

QUESTIONS = (
    (SINGLE, "网格员发现紧急情况，应当怎样做？", ("立即上报", "第二天再报", "等上级来问"), (0,)),
    (MULTIPLE, "网格员不得泄露哪些信息？", ("国家秘密", "商业秘密", "个人信息", "天气预报"), (0, 1, 2)),
    (JUDGE, "网格员可以行使行政处罚权。", ("对", "错"), (1,)),
    (JUDGE, "清单外的任务，网格员可以不接。", ("对", "错"), (0,)),
    (SINGLE, "入户走访应当怎样做？", ("佩戴工作证、说明来意", "直接进门", "夜间上门"), (0,)),
)  # fmt: skip
ABSENT = 6
"""Of so many people one was not there."""


def fill(profile: Jurisdiction, now: datetime) -> None:
    """The first body that oversees the whole place holds the course for everybody who serves a grid."""
    with transaction() as session:
        office = session.scalars(
            sa.select(Body)
            .where(Body.tenant_id == profile.key, Body.oversees)
            .order_by(sa.func.length(Body.territory_path), Body.id)
        ).first()
        people = session.scalars(
            sa.select(Membership.person_id)
            .join(Body, Body.id == Membership.body_id)
            .join(Person, Person.id == Membership.person_id)
            .where(
                Body.tenant_id == profile.key,
                Body.role.in_(profile.grid_roles),
                Membership.until_on.is_(None),
                Person.active,
            )
            .distinct()
            .order_by(Membership.person_id)
        ).all()
        if office is None or not people:
            return
        course = TrainingCourse(
            id=new_id(now),
            tenant_id=profile.key,
            territory_path=office.territory_path,
            name="网格员岗前培训",
            kind=PRE_POST,
            about="网格化服务管理的法规、事项清单、平台操作、保密要求",
            asked=len(QUESTIONS),
            pass_percent=60,
            attempts=3,
            made_by=people[0],
            made_at=now,
        )
        session.add(course)
        session.flush()
        asked = _questions(session, course, now)
        held = CourseSession(
            id=new_id(now),
            course_id=course.id,
            begins_at=_nine_o_clock(profile, now - timedelta(days=30)),
            minutes=240,
            place="区网格学院一号教室",
            secret=secrets.token_hex(32),
        )
        session.add(held)
        session.flush()
        for number, person_id in enumerate(people):
            if number % ABSENT != ABSENT - 1:
                _pass(session, course, held, person_id, asked)


def _nine_o_clock(profile: Jurisdiction, at: datetime) -> datetime:
    """Nine in the morning of that day, where the profile is; in UTC."""
    there = at.astimezone(ZoneInfo(profile.timezone))
    begins = there.replace(hour=9, minute=0, second=0, microsecond=0)
    return begins.astimezone(UTC)


def _questions(
    session: Session,
    course: TrainingCourse,
    now: datetime,
) -> list[dict[str, object]]:
    questions: list[dict[str, object]] = []
    for kind, text, options, right in QUESTIONS:
        question = ExamQuestion(
            id=new_id(now),
            course_id=course.id,
            kind=kind,
            text=text,
            options=list(options),
            right=list(right),
        )
        session.add(question)
        questions.append(
            {
                "id": question.id,
                "kind": kind,
                "text": text,
                "options": list(options),
                "right": list(right),
            }
        )
    return questions


def _pass(
    session: Session,
    course: TrainingCourse,
    held: CourseSession,
    person_id: int,
    asked: list[dict[str, object]],
) -> None:
    at = held.begins_at
    session.add(
        Attendance(
            session_id=held.id,
            person_id=person_id,
            at=at,
            minutes=held.minutes,
            signed_at=at,
        )
    )
    attempt_id = new_id(at)
    session.add(
        ExamAttempt(
            id=attempt_id,
            tenant_id=course.tenant_id,
            course_id=course.id,
            person_id=person_id,
            kind=course.kind,
            number=1,
            asked=asked,
            answers={str(entry["id"]): entry["right"] for entry in asked},
            percent=100,
            passed=True,
            certificate_no=f"PX{at.year}{attempt_id[-12:].upper()}",
            begun_at=at,
            handed_in_at=at,
        )
    )
