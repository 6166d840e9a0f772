"""Training of grid members: courses, sessions, who was there, questions, examinations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.domain.training import (
    COURSE_KINDS,
    PRE_POST,
    QUESTION_KINDS,
)
from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.paging import page_of
from orchestrator.store.people import Person
from orchestrator.store.territories import inside

AT_ONCE = 50


class TrainingCourse(Base):
    """What is taught; its examination draws from its own questions."""

    __tablename__ = "course"
    __table_args__ = (
        one_of("kind", *COURSE_KINDS),
        sa.Index(None, "tenant_id", "territory_path"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of the place whose office holds it: for the people of that place."""
    name: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(12))
    about: Mapped[str] = mapped_column(sa.String(500), default="")
    asked: Mapped[int] = mapped_column(default=0)
    """Questions that an examination draws; 0: there is none."""
    pass_percent: Mapped[int] = mapped_column(default=60)
    attempts: Mapped[int] = mapped_column(default=3)
    """How often somebody may try."""
    made_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]


class CourseSession(Base):
    """When and where a course is held."""

    __tablename__ = "course_session"
    __table_args__ = (sa.Index(None, "course_id", "begins_at"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"))
    begins_at: Mapped[datetime]
    minutes: Mapped[int]
    """What it counts for whoever was there."""
    place: Mapped[str] = mapped_column(sa.String(120))
    secret: Mapped[str] = mapped_column(sa.String(64))
    """From which the codes on the trainer's screen are made; shown to nobody."""


class Attendance(Base):
    """签到: that somebody was at a session."""

    __tablename__ = "attendance"
    __table_args__ = (sa.Index(None, "person_id", "at"),)

    session_id: Mapped[str] = mapped_column(
        sa.ForeignKey("course_session.id"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"), primary_key=True
    )
    at: Mapped[datetime]
    """When the session began: what the hours of a year are counted by."""
    minutes: Mapped[int]
    signed_at: Mapped[datetime]
    entered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who entered it by hand; None: he signed in with the code."""


class ExamQuestion(Base):
    """A question of a course's examination."""

    __tablename__ = "question"
    __table_args__ = (
        one_of("kind", *QUESTION_KINDS),
        sa.UniqueConstraint("course_id", "text"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"))
    kind: Mapped[str] = mapped_column(sa.String(12))
    text: Mapped[str] = mapped_column(sa.String(300))
    options: Mapped[list[Any]]
    right: Mapped[list[Any]]
    """Numbers of the right options, from 0."""


class ExamAttempt(Base):
    """One try of somebody at a course's examination."""

    __tablename__ = "exam_attempt"
    __table_args__ = (
        sa.UniqueConstraint("course_id", "person_id", "number"),
        sa.UniqueConstraint("tenant_id", "certificate_no"),
        sa.Index(None, "person_id", "kind", "passed"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    course_id: Mapped[str] = mapped_column(sa.ForeignKey("course.id"))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(12))
    """Of the course."""
    number: Mapped[int]
    asked: Mapped[list[Any]]
    """{"id", "kind", "text", "options", "right"} each: the questions as they were then."""
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """ExamQuestion → numbers of the chosen options."""
    percent: Mapped[int | None]
    passed: Mapped[bool | None]
    """None while it is not handed in."""
    certificate_no: Mapped[str | None] = mapped_column(sa.String(32))
    begun_at: Mapped[datetime]
    handed_in_at: Mapped[datetime | None]


def page_of_courses(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    above: Sequence[str],
    before: str,
) -> tuple[list[TrainingCourse], str | None]:
    """Courses held inside the paths or by one of the places above, the newest first, and the last one's id
    when there are more."""
    query = sa.select(TrainingCourse).where(
        TrainingCourse.tenant_id == tenant_id,
        sa.or_(
            inside(TrainingCourse.territory_path, paths),
            TrainingCourse.territory_path.in_(above),
        ),
    )
    if before:
        query = query.where(TrainingCourse.id < before)
    newest_first = query.order_by(TrainingCourse.id.desc())
    rows = session.scalars(newest_first.limit(AT_ONCE + 1)).all()
    return page_of(rows, AT_ONCE, lambda course: course.id)


def sessions_of(session: Session, course_id: str) -> list[CourseSession]:
    """The newest fifty."""
    query = sa.select(CourseSession).where(
        CourseSession.course_id == course_id
    )
    return list(
        session.scalars(
            query.order_by(CourseSession.begins_at.desc()).limit(AT_ONCE)
        )
    )


def attended(
    session: Session, session_id: str, after: int
) -> tuple[list[tuple[Attendance, str]], int | None]:
    """(attendance, name) by person, and the last one's person when there are more."""
    rows = session.execute(
        sa.select(Attendance, Person.display_name)
        .join(Person, Person.id == Attendance.person_id)
        .where(
            Attendance.session_id == session_id, Attendance.person_id > after
        )
        .order_by(Attendance.person_id)
        .limit(200 + 1)
    ).all()
    results = [(row[0], row[1]) for row in rows[:200]]
    if len(rows) > 200:
        return results, results[-1][0].person_id
    return results, None


def questions_of(session: Session, course_id: str) -> list[ExamQuestion]:
    query = sa.select(ExamQuestion).where(ExamQuestion.course_id == course_id)
    return list(session.scalars(query.order_by(ExamQuestion.id)))


def count_questions(session: Session, course_id: str) -> int:
    query = (
        sa.select(sa.func.count())
        .select_from(ExamQuestion)
        .where(ExamQuestion.course_id == course_id)
    )
    return session.scalar(query) or 0


def attempts_of(
    session: Session, course_id: str, person_id: int
) -> list[ExamAttempt]:
    """The person's tries, the first one first."""
    query = sa.select(ExamAttempt).where(
        ExamAttempt.course_id == course_id, ExamAttempt.person_id == person_id
    )
    return list(session.scalars(query.order_by(ExamAttempt.number)))


def minutes_of(
    session: Session,
    people: Sequence[int],
    since: datetime,
    until: datetime,
) -> dict[int, int]:
    """Person → minutes of the sessions between the instants at which he was."""
    rows = session.execute(
        sa.select(Attendance.person_id, sa.func.sum(Attendance.minutes))
        .where(
            Attendance.person_id.in_(people),
            Attendance.at >= since,
            Attendance.at < until,
        )
        .group_by(Attendance.person_id)
    )
    return {person_id: int(minutes) for person_id, minutes in rows}


def ready_for_post(session: Session, people: Sequence[int]) -> set[int]:
    """Those of the people who passed a pre-post training."""
    rows = session.scalars(
        sa.select(ExamAttempt.person_id).where(
            ExamAttempt.person_id.in_(people),
            ExamAttempt.kind == PRE_POST,
            ExamAttempt.passed.is_(True),
        )
    )
    return set(rows)
