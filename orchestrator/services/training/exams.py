"""Examinations: questions taken over from a file, drawn at random, marked at once; who passes has a
certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain.training import (
    JUDGE,
    MOST_OPTIONS,
    PRE_POST,
    draw,
    is_question,
    score,
)
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.handlers.grid_notices import grid_notices
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.services.records import uploaded_tables
from orchestrator.services.records.ids import new_id
from orchestrator.services.training import courses
from orchestrator.store import training as store
from orchestrator.store.people import Person, one_at_a_time
from orchestrator.store.session import transaction
from orchestrator.store.training import (
    ExamAttempt,
    ExamQuestion,
    TrainingCourse,
)
from orchestrator.store.writing import heavy

MOST_QUESTIONS = 1_000
"""Of one course."""
KIND_WORDS = {"单选": "single", "多选": "multiple", "判断": "judge"}
HEADING = ("题型", "题目", "答案")
"""Besides the columns A, B, C … of the options."""
LETTERS = "ABCDEFGH"
RIGHT_WORDS = ("对", "正确", "是", "√", "A")
WRONG_WORDS = ("错", "错误", "否", "×", "B")
OPTIONS_OF_JUDGE = ["对", "错"]


@dataclass(frozen=True, slots=True)
class QuestionGiven:
    kind: str
    text: str
    options: Sequence[str]
    right: Sequence[int]


@heavy
def read(content: bytes) -> list[QuestionGiven]:
    """The questions of an Excel or CSV file. Raises RuleViolated with every wrong line."""
    rows = list(uploaded_tables.lines(content, MOST_QUESTIONS + 2))
    heading: list[str] = []
    if rows:
        heading = [text.strip().removeprefix("\ufeff") for text in rows[0]]
    if not {*HEADING} <= {*heading}:
        raise RuleViolated(
            [say("第一行应是表头：题型、题目、A、B、C、D、答案")]
        )
    question_givens: list[QuestionGiven] = []
    wrong: list[str] = []
    for number, row in enumerate(rows[1:], 2):
        cells = dict(zip(heading, row, strict=False))
        if not any(text.strip() for text in cells.values()):
            continue
        given = _question(cells)
        if given is None:
            wrong.append(
                say(
                    "第 {number} 行：题型写单选、多选或判断，题目最多 300 字，选项从 A 起连着填，"
                    "答案写选项的字母，判断写对、错",
                    number=number,
                )
            )
        else:
            question_givens.append(given)
    if len(rows) > MOST_QUESTIONS + 1:
        wrong.append(say("题目超过 {most} 道", most=MOST_QUESTIONS))
    if not question_givens and not wrong:
        wrong.append(say("文件里没有题目"))
    if wrong:
        raise RuleViolated(wrong[:50])
    return question_givens


def _question(cells: Mapping[str, str]) -> QuestionGiven | None:
    kind = KIND_WORDS.get(cells.get("题型", "").strip(), "")
    text = " ".join(cells.get("题目", "").split())
    answer = cells.get("答案", "").strip().upper()
    options = _options(cells)
    right = [LETTERS.find(letter) for letter in answer if letter in LETTERS]
    if kind == JUDGE:
        options = list(OPTIONS_OF_JUDGE)
        right = []
        if answer in RIGHT_WORDS:
            right = [0]
        if answer in WRONG_WORDS:
            right = [1]
    if not text or len(text) > 300 or "" in options:
        return None
    if not is_question(kind, options, right):
        return None
    return QuestionGiven(kind, text, options, sorted(set(right)))


def _options(cells: Mapping[str, str]) -> list[str]:
    """The options to the last one that is filled in; a gap stays: the letters of the answer count it."""
    options = [
        cells.get(letter, "").strip()[:200]
        for letter in LETTERS[:MOST_OPTIONS]
    ]
    while options and not options[-1]:
        options.pop()
    return options


def take_over(
    by: int,
    course_id: str,
    given: Sequence[QuestionGiven],
    now: datetime,
) -> tuple[int, int]:
    """(added, changed): a question with the text of one that is there takes its place. Raises NotFound,
    Forbidden, RuleViolated."""
    with transaction() as session:
        courses.held_by(session, by, course_id)
        there = {
            question.text: question
            for question in store.questions_of(session, course_id)
        }
        added = 0
        changed = 0
        for question_given in given:
            stands = there.get(question_given.text)
            if stands is None:
                stands = ExamQuestion(
                    id=new_id(now),
                    course_id=course_id,
                    text=question_given.text,
                )
                session.add(stands)
                there[question_given.text] = stands
                added += 1
            else:
                changed += 1
            stands.kind = question_given.kind
            stands.options = list(question_given.options)
            stands.right = list(question_given.right)
        if len(there) > MOST_QUESTIONS:
            raise RuleViolated(
                [say("题目超过 {most} 道", most=MOST_QUESTIONS)]
            )
        return added, changed


def begin(by: int, course_id: str, now: datetime) -> str:
    """Draws the questions of a try; its id, or that of a try that is not handed in yet. Raises NotFound,
    RuleViolated."""
    with transaction() as session:
        who = courses.present(session, by)
        course = courses.visible(session, who, course_id)
        one_at_a_time(session, by)
        before = store.attempts_of(session, course_id, by)
        open_one = [attempt for attempt in before if attempt.passed is None]
        if open_one:
            return open_one[0].id
        questions = {
            question.id: question
            for question in store.questions_of(session, course_id)
        }
        _require_may_try(course, before, len(questions))
        attempt = ExamAttempt(
            id=new_id(now),
            tenant_id=who.tenant_id,
            course_id=course_id,
            person_id=by,
            kind=course.kind,
            number=len(before) + 1,
            begun_at=now,
        )
        drawn = draw(list(questions), course.asked, attempt.id)
        attempt.asked = [_as_asked(questions[value]) for value in drawn]
        session.add(attempt)
        return attempt.id


def _require_may_try(
    course: TrainingCourse,
    before: Sequence[ExamAttempt],
    questions: int,
) -> None:
    if course.asked == 0:
        raise RuleViolated([say("这门课程没有考试")])
    if questions < course.asked:
        raise RuleViolated([say("题库还没有准备好，请与举办的机构联系")])
    if any(attempt.passed for attempt in before):
        raise RuleViolated([say("您已经考试合格，不用再考")])
    if len(before) >= course.attempts:
        raise RuleViolated(
            [
                say(
                    "已经考了 {count} 次，请与举办的机构联系",
                    count=len(before),
                )
            ]
        )


def _as_asked(question: ExamQuestion) -> dict[str, object]:
    return {
        "id": question.id,
        "kind": question.kind,
        "text": question.text,
        "options": list(question.options),
        "right": list(question.right),
    }


def own(
    session: Session,
    who: access.Viewer,
    attempt_id: str,
) -> tuple[ExamAttempt, TrainingCourse]:
    """One's own try and its course. Raises NotFound for anybody else's."""
    attempt = session.get(ExamAttempt, attempt_id)
    if attempt is None or attempt.person_id != who.person_id:
        raise NotFound(attempt_id)
    return attempt, session.get_one(TrainingCourse, attempt.course_id)


def hand_in(
    by: int,
    attempt_id: str,
    answers: Mapping[str, Sequence[int]],
    now: datetime,
) -> bool:
    """Marks the try; whether it is passed. One that was handed in stays as it was. Raises NotFound."""
    with transaction() as session:
        who = courses.present(session, by)
        _stands, course = own(session, who, attempt_id)
        attempt = session.get_one(
            ExamAttempt,
            attempt_id,
            with_for_update=True,
            populate_existing=True,
        )
        if attempt.passed is not None:
            return attempt.passed
        right = {value["id"]: value["right"] for value in attempt.asked}
        attempt.answers = {
            question: list(answers.get(question, ())) for question in right
        }
        attempt.percent = score(right, answers)
        attempt.passed = attempt.percent >= course.pass_percent
        attempt.handed_in_at = now
        if attempt.passed and attempt.kind == PRE_POST:
            _take_up_post(session, by, now)
        if attempt.passed:
            profile = bundles.profile_in_force(session, who.tenant_id)
            year = now.astimezone(ZoneInfo(profile.timezone)).year
            attempt.certificate_no = f"PX{year}{attempt.id[-12:].upper()}"
        return attempt.passed


def _take_up_post(session: Session, by: int, now: datetime) -> None:
    """He is on the notices of his grids from now on."""
    person = session.get_one(Person, by)
    if person.in_training_since is None:
        return
    person.in_training_since = None
    session.flush()
    profile = bundles.profile_in_force(session, person.tenant_id)
    who = courses.present(session, by)
    codes = {
        body.territory_code
        for body in who.bodies
        if body.role in profile.grid_roles
    }
    grid_notices(
        session,
        profile,
        person.tenant_id,
        sorted(codes),
        now,
        None,
    )
