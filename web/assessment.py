"""考核: periods to close and closed ones, what each assessed came to, the cases behind it, appeals."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from orchestrator.domain.assessment import (
    COUNTED,
    MEMBERS,
    RATES,
    day_after,
    fits,
)
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import NotFound
from orchestrator.services import access, listed_instances
from orchestrator.services.assessment import (
    appeals,
    due_periods,
    period_closing,
    scoring,
    visible_results,
)
from orchestrator.services.installation.read_session import session
from orchestrator.store import assessments as store
from orchestrator.store.register_pages import open_steps
from orchestrator.store.territories import Body
from web.auth import permission, who
from web.export_marks import export_mark
from web.figure_files import CSV, plain_cells
from web.figure_words import MEASURE_NAMES, RATE_NAMES, period_name
from web.shown import needed_profile, today

blueprint = Blueprint("assessment", __name__, url_prefix="/assessment")
OWN_NAMES: Mapping[str, Any] = {
    "patrol_days": N_("巡查天数"),
    "visits": N_("走访（见到人）"),
    "training_hours": N_("培训学时"),
}
NAMES: Mapping[str, Any] = {
    **{name: MEASURE_NAMES[name] for name in COUNTED},
    "on_time_rate": RATE_NAMES["on_time"],
    "told_rate": RATE_NAMES["told"],
    "first_time_rate": RATE_NAMES["first_time"],
    "rework_rate": RATE_NAMES["reworked"],
    "satisfied_rate": RATE_NAMES["satisfied"],
    **OWN_NAMES,
}
"""Figure of a formula → what it is called."""
EXCLUDED_NAMES: Mapping[str, Any] = {
    "suspended": N_("挂账过"),
    "extended": N_("延期过"),
}
APPEAL_NAMES: Mapping[str, Any] = {
    "": "",
    "open": N_("申诉复核中"),
    "upheld": N_("申诉成立，已更正"),
    "dismissed": N_("申诉不成立，维持"),
}
OF_NAMES: Mapping[str, Any] = {
    "departments": N_("部门"),
    "offices": N_("下级机构"),
    "members": N_("网格员"),
}


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    profile = needed_profile()
    viewer = who()
    rows, after = visible_results.page_of_periods(
        session(), viewer, request.args.get("after", "")[:24]
    )
    return render_template(
        "assessment/index.html",
        rules=profile.assessment,
        to_close=_to_close(profile, viewer),
        own=store.own_results(
            session(), viewer.tenant_id, visible_results.own_keys(viewer)
        ),
        rows=rows,
        after=after,
        bodies=_bodies(rows),
        **_words(),
    )


def _to_close(profile: Jurisdiction, viewer: access.Viewer) -> list[Any]:
    """(rule, body, period) of each period that is over and nobody closed, of the rules by which a body of his
    assesses."""
    results = []
    for rule in profile.assessment:
        bodies = period_closing.assesses(session(), viewer, profile, rule)
        waiting = due_periods.to_close(
            session(),
            profile,
            rule,
            bodies,
            today(),
        )
        results += [(rule, body, period) for period, body in waiting]
    return results


@blueprint.get("/draft")
@permission("signed-in")
def draft() -> Any:
    """How a period stands that nobody closed yet."""
    profile = needed_profile()
    rule = period_closing.rule_of(profile, request.args.get("rule", "")[:40])
    period = request.args.get("period", "")[:7]
    body = _own_body(profile, rule)
    if not fits(rule.every, period):
        raise NotFound(period)
    return render_template(
        "assessment/draft.html",
        rule=rule,
        period=period,
        body=body,
        formula=scoring.formula_of(rule, period),
        rows=sorted(
            scoring.scores(session(), profile, rule, body, period),
            key=lambda row: (row.rank is None, row.rank or 0),
        ),
        is_over=today() >= day_after(period),
        may_close=period_closing.may_close(session(), who(), rule, body.id),
        **_words(),
    )


def _own_body(profile: Jurisdiction, rule: Any) -> Body:
    wanted = request.args.get("body", "")[:120]
    for body in period_closing.assesses(session(), who(), profile, rule):
        if body.id == wanted:
            return body
    raise NotFound(wanted)


@blueprint.post("/close")
@permission("signed-in")
def close() -> Any:
    period_id = period_closing.close(
        who().person_id,
        request.form.get("rule", "")[:40],
        request.form.get("period", "")[:7],
        request.form.get("body", "")[:120],
        datetime.now(UTC),
    )
    flash(_("已结账，被考核的对象可以查看结果和申诉"), "success")
    return redirect(url_for("assessment.period", period_id=period_id))


@blueprint.get("/periods/<period_id>")
@permission("signed-in")
def period(period_id: str) -> Any:
    value = visible_results.visible_period(session(), who(), period_id)
    return render_template(
        "assessment/period.html",
        period=value,
        rows=store.results_of(session(), value.id),
        body=session().get_one(Body, value.body_id),
        **_words(),
    )


@blueprint.get("/periods/<period_id>/table.csv")
@permission("signed-in")
def table(period_id: str) -> Any:
    """The results of a period as a table."""
    value = visible_results.visible_period(session(), who(), period_id)
    indicators = value.formula["indicators"]
    target = StringIO()
    lines = csv.writer(target, lineterminator="\r\n")
    heads = [
        _("名次"),
        _(OF_NAMES[value.of]),
        _("得分"),
        _("等次"),
        *(indicator["name"] for indicator in indicators),
        _("申诉"),
    ]
    lines.writerow(plain_cells(heads))
    for row in store.results_of(session(), value.id):
        values = {line["key"]: line["value"] for line in row.lines}
        cells = [
            row.rank,
            row.name,
            row.score,
            row.grade,
            *(values.get(indicator["key"]) for indicator in indicators),
            str(APPEAL_NAMES[row.appeal]),
        ]
        lines.writerow(plain_cells(cells))
    lines.writerow(plain_cells([export_mark()]))
    name = f"{value.name}{period_name(value.period)}.csv"
    return send_file(
        BytesIO(target.getvalue().encode("utf-8-sig")),
        mimetype=CSV,
        as_attachment=True,
        download_name=name,
    )


@blueprint.get("/results/<result_id>")
@permission("signed-in")
def result(result_id: str) -> Any:
    seen = visible_results.visible_result(session(), who(), result_id)
    now = datetime.now(UTC)
    lines = {line["key"]: line for line in seen.result.lines}
    return render_template(
        "assessment/result.html",
        period=seen.period,
        result=seen.result,
        body=session().get_one(Body, seen.period.body_id),
        lines=[
            (indicator, lines[indicator["key"]])
            for indicator in seen.period.formula["indicators"]
        ],
        excluded=store.excluded_count(session(), result_id),
        may_appeal=appeals.may_appeal(who(), seen.period, seen.result, now),
        reason=appeals.reason_of(session(), seen.result),
        sees_all=visible_results.sees_all(who(), seen.period),
        longest=appeals.LONGEST,
        **_words(),
    )


@blueprint.get("/results/<result_id>/cases")
@permission("signed-in")
def cases(result_id: str) -> Any:
    """The cases that a figure of the result was counted from."""
    seen = visible_results.visible_result(session(), who(), result_id)
    figure = request.args.get("figure", "")
    if figure not in (*COUNTED, "excluded"):
        raise NotFound(figure)
    rows, after = store.cases_of(
        session(),
        result_id,
        figure,
        listed_instances.may_list(session(), who()),
        request.args.get("after", "")[:24],
    )
    return render_template(
        "assessment/cases.html",
        period=seen.period,
        result=seen.result,
        figure=figure,
        rows=rows,
        after=after,
        steps=open_steps(session(), [row[0].instance_id for row in rows]),
        **_words(),
    )


@blueprint.post("/results/<result_id>/appeal")
@permission("signed-in")
def appeal(result_id: str) -> Any:
    appeals.appeal(
        who().person_id,
        result_id,
        request.form.get("reason", "").strip(),
        datetime.now(UTC),
    )
    flash(_("申诉已提交，复核结果会写在本页"), "success")
    return redirect(url_for("assessment.result", result_id=result_id))


def _bodies(rows: list[store.AssessmentPeriod]) -> dict[str, str]:
    return {
        row.body_id: session().get_one(Body, row.body_id).name for row in rows
    }


def _words() -> dict[str, Any]:
    return {
        "period_name": period_name,
        "figure_names": NAMES,
        "excluded_names": EXCLUDED_NAMES,
        "appeal_names": APPEAL_NAMES,
        "of_names": OF_NAMES,
        "counted": COUNTED,
        "rates": RATES,
        "own_names": OWN_NAMES,
        "of_members": MEMBERS,
        "in_words": in_words,
        "shown_day": date.fromisoformat,
    }


def in_words(expression: str) -> str:
    """The expression with figures in place of their names."""
    return re.sub(
        r"[a-z_]+",
        lambda match: str(NAMES.get(match[0], match[0])),
        expression,
    )
