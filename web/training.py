"""培训: courses, sessions with sign-in by QR code, examinations, certificates, and who lacks what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import segno
from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import uploaded_tables
from orchestrator.services.training import courses, exams, hours
from orchestrator.services.training.courses import (
    KIND_NAMES,
    CourseGiven,
    SessionGiven,
)
from orchestrator.store import members as people_queries
from orchestrator.store import training as store
from web import pressed
from web.auth import permission, who
from web.grid_work import given
from web.shown import needed_profile, own_profile, today

blueprint = Blueprint("training", __name__, url_prefix="/training")


@blueprint.app_template_global("lacks_training")
def lacks_training() -> bool:
    """Whether the signed-in person is to be told that he lacks hours."""
    viewer = who()
    # Who oversees a place serves no grid: nothing is asked for him.
    if viewer.overseen_paths:
        return False
    profile = own_profile()
    return profile is not None and hours.lacks(
        reading(), profile, viewer, today()
    )


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """The courses that are for oneself or held in one's place, and how one stands."""
    viewer = who()
    profile = needed_profile()
    rows, after = store.page_of_courses(
        reading(),
        viewer.tenant_id,
        viewer.overseen_paths,
        courses.above(viewer),
        request.args.get("after", "")[:24],
    )
    own = None
    if any(body.role in profile.grid_roles for body in viewer.bodies):
        traineds = hours.of_people(
            reading(), profile, [viewer.person_id], today()
        )
        own = traineds[viewer.person_id]
    return render_template(
        "training/index.html",
        rows=rows,
        after=after,
        own=own,
        rules=profile.members.training,
        kinds=KIND_NAMES,
        may_make=bool(viewer.overseen_paths),
    )


@blueprint.get("/new")
@permission("signed-in")
def new() -> Any:
    held = {
        body.territory_path: body.name
        for body in who().all_bodies
        if body.oversees
    }
    return render_template(
        "training/course_new.html",
        kinds=KIND_NAMES,
        held=held,
    )


@blueprint.post("/new")
@permission("signed-in")
def make() -> Any:
    course_id = courses.make(
        who().person_id,
        CourseGiven(
            _text("course_name"),
            _text("course_kind"),
            _text("about"),
            request.form.get("asked", -1, int),
            request.form.get("pass_percent", -1, int),
            request.form.get("attempts", -1, int),
            _text("place"),
        ),
        datetime.now(UTC),
        pressed.key("course", *map(_text, ("course_name", "place", "about"))),
    )
    flash(_("课程已建立"), "success")
    return redirect(url_for("training.course", course_id=course_id))


@blueprint.get("/courses/<course_id>")
@permission("signed-in")
def course(course_id: str) -> Any:
    viewer = who()
    result = courses.visible(reading(), viewer, course_id)
    return render_template(
        "training/course.html",
        course=result,
        sessions=store.sessions_of(reading(), result.id),
        attempts=store.attempts_of(reading(), result.id, viewer.person_id),
        questions=store.count_questions(reading(), result.id),
        holds=courses.holds(viewer, result),
        kinds=KIND_NAMES,
    )


@blueprint.post("/courses/<course_id>/sessions")
@permission("signed-in")
def plan(course_id: str) -> Any:
    session_id = courses.plan(
        who().person_id,
        course_id,
        SessionGiven(
            given.moment("begins_at"),
            request.form.get("minutes", -1, int),
            _text("held_at"),
        ),
        datetime.now(UTC),
        pressed.key("session", *map(_text, ("begins_at", "held_at"))),
    )
    flash(_("培训已安排"), "success")
    return redirect(url_for("training.session", session_id=session_id))


@blueprint.post("/courses/<course_id>/questions")
@permission("signed-in")
def questions(course_id: str) -> Any:
    """Takes over the questions of a file."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise RuleViolated([_("请选择题库文件")])
    upload.stream.seek(0)
    asked = exams.read(upload.stream.read(uploaded_tables.LARGEST + 1))
    added, changed = exams.take_over(
        who().person_id, course_id, asked, datetime.now(UTC)
    )
    flash(
        _(
            "已新增 %(added)d 道题，更新 %(changed)d 道",
            added=added,
            changed=changed,
        ),
        "success",
    )
    return redirect(url_for("training.course", course_id=course_id))


@blueprint.post("/courses/<course_id>/exam")
@permission("signed-in")
def begin(course_id: str) -> Any:
    attempt_id = exams.begin(who().person_id, course_id, datetime.now(UTC))
    return redirect(url_for("training.exam", attempt_id=attempt_id))


@blueprint.get("/exams/<attempt_id>")
@permission("signed-in")
def exam(attempt_id: str) -> Any:
    """The questions of one's own try; what it came to when it is handed in."""
    attempt, of = exams.own(reading(), who(), attempt_id)
    return render_template("training/exam.html", attempt=attempt, course=of)


