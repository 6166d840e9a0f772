"""民情分析会: minutes, resolutions and what became of them, communities that held none."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from orchestrator.domain.grid_work import first_day
from orchestrator.errors import RuleViolated
from orchestrator.services.grid_work import meetings
from orchestrator.services.grid_work.meetings import MeetingGiven, Resolution
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import grid_work as store
from web import bounds, pressed
from web.auth import permission, who
from web.grid_work import given
from web.shown import needed_profile, today

blueprint = Blueprint("grid_meetings", __name__, url_prefix="/grid-meetings")
LINES = 5
MOST_RESOLUTIONS = 100
"""Lines of one form."""
"""Lines for resolutions that the form has."""


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    profile = needed_profile()
    viewer = who()
    places = meetings.communities(reading(), viewer, profile)
    rules = profile.grid_work
    rows, after = store.page_of_meetings(
        reading(),
        viewer.tenant_id,
        [*viewer.overseen_paths, *(place.path for place in places)],
        request.args.get("after", "")[:24],
    )
    missing: list[str] = []
    if rules.meeting_period:
        missing = store.without_meeting(
            reading(),
            viewer.tenant_id,
            [place.code for place in places],
            first_day(rules.meeting_period, today()),
        )
    return render_template(
        "grid_work/meetings.html",
        rows=rows,
        after=after,
        places={place.code: place.name for place in places},
        missing=missing,
        rules=rules,
    )


@blueprint.get("/new")
@permission("signed-in")
def new() -> Any:
    profile = needed_profile()
    return render_template(
        "grid_work/meeting_new.html",
        places=meetings.communities(reading(), who(), profile),
        rules=profile.grid_work,
        lines=LINES,
        today=today(),
    )


@blueprint.post("/new")
@permission("signed-in")
def record() -> Any:
    resolutions = _resolutions()
    minutes = MeetingGiven(
        given.text("community_code")[:32],
        bounds.day_typed(given.text("held_on")),
        given.text("chaired_by"),
        given.text("attended"),
        given.text("discussed"),
        resolutions,
    )
    meeting_id = meetings.record(
        who().person_id,
        minutes,
        datetime.now(UTC),
        today(),
        pressed.key("minutes", repr(minutes)),
    )
    flash(_("会议纪要已登记"), "success")
    return redirect(url_for("grid_meetings.meeting", meeting_id=meeting_id))


def _resolutions() -> list[Resolution]:
    """The lines of the form that something is written in. Raises RuleViolated for one that does not say what
    is to be done, or by a day that is none: nothing typed is left out in silence."""
    columns = [
        [text.strip() for text in request.form.getlist(name)]
        for name in ("what", "whose", "due_on")
    ]
    if any(len(column) > MOST_RESOLUTIONS for column in columns):
        raise RuleViolated(
            [_("一次最多登记 %(most)d 项议定事项", most=MOST_RESOLUTIONS)]
        )
    wrong = []
    resolutions = []
    for number, (what, whose, due_on) in enumerate(
        zip_longest(*columns, fillvalue=""), 1
    ):
        day = bounds.day(due_on)
        if due_on and day is None:
            wrong.append(
                _(
                    "第 %(number)d 项议定事项的完成期限应写成 2026-12-01 的样子",
                    number=number,
                )
            )
        if what:
            resolutions.append(Resolution(what, whose, day))
        elif whose or due_on:
            wrong.append(
                _("第 %(number)d 项议定事项没有写做什么", number=number)
            )
    if wrong:
        raise RuleViolated(wrong)
    return resolutions


@blueprint.get("/<meeting_id>")
@permission("signed-in")
def meeting(meeting_id: str) -> Any:
    profile = needed_profile()
    result = meetings.visible(reading(), who(), profile, meeting_id)
    return render_template(
        "grid_work/meeting.html",
        meeting=result,
        rules=profile.grid_work,
        today=today().isoformat(),
    )


@blueprint.post("/<meeting_id>/done")
@permission("signed-in")
def finish(meeting_id: str) -> Any:
    """A resolution was carried out."""
    meetings.finish(
        who().person_id,
        meeting_id,
        request.form.get("resolution", -1, int),
        today(),
    )
    flash(_("已记为办结"), "success")
    return redirect(url_for("grid_meetings.meeting", meeting_id=meeting_id))
