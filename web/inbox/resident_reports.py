"""The grid office's list of residents' reports: accepted as a case, refused; and the sheets of codes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

import forms
from orchestrator.domain import resident_reports as rules
from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    NotFound,
    RuleViolated,
)
from orchestrator.sentences import spoken
from orchestrator.services import bundles, instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import resident_reports
from orchestrator.services.records import purposes
from orchestrator.services.records.entry_sights import EntrySight
from orchestrator.store import register_pages
from orchestrator.store import resident_reports as queries
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.territories import Body
from web import bounds, printing
from web.auth import permission, who
from web.submissions import filenames, typed

blueprint = Blueprint("reports", __name__, url_prefix="/reports")

GIVEN = {
    "description": "content",
    "location": "place",
    "reporter_phone": "phone",
    "coordinates": "point",
}
"""Field of a case's form → what the resident wrote there."""
TITLE = 30
"""Characters of the report that begin the case's title."""


def _paths() -> list[str]:
    """The territories whose reports the viewer receives. Raises Forbidden for who receives none."""
    bodies = resident_reports.offices(reading(), who())
    if not bodies:
        raise Forbidden(
            _("居民反映由网格所在地受理事件的机构受理，您所在的机构不受理"),
        )
    return [body.territory_path for body in bodies]


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    state = request.args.get("state", "received")
    if state not in ("received", "accepted", "refused"):
        state = "received"
    rows, after = queries.page_reports(
        reading(),
        who().tenant_id,
        _paths(),
        state,
        request.args.get("after", ""),
    )
    return render_template(
        "reports/list.html",
        rows=rows,
        after=after,
        state=state,
        names=rules.STATES,
    )


@blueprint.get("/<report_id>")
@permission("signed-in")
def look(report_id: str) -> Any:
    return _page(report_id, {}, {}, ())


@blueprint.post("/<report_id>/disclose")
@permission("signed-in")
def disclose(report_id: str) -> Any:
    """Opens the telephone to oneself, on the record."""
    resident_reports.disclose(
        report_id,
        bounds.reason(_("请写明查看的事由")),
        who(),
        request.remote_addr or "",
        datetime.now(UTC),
    )
    return redirect(url_for("reports.look", report_id=report_id))


@blueprint.post("/<report_id>/accept")
@permission("signed-in")
def accept(report_id: str) -> Any:
    report = resident_reports.seen(reading(), who(), report_id)
    if report.state == "accepted":
        flash(_("这条反映已经受理，这就是它的事件"), "info")
        return redirect(
            url_for("inbox.instance", instance_id=report.instance_id),
        )
    resident_reports.require_waiting(report)
    body = resident_reports.office_of(reading(), who(), report_id)
    process_key, bundle = _procedure(body)
    form = bundle.forms.get(bundle.definition.start_form_key or "")
    purpose = purposes.of_start(process_key, body.id, None)
    data, errors = typed(form, who().tenant_id, purpose)
    sight = _sight(report)
    reasons: Sequence[str] = ()
    if form is not None and not errors:
        _add_photos(report_id, form, data, (process_key, body))
    if not errors:
        try:
            begun = resident_reports.accept(
                report_id,
                process_key,
                _with_phone(report, form, data, sight),
                who(),
                datetime.now(UTC),
            )
        except FormInvalid as invalid:
            errors = {
                key: list(sentences)
                for key, sentences in invalid.errors.items()
            }
        except RuleViolated as violated:
            reasons = violated.reasons
        else:
            flash(
                _("已受理，编号 %(number)s", number=begun.business_key),
                "success",
            )
            return redirect(
                url_for("inbox.instance", instance_id=begun.instance_id),
            )
    return _page(report_id, data, errors, reasons, sight), 422


@blueprint.post("/<report_id>/refuse")
@permission("signed-in")
def refuse(report_id: str) -> Any:
    answer = bounds.reason(_("请写明为什么不受理，反映人会看到"))
    resident_reports.refuse(report_id, answer, who(), datetime.now(UTC))
    flash(_("已答复反映人"), "success")
    return redirect(url_for("reports.index"))


@blueprint.get("/<report_id>/photo/<int:position>")
@permission("signed-in")
def photo(report_id: str, position: int) -> Any:
    resident_reports.seen(reading(), who(), report_id)
    content = resident_reports.photo(reading(), report_id, position)
    return send_file(io.BytesIO(content), mimetype="image/jpeg")