@blueprint.post("/exams/<attempt_id>")
@permission("signed-in")
def hand_in(attempt_id: str) -> Any:
    attempt, _course = exams.own(reading(), who(), attempt_id)
    answers = {}
    for value in attempt.asked:
        chosen = request.form.getlist(f"answer-{value['id']}", int)
        answers[value["id"]] = chosen[:20]
    exams.hand_in(who().person_id, attempt_id, answers, datetime.now(UTC))
    return redirect(url_for("training.exam", attempt_id=attempt_id))


@blueprint.get("/exams/<attempt_id>/certificate")
@permission("signed-in")
def certificate(attempt_id: str) -> Any:
    """The certificate of a passed try, to be printed."""
    attempt, of = exams.own(reading(), who(), attempt_id)
    if not attempt.passed:
        raise NotFound(attempt_id)
    return render_template(
        "training/certificate.html", attempt=attempt, course=of
    )


@blueprint.get("/sessions/<session_id>")
@permission("signed-in")
def session(session_id: str) -> Any:
    """Who was there; whoever holds the course enters those without a phone."""
    planned, result, after = _held(session_id)
    rows, more = store.attended(reading(), planned.id, after)
    return render_template(
        "training/session.html",
        session=planned,
        course=result,
        rows=rows,
        more=more,
    )


@blueprint.post("/sessions/<session_id>")
@permission("signed-in")
def enter(session_id: str) -> Any:
    courses.enter(
        who().person_id,
        session_id,
        _text("username")[:60],
        datetime.now(UTC),
    )
    flash(_("已补签"), "success")
    return redirect(url_for("training.session", session_id=session_id))


@blueprint.get("/sessions/<session_id>/screen")
@permission("signed-in")
def screen(session_id: str) -> Any:
    """The trainer's screen: a QR code that is another one each minute."""
    planned, result, _after = _held(session_id)
    token = courses.code(planned, datetime.now(UTC))
    root = current_app.extensions[
        "gridflow"
    ].public_url or request.url_root.rstrip("/")
    address = root + url_for(
        "training.arrive", session_id=session_id, token=token
    )
    return render_template(
        "training/screen.html",
        session=planned,
        course=result,
        picture=segno.make(address, error="m").svg_data_uri(border=2),
        seconds=courses.CODE_SECONDS // 2,
    )


@blueprint.get("/sessions/<session_id>/sign-in/<token>")
@permission("signed-in")
def arrive(session_id: str, token: str) -> Any:
    """Where the code of the trainer's screen leads: one button."""
    planned, result = courses.visible_session(reading(), who(), session_id)
    return render_template(
        "training/arrive.html", session=planned, course=result, token=token
    )


@blueprint.post("/sessions/<session_id>/sign-in/<token>")
@permission("signed-in")
def sign_in(session_id: str, token: str) -> Any:
    course_id = courses.sign_in(
        who().person_id, session_id, token[:40], datetime.now(UTC)
    )
    flash(_("签到成功"), "success")
    return redirect(url_for("training.course", course_id=course_id))


@blueprint.get("/people")
@permission("signed-in")
def people() -> Any:
    """Who of one's place lacks hours or the pre-post training."""
    viewer = who()
    profile = needed_profile()
    if not viewer.overseen_paths:
        return redirect(url_for("training.index"))
    rows, after = people_queries.page_of_people(
        reading(),
        viewer.tenant_id,
        viewer.overseen_paths,
        profile.grid_roles,
        request.args.get("q", "").strip()[:40],
        request.args.get("after", "")[:60],
    )
    return render_template(
        "training/people.html",
        rows=rows,
        after=after,
        stands=hours.of_people(
            reading(), profile, [row.person.id for row in rows], today()
        ),
        rules=profile.members.training,
        text=request.args.get("q", "").strip()[:40],
    )


def _held(
    session_id: str,
) -> tuple[store.CourseSession, store.TrainingCourse, int]:
    """A session of a course that the viewer holds. Raises NotFound."""
    planned, result = courses.visible_session(reading(), who(), session_id)
    if not courses.holds(who(), result):
        raise NotFound(session_id)
    return planned, result, request.args.get("after", 0, int)


def _text(name: str) -> str:
    return str(request.form.get(name, "")).strip()
