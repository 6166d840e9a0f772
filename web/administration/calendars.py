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
from orchestrator.domain.announcements import Announcement
from orchestrator.errors import GridflowError, NotFound, RuleViolated
from orchestrator.services.clocks import recalculation
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import (
    calendar_proposals,
    calendar_years,
    calendars,
)
from orchestrator.services.registers.calendar_years import (
    CalendarChange,
    Validity,
)
from orchestrator.store import calendars as queries
from orchestrator.store.calendars import CalendarVersion
from orchestrator.store.people import Person
from orchestrator.store.territories import path_of
from web import bounds
from web.administration import calendar_form
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("calendars", __name__, url_prefix="/admin/calendar")
SHOWN = 500
"""Lines of a report that a page lists."""
AT_ONCE = 200
"""Deadlines counted while the administrator waits; the clock takes the rest."""


@blueprint.get("/")
@permission("administrate")
def overview() -> Any:
    session = reading()
    this_year = _this_year()
    known = calendar_years.years(session, who().tenant_id, this_year)
    wanted = request.args.get("year", this_year, type=int)
    chosen = next((year for year in known if year.year == wanted), None)
    if chosen is None:
        raise NotFound(str(wanted))
    places = calendar_form.places()
    place = calendar_form.known_place(places, request.args.get("place", ""))
    own = calendar_years.with_own_days(session, who().tenant_id, chosen.year)
    above = path_of(session, who().tenant_id, place or None).split("/")
    shown = {day.on: day for day in chosen.days}
    for code in above:
        if code in own:
            shown |= {day.on: day for day in own[code].days}
    shown_days = sorted(shown.values(), key=lambda day: day.on)
    return render_template(
        "admin/calendar.html",
        years=known,
        chosen=chosen,
        own=own,
        shown_days=shown_days,
        months=_months(chosen.year, shown_days),
        versions=queries.versions(session, who().tenant_id),
        waiting=queries.open_proposal(session, who().tenant_id),
        proposals=queries.proposals(session, who().tenant_id),
        next_year=next(
            (year.year for year in known if not year.announced),
            this_year,
        ),
        place_names={known.code: known.name for known in places},
        **calendar_form.form_of(places, place, own.get(place)),
    )


@blueprint.post("/preview")
@permission("administrate")
def preview() -> Any:
    """What the pasted or uploaded year would change; nothing is written, and what was typed stays in the
    page."""
    try:
        announcement = calendar_form.announced(calendar_form.given())
    except RuleViolated as refused:
        return _examined(None, calendar_form.typed(), list(refused.reasons))
    return _examined(
        announcement, {**calendar_form.typed(), "text": calendar_form.given()}
    )


@blueprint.post("/")
@permission("administrate")
def propose() -> Any:
    """Asks another administrator to confirm the examined year."""
    announcement = calendar_form.announced(
        request.form.get("text", "")[: calendar_form.LARGEST]
    )
    expected = request.form.get("expected", type=int)
    try:
        proposed = calendar_proposals.propose(
            who().tenant_id,
            CalendarChange(
                announcement,
                request.form.get("source", ""),
                Validity(calendar_form.place(), calendar_form.first()),
            ),
            who().person_id,
            datetime.now(UTC),
            _this_year(),
            -1 if expected is None else expected,
        )
    except GridflowError as refused:
        return _examined(
            announcement, calendar_form.typed(), [sentence(refused)]
        )
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
    announcement = calendar_form.days_of(
        calendar_proposals.text_of(waiting),
        waiting.year,
        waiting.place,
    )
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
            Validity(waiting.place),
        ),
        place_name=calendar_form.name_of(waiting.place),
        months=_months(waiting.year, announcement.days),
        foreseen=recalculation.foresee(
            session,
            tenant,
            announcement,
            now,
            SHOWN,
            waiting.place,
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
        place_name=calendar_form.name_of(version.place),
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
        try:
            first = calendar_form.first()
        except RuleViolated as refused:
            first = None
            refusals = [*refusals, *refused.reasons]
        examined = calendars.examine(
            session,
            who().tenant_id,
            announcement,
            _this_year(),
            Validity(calendar_form.place(), first),
        )
        announcement = examined.announcement
    ready = bool(
        examined
        and examined.differences
        and not examined.errors
        and not refusals,
    )
    if ready and announcement:
        foreseen = recalculation.foresee(
            session,
            who().tenant_id,
            announcement,
            now,
            SHOWN,
            calendar_form.place(),
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
        places=calendar_form.places(),
        place_name=calendar_form.name_of(calendar_form.place()),
        **typed,
    )
    wrong = refusals or (examined is not None and examined.errors)
    return page, 422 if wrong else 200


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