@blueprint.get("/codes.pdf")
@permission("signed-in")
def codes() -> Any:
    """A sheet for each grid of the office: its name and the code that leads to its page."""
    filters = register_pages.GridFilters(
        request.args.get("q", "").strip()[:40],
        "",
        "",
    )
    rows, _after = register_pages.page_grids(
        reading(),
        who().tenant_id,
        _paths(),
        filters,
        "",
        size=200,
    )
    grids = [row[0] for row in rows if row[0].state == "active"]
    if not grids:
        raise NotFound("codes")
    content = printing.report_codes(
        [(grid.name, grid.code, _address(grid)) for grid in grids],
    )
    return send_file(
        io.BytesIO(content),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=_("居民反映二维码") + ".pdf",
    )


def _address(grid: Any) -> str:
    root = current_app.extensions["gridflow"].public_url
    if not root:
        root = request.url_root.rstrip("/")
    page: str = url_for("report.report", code=grid.code, issuer=grid.tenant_id)
    return root + page


def _procedure(body: Body) -> tuple[str, Bundle]:
    """The procedure by which the office opens a case at a grid. Raises Forbidden where it may not."""
    session = reading()
    for definition, able in instances.startable(
        session,
        who(),
        datetime.now(UTC),
    ):
        bundle = bundles.bundle_of(session, definition.id)
        if able.id == body.id and bundle.definition.place_level:
            return definition.key, bundle
    raise Forbidden(
        _("您所在的机构不能登记事件，请联系管理员核对流程图的发起机构"),
    )


def _add_photos(
    report_id: str,
    form: forms.Form,
    data: dict[str, Any],
    chosen: tuple[str, Body],
) -> None:
    """The resident's photographs go into the form's field for files."""
    process_key, body = chosen
    session = reading()
    report = resident_reports.seen(session, who(), report_id)
    key = next(
        (field.key for field in form.inputs() if field.type == "filepicker"),
        "",
    )
    if key:
        ids = resident_reports.copy_photos(
            session,
            report,
            key,
            purposes.of_start(process_key, body.id, None),
            who(),
            datetime.now(UTC),
        )
        data[key] = list(dict.fromkeys([*(data.get(key) or []), *ids]))


def _with_phone(
    report: ResidentReport,
    form: forms.Form | None,
    data: dict[str, Any],
    sight: EntrySight,
) -> dict[str, Any]:
    """The values of the case: the telephone that he did not open goes into them too."""
    key = next(key for key, column in GIVEN.items() if column == "phone")
    asked = form is not None and key in form.field_keys
    if asked and not data.get(key) and not sight.shows("phone"):
        return {**data, key: report.phone}
    return data


def _sight(report: ResidentReport) -> EntrySight:
    now = datetime.now(UTC)
    return resident_reports.sight(reading(), who(), report, now)


def _page(
    report_id: str,
    data: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]],
    reasons: Sequence[str],
    sight: EntrySight | None = None,
) -> str:
    session = reading()
    report = resident_reports.seen(session, who(), report_id)
    body = resident_reports.office_of(session, who(), report_id)
    if sight is None:
        sight = _sight(report)
    drawn = ""
    impossible = ""
    if report.state == "received":
        try:
            _process_key, bundle = _procedure(body)
        except Forbidden as forbidden:
            # The resident still gets an answer.
            impossible = str(spoken(str(forbidden)))
        else:
            shown = dict(data) or _begun(report, bundle, sight)
            drawn = _drawn(report, body, bundle, shown, errors)
    return render_template(
        "reports/report.html",
        report=report,
        grid=queries.grid_name(session, report),
        photos=queries.photo_positions(session, report_id),
        sight=sight,
        form=drawn,
        impossible=impossible,
        errors=errors,
        reasons=reasons,
        names=rules.STATES,
    )


def _drawn(
    report: ResidentReport,
    body: Body,
    bundle: Bundle,
    shown: Mapping[str, Any],
    errors: Mapping[str, Sequence[str]],
) -> str:
    """The case's form with those values; empty for a procedure without one."""
    form = bundle.forms.get(bundle.definition.start_form_key or "")
    if form is None:
        return ""
    setting = form_options.Setting(
        report.territory_path,
        who().person_id,
        datetime.now(UTC),
        body.id,
    )
    options = form_options.for_form(reading(), bundle, form, setting)
    return forms.render(form, shown, errors, options, filenames(shown, None))


def _begun(
    report: ResidentReport,
    bundle: Bundle,
    sight: EntrySight,
) -> dict[str, Any]:
    """What the case's form begins with: what the resident wrote."""
    form = bundle.forms.get(bundle.definition.start_form_key or "")
    if form is None:
        return {}
    result: dict[str, Any] = {
        key: getattr(report, column)
        for key, column in GIVEN.items()
        if key in form.field_keys
    }
    result |= {
        key: ""
        for key in result
        if GIVEN[key] == "phone" and not sight.shows("phone")
    }
    if "case_title" in form.field_keys:
        result["case_title"] = report.content.split("\n")[0][:TITLE]
    if "disposal" in form.field_keys:
        result["disposal"] = "report"
    return result
