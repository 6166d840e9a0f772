"""The working calendar: what is known of each year, an announced year examined and brought into force, and
what moved by it."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

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

from orchestrator.domain.announced_days import Day, weekday
from orchestrator.domain.announcements import Announcement, decode, read
from orchestrator.errors import GridflowError, NotFound, RuleViolated
from orchestrator.services.clocks import recalculation
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import calendar_proposals, calendars
from orchestrator.store import calendars as queries
from orchestrator.store.calendars import CalendarVersion
from orchestrator.store.people import Person
from web import bounds
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("calendars", __name__, url_prefix="/admin/calendar")
LARGEST = 200_000
"""Bytes of an uploaded file, characters of what is pasted."""
SHOWN = 500
"""Lines of a report that a page lists."""
AT_ONCE = 200
"""Deadlines counted while the administrator waits; the clock takes the rest."""


@blueprint.get("/")
@permission("administrate")
def overview() -> Any:
    session = reading()
    this_year = _this_year()
    known = calendars.years(session, who().tenant_id, this_year)
    wanted = request.args.get("year", this_year, type=int)
    chosen = next((year for year in known if year.year == wanted), None)
    if chosen is None:
        raise NotFound(str(wanted))
    return render_template(
        "admin/calendar.html",
        years=known,
        chosen=chosen,
        months=_months(chosen.year, chosen.days),
        versions=queries.versions(session, who().tenant_id),
        waiting=queries.open_proposal(session, who().tenant_id),
        proposals=queries.proposals(session, who().tenant_id),
        next_year=next(
            (year.year for year in known if not year.announced),
            this_year,
        ),
        **_typed(),
    )


@blueprint.post("/preview")
@permission("administrate")
def preview() -> Any:
    """What the pasted or uploaded year would change; nothing is written, and what was typed stays in the
    page."""
    try:
        announcement = _announced(_given())
    except RuleViolated as refused:
        return _examined(None, _typed(), list(refused.reasons))
    return _examined(announcement, {**_typed(), "text": _given()})


@blueprint.post("/")
@permission("administrate")
def propose() -> Any:
    """Asks another administrator to confirm the examined year."""
    announcement = _announced(request.form.get("text", "")[:LARGEST])
    expected = request.form.get("expected", type=int)
    try:
        proposed = calendar_proposals.propose(
            who().tenant_id,
            announcement,
            request.form.get("source", ""),
            who().person_id,
            datetime.now(UTC),
            _this_year(),
            -1 if expected is None else expected,
        )
    except GridflowError as refused:
        return _examined(announcement, _typed(), [sentence(refused)])
    if not proposed:
        flash(
            _(
                "%(year)s 年的日历已经是这样，没有改动",
                year=str(announcement.year),
            ),
            "success",
        )
        return redirect(url_for("calendars.overview", year=announcement.year))
    flash(
        _(
            "%(year)s 年的日历改动已提交，由另一位管理员确认后启用",
            year=str(announcement.year),
        ),
        "success",
    )
    return redirect(url_for("calendars.proposal"))


@blueprint.get("/proposal")
@permission("administrate")
def proposal() -> Any:
    """The change that waits for a second administrator, and what it would move."""
    session = reading()
    tenant = who().tenant_id
    now = datetime.now(UTC)
    waiting = queries.open_proposal(session, tenant)
    if waiting is None:
        flash(_("没有等待确认的日历改动"), "success")
        return redirect(url_for("calendars.overview"))
    announcement = read(calendar_proposals.text_of(waiting), waiting.year)
    return render_template(
        "admin/calendar_proposal.html",
        proposal=waiting,
        author=session.get_one(Person, waiting.proposed_by).display_name,
        own=waiting.proposed_by == who().person_id,
        outdated=calendar_proposals.outdated(session, waiting),
        examined=calendars.examine(
            session,
            tenant,
            announcement,
            _this_year(),
        ),
        months=_months(waiting.year, announcement.days),
        foreseen=recalculation.foresee(
            session,
            tenant,
            announcement,
            now,
            SHOWN,
        ),
        shown=SHOWN,
        weekday=weekday,
    )


@blueprint.post("/proposal/<int:proposal_id>/confirm")
@permission("administrate")
def confirm(proposal_id: int) -> Any:
    """Brings what another administrator proposed into force and counts the due dates anew."""
    now = datetime.now(UTC)
    tenant = who().tenant_id
    number = calendar_proposals.confirm(
        tenant,
        proposal_id,
        who().person_id,
        now,
        _this_year(),
    )
    recalculation.recalculate(now, tenant, AT_ONCE)
    flash(_("日历已启用，在办事项的截止时间已按它重算"), "success")
    return redirect(url_for("calendars.report", number=number))


@blueprint.post("/proposal/<int:proposal_id>/give-up")
@permission("administrate")
def give_up(proposal_id: int) -> Any:
    """Takes one's own proposal back, or refuses another's."""
    calendar_proposals.give_up(
        who().tenant_id,
        proposal_id,
        who().person_id,
        datetime.now(UTC),
        bounds.reason(),
    )
    flash(_("这份日历改动不再等待确认"), "success")
    return redirect(url_for("calendars.overview"))


@blueprint.get("/versions/<int:number>")
@permission("administrate")
def report(number: int) -> Any:
    """Which due dates a version moved, from when to when."""
    session = reading()
    tenant = who().tenant_id
    version = session.get(CalendarVersion, (tenant, number))
    if version is None:
        raise NotFound(str(number))
    moved, kept = queries.count_moves(session, tenant, number)
    newest = queries.newest_version(session, tenant) == number
    return render_template(
        "admin/calendar_report.html",
        version=version,
        moves=queries.moves(session, tenant, number, SHOWN),
        moved=moved,
        kept=kept,
        left=recalculation.left(datetime.now(UTC), tenant) if newest else 0,
        shown=SHOWN,
    )


def _examined(
    announcement: Announcement | None,
    typed: Mapping[str, str],
    refusals: Sequence[str] = (),
) -> Any:
    session = reading()
    now = datetime.now(UTC)
    examined = None
    if announcement:
        examined = calendars.examine(
            session,
            who().tenant_id,
            announcement,
            _this_year(),
        )
    ready = bool(examined and examined.differences and not examined.errors)
    if ready and announcement:
        foreseen = recalculation.foresee(
            session,
            who().tenant_id,
            announcement,
            now,
            SHOWN,
        )
    else:
        foreseen = []
    page = render_template(
        "admin/calendar_preview.html",
        examined=examined,
        refusals=refusals,
        ready=ready,
        months=_months(announcement.year, announcement.days)
        if announcement and announcement.days
        else [],
        foreseen=foreseen,
        shown=SHOWN,
        weekday=weekday,
        **typed,
    )
    wrong = refusals or (examined is not None and examined.errors)
    return page, 422 if wrong else 200


def _announced(text: str) -> Announcement:
    """The year as typed; what was already known of it stays where only local festivals are added."""
    announcement = read(text, request.form.get("year", type=int))
    if request.form.get("beside"):
        return calendars.beside(reading(), who().tenant_id, announcement)
    return announcement


def _typed() -> dict[str, str]:
    """What the form held, so that nothing typed is lost."""
    return {
        "text": request.form.get("text", "")[:LARGEST].replace("\0", ""),
        "source": request.form.get("source", "")[
            : calendars.LONGEST_SOURCE
        ].replace("\0", ""),
        "beside": "1" if request.form.get("beside") else "",
        "year_typed": request.form.get("year", "")[:4],
    }


def _given() -> str:
    """The uploaded file's text, else what was pasted. Raises RuleViolated for a file that is none."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return _typed()["text"]
    upload.stream.seek(0)
    content = upload.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RuleViolated([_("文件太大，请只保留一个年度的放假安排")])
    try:
        return decode(content).replace("\0", "")
    except ValueError as refused:
        raise RuleViolated(
            [_("文件的编码无法识别，请另存为 UTF-8 或 GBK 编码的 CSV 文件")],
        ) from refused


def _this_year() -> int:
    zone = ZoneInfo(current_app.extensions["gridflow"].timezone)
    return datetime.now(UTC).astimezone(zone).year


def _months(
    year: int,
    days: Sequence[Day],
) -> list[tuple[int, list[list[tuple[date | None, Day | None]]]]]:
    """(month, weeks) with each day's mark; days of the neighbouring months are left out."""
    if not date.min.year < year < date.max.year:
        return []
    marked = {day.on: day for day in days}
    weeks = calendar.Calendar(firstweekday=0)
    return [
        (
            month,
            [
                [
                    (on, marked.get(on)) if on.month == month else (None, None)
                    for on in week
                ]
                for week in weeks.monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]
