"""Training: codes that are good for a minute, hours of the year, questions from a file, certificates; no
post without the pre-post pass where the profile asks for it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.domain.training import TrainingRules
from orchestrator.services import bundles
from orchestrator.services.people import account_rows, administering
from orchestrator.services.people.account_rows import Details
from orchestrator.services.training import courses, exams, hours, posts
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.training import (
    Attendance,
    CourseSession,
    ExamAttempt,
    ExamQuestion,
)

COURSE = {
    "course_name": "网格员岗前培训",
    "course_kind": "pre_post",
    "about": "条例、平台操作",
    "asked": "3",
    "pass_percent": "60",
    "attempts": "2",
}
QUESTIONS = (
    "题型,题目,A,B,C,D,答案\n"
    "单选,网格员发现紧急情况应当,立即上报,隐瞒,等一周,不管,A\n"
    "多选,不得泄露,国家秘密,商业秘密,个人信息,天气,ABC\n"
    "判断,网格员可以行使行政处罚权,,,,,错\n"
)


@pytest.fixture(scope="module")
def rows(application):
    """Rows of a table that a condition fits."""

    def ask(model, *where):
        with application.app_context(), transaction(writing=False) as session:
            return list(session.scalars(sa.select(model).where(*where)))

    return ask


def _course(office, **more: str) -> str:
    answer = office.post("/training/new", data={**COURSE, **more})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def _questions(office, course: str, text: str = QUESTIONS):
    upload = (io.BytesIO(text.encode("gbk")), "题库.csv")
    return office.post(f"{course}/questions", data={"file": upload})


def _session(office, course: str, begins_at: datetime) -> str:
    given = {
        "begins_at": begins_at.isoformat(),
        "minutes": "120",
        "held_at": "街道会议室",
    }
    answer = office.post(f"{course}/sessions", data=given)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_who_scans_the_code_in_time_was_there_and_has_the_hours(
    application, signed_in, rows
) -> None:
    office = signed_in("zd-wgb")
    member = signed_in("zd-wgy1")
    course = _course(office)
    now = datetime.now(UTC)
    session = _session(office, course, now - timedelta(minutes=5))
    (planned,) = rows(CourseSession, CourseSession.id == session[-22:])
    assert "data:image/svg" in office.get(f"{session}/screen").text
    assert member.get(f"{session}/screen").status_code == 404
    old = courses.code(planned, now - timedelta(minutes=5))
    refused = member.post(f"{session}/sign-in/{old}")
    assert refused.status_code == 422
    assert "签到码已过期" in refused.text
    for code in (courses.code(planned, now), courses.code(planned, now)):
        assert member.get(f"{session}/sign-in/{code}").status_code == 200
        assert member.post(f"{session}/sign-in/{code}").status_code == 302
    (there,) = rows(Attendance, Attendance.session_id == planned.id)
    assert there.minutes == 120
    assert "今年已受训 2 小时" in member.get("/training/").text
    assert "2 小时" in office.get("/training/people").text
    office.post(session, data={"username": "zd-wgy2"})
    assert len(rows(Attendance, Attendance.session_id == planned.id)) == 2
    wrong = office.post(session, data={"username": "dy-wgb"})
    assert wrong.status_code == 422


def test_a_try_is_marked_and_who_fails_too_often_may_not_try_again(
    signed_in, rows
) -> None:
    office = signed_in("zd-wgb")
    member = signed_in("zd-wgy1")
    course = _course(office)
    early = member.post(f"{course}/exam")
    assert "题库还没有准备好" in early.text
    assert _questions(office, course).status_code == 302
    assert _questions(office, course).status_code == 302
    assert len(rows(ExamQuestion, ExamQuestion.course_id == course[-22:])) == 3
    for number in range(2):
        exam = member.post(f"{course}/exam").headers["Location"]
        again = member.post(f"{course}/exam").headers["Location"]
        assert again == exam, "one that is not handed in goes on"
        assert signed_in("zd-wgy2").get(exam).status_code == 404
        member.post(exam, data={})
        page = member.get(exam).text
        assert "不合格" in page, number
    refused = member.post(f"{course}/exam")
    assert refused.status_code == 422
    assert "已经考了 2 次" in refused.text


@pytest.fixture
def asking(monkeypatch):
    """Makes every profile ask, or not ask, for a pass before the first post."""
    in_force = bundles.profile_in_force

    def ask(pre_post: bool) -> None:
        def changed(session, tenant_id, *at):
            profile = in_force(session, tenant_id, *at)
            rules = replace(
                profile.members, training=TrainingRules(pre_post=pre_post)
            )
            return replace(profile, members=rules)

        monkeypatch.setattr(bundles, "profile_in_force", changed)

    return ask


def test_who_has_not_passed_does_nothing_else_and_who_passes_has_a_certificate(
    application, signed_in, rows, asking
) -> None:
    office = signed_in("zd-wgb")
    member = signed_in("zd-wgy2")
    course = _course(office)
    _questions(office, course)
    exam = member.post(f"{course}/exam").headers["Location"]
    (person,) = rows(Person, Person.username == "zd-wgy2")
    with application.app_context(), transaction() as session:
        session.get_one(Person, person.id).in_training_since = datetime.now(
            UTC
        )
    asking(True)
    home = member.get("/home")
    assert home.headers["Location"] == "/training/"
    assert "还没有通过岗前培训考核" in member.get("/training/").text
    assert member.post("/inbox/several").status_code in (403, 404)
    assert member.get("/api/task").status_code == 403
    asking(False)
    assert member.get("/home").status_code == 200, "no pass is asked for"
    asking(True)
    badge = office.post(f"/members/{person.id}/badge", data={})
    assert badge.status_code == 422
    assert "合格后再发工作证" in badge.text
    (attempt,) = rows(ExamAttempt, ExamAttempt.id == exam[-22:])
    answers = {
        f"answer-{each['id']}": [str(right) for right in each["right"]]
        for each in attempt.asked
    }
    assert member.get(f"{exam}/certificate").status_code == 404
    member.post(exam, data=answers)
    member.post(exam, data={})
    assert "100 分" in member.get(exam).text, "handed in once"
    assert re.search(r"编号 PX\d{4}", member.get(f"{exam}/certificate").text)
    assert member.get("/home").status_code == 200
    assert office.post(f"/members/{person.id}/badge").status_code == 302
    assert "不用再考" in member.post(f"{course}/exam").text


def test_a_certificate_has_the_year_of_the_office(
    application, signed_in, rows
) -> None:
    office = signed_in("zd-wgb")
    member = signed_in("zd-wgy2")
    course = _course(office, course_name="跨年课程", course_kind="regular")
    _questions(office, course)
    exam = member.post(f"{course}/exam").headers["Location"]
    (attempt,) = rows(ExamAttempt, ExamAttempt.id == exam[-22:])
    answers = {each["id"]: each["right"] for each in attempt.asked}
    late = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    with application.app_context():
        assert exams.hand_in(attempt.person_id, attempt.id, answers, late)
    (passed,) = rows(ExamAttempt, ExamAttempt.id == attempt.id)
    assert passed.certificate_no.startswith("PX2027")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("题目\n甲", "第一行应是表头"),
        ("题型,题目,A,B,答案\n", "没有题目"),
        ("题型,题目,A,B,答案\n单选,甲,乙,丙,AB\n", "第 2 行"),
        ("题型,题目,A,B,答案\n多选,甲,乙,丙,A\n", "第 2 行"),
        ("题型,题目,A,B,答案\n判断,甲,,,也许\n", "第 2 行"),
        ("题型,题目,A,B,答案\n单选,甲,乙,,A\n", "第 2 行"),
        ("题型,题目,A,B,C,答案\n单选,甲,乙,,丙,C\n", "从 A 起连着填"),
        ("题目,答案,A,B,题型\n甲,A,乙,丙\n", "第 2 行"),
        ("题型,题目,A,B,答案\n问答,甲,乙,丙,A\n", "第 2 行"),
    ],
)
def test_a_wrong_question_is_told_by_its_line(signed_in, text, told) -> None:
    office = signed_in("zd-wgb")
    answer = _questions(office, _course(office), text)
    assert answer.status_code == 422
    assert told in answer.text


@pytest.mark.parametrize(
    "more",
    [
        {"course_name": ""},
        {"course_kind": "x"},
        {"asked": "101"},
        {"asked": "x"},
        {"pass_percent": "0"},
        {"attempts": "0"},
    ],
)
def test_a_wrong_course_is_refused(signed_in, more) -> None:
    answer = signed_in("zd-wgb").post("/training/new", data={**COURSE, **more})
    assert answer.status_code == 422
    assert "条例、平台操作" in answer.text


def test_courses_are_held_by_those_above_and_found_by_their_own_people(
    signed_in,
) -> None:
    office = signed_in("zd-wgb")
    course = _course(office, course_name="本街道课程")
    session = _session(office, course, datetime.now(UTC))
    assert "本街道课程" in signed_in("zd-wgy1").get("/training/").text
    member = signed_in("zd-wgy1")
    assert member.post("/training/new", data=COURSE).status_code == 403
    assert member.get(session).status_code == 404
    assert _questions(member, course).status_code == 403
    assert (
        member.post(session, data={"username": "zd-wgy1"}).status_code == 403
    )
    stranger = signed_in("dy-wgb")
    assert "本街道课程" not in stranger.get("/training/").text
    for page in (course, session, f"{session}/screen", f"{session}/sign-in/x"):
        assert stranger.get(page).status_code == 404, page
    for page in (f"{course}/exam", session, f"{session}/sign-in/x"):
        assert stranger.post(page, data={}).status_code == 404, page


def test_a_course_and_a_session_that_are_sent_twice_are_made_once(
    signed_in, rows
) -> None:
    office = signed_in("zd-wgb")
    name = "一次课程"
    course = _course(office, _key="course-once", course_name=name)
    assert _course(office, _key="course-once", course_name=name) == course
    other = _course(office, _key="course-once", course_name="另一门")
    assert other != course, "other words are another course"
    planned = {
        "_key": "session-once",
        "begins_at": datetime.now(UTC).isoformat(),
        "minutes": "60",
        "held_at": "会议室",
    }
    for _round in range(2):
        answer = office.post(f"{course}/sessions", data=planned)
        assert answer.status_code == 302
    course_id = course.rpartition("/")[2]
    kept = rows(CourseSession, CourseSession.course_id == course_id)
    assert len(kept) == 1
    elsewhere = office.post(
        "/training/new", data={**COURSE, "place": "321100/321181/"}
    )
    assert elsewhere.status_code == 422
    assert "请选择举办的机构" in elsewhere.text


def test_who_lacks_hours_is_told_from_october_on(application, rows) -> None:
    (person,) = rows(Person, Person.username == "zd-wgz1") or rows(
        Person, Person.username == "zd-wgy3"
    )
    with application.app_context(), transaction(writing=False) as session:
        profile = bundles.profile_in_force(session, "zhenjiang")
        rules = TrainingRules(hours_per_year=24)
        asks = replace(
            profile, members=replace(profile.members, training=rules)
        )
        told = [
            hours.of_people(session, asks, [person.id], on)[person.id].short
            for on in (date(2026, 9, 30), date(2026, 10, 1))
        ]
    assert told == [False, True]


def test_a_first_post_in_a_grid_waits_for_the_pass_where_the_profile_asks(
    application, asking, county_administrator, rows
) -> None:
    (by,) = rows(Person, Person.username == county_administrator)
    now = datetime.now(UTC)
    member = {"grid-member:3211020010011001": "网格员"}
    office = {"village-committee:321102001001": "干部"}

    def given(name: str, bodies: dict[str, str]) -> int:
        details = Details(name="新人", phone="", bodies=bodies)
        return administering.add(by.id, name, details, now).person_id

    def waits(person_id: int) -> bool:
        (person,) = rows(Person, Person.id == person_id)
        return person.in_training_since is not None

    def moved(person_id: int, bodies: dict[str, str]) -> None:
        with transaction() as session:
            person = session.get_one(Person, person_id)
            account_rows.update(
                session, person, Details(bodies=bodies), now, None
            )

    with application.app_context():
        asking(False)
        assert not waits(given("new-here", member))
        asking(True)
        waiting = given("new-later", member)
        assert waits(waiting)
        other = given("new-office", office)
        assert not waits(other)
        moved(other, member)
        assert waits(other), "the staff list and the command line as well"
        moved(other, office)
        assert not waits(other), "he has no post in a grid any more"
        moved(other, {**office, **member})
        assert waits(other)
        with transaction(writing=False) as session:
            person = session.get_one(Person, other)
            grid = ["grid-member"]
            both = [*grid, "village-committee"]
            assert posts.holds_up(session, person, grid)
            assert not posts.holds_up(session, person, both)
        administering.retire(by.id, other, now)
        assert not waits(other)
