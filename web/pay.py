"""网格员报酬表: sheets of a month, drawn up, checked, approved, exported; a member's own lines."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

import xlsxwriter
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

from orchestrator.domain.pay import first_and_last, in_yuan, month_before
from orchestrator.errors import NotFound
from orchestrator.services.assessment.due_periods import in_words
from orchestrator.services.installation.read_session import session
from orchestrator.services.people import pay, pay_procedure
from orchestrator.store import pay as store
from orchestrator.store.pay import PayLine, PaySheet
from orchestrator.store.people import Person
from orchestrator.store.territories import Body
from web.auth import permission, who
from web.export_marks import export_mark
from web.figure_files import CSV, XLSX, footer, plain_cells
from web.grid_work import given
from web.shown import needed_profile, today

blueprint = Blueprint("pay", __name__, url_prefix="/pay")
ACTS = {"submit": pay.submit, "check": pay.check, "approve": pay.approve}
AMOUNTS = (
    "base",
    "performance",
    "other",
    "deduction",
    "total",
    "reward",
    "allowance",
)


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    """The sheets that one draws up or approves, and one's own lines."""
    profile = needed_profile()
    viewer = who()
    rows, after = store.page_of_sheets(
        session(),
        viewer.tenant_id,
        pay.readable_paths(viewer, profile),
        request.args.get("after", "")[:24],
    )
    return render_template(
        "pay/index.html",
        rules=profile.members.pay,
        bodies=pay.drafting(viewer, profile),
        month=month_before(today()),
        rows=[(row, session().get_one(Body, row.body_id)) for row in rows],
        after=after,
        reads=bool(pay.readable_paths(viewer, profile)),
        own=store.own_lines(session(), viewer.person_id),
        **_words(),
    )


@blueprint.post("/")
@permission("signed-in")
def draft() -> Any:
    sheet_id = pay.draft(
        who().person_id,
        given.text("body")[:120],
        given.text("period")[:7],
        datetime.now(UTC),
        today(),
    )
    flash(_("报酬表已编制，请核对"), "success")
    return redirect(url_for("pay.sheet", sheet_id=sheet_id))


@blueprint.get("/<sheet_id>")
@permission("signed-in")
def sheet(sheet_id: str) -> Any:
    profile = needed_profile()
    viewer = who()
    value = pay.readable(session(), viewer, profile, sheet_id)
    people = {
        name: session().get_one(Person, person_id).display_name
        for name, person_id in (
            ("drafted", value.drafted_by),
            ("checked", value.checked_by),
            ("approved", value.approved_by),
        )
        if person_id is not None
    }
    lines = store.lines_of(session(), sheet_id)
    return render_template(
        "pay/sheet.html",
        sheet=value,
        lines=lines,
        sums={
            name: sum(getattr(line, name) for line in lines)
            for name in AMOUNTS
        },
        body=session().get_one(Body, value.body_id),
        people=people,
        assessed=in_words(value.rules.get("assessed") or ""),
        elsewhere=_elsewhere(value),
        may={
            act: pay.may(viewer, profile, value, act)
            for act in ("draft", "check", "approve")
        },
        task=pay_procedure.open_task(session(), value),
        digest=store.digest_of(lines),
        **_words(),
    )


@blueprint.post("/<sheet_id>")
@permission("signed-in")
def act(sheet_id: str) -> Any:
    """Submits, checks, approves, sends back, or counts anew."""
    by = who().person_id
    version = request.form.get("version", 0, int)
    wanted = given.text("act")
    now = datetime.now(UTC)
    if wanted == "again":
        pay.draw_up_again(by, sheet_id, now)
    elif wanted == "return":
        pay.send_back(by, sheet_id, version, given.text("reason"))
    elif wanted in ACTS:
        ACTS[wanted](by, sheet_id, version, now)
    else:
        raise NotFound(wanted)
    flash(_("已办理"), "success")
    return redirect(url_for("pay.sheet", sheet_id=sheet_id))


@blueprint.post("/<sheet_id>/lines/<line_id>")
@permission("signed-in")
def adjust(sheet_id: str, line_id: str) -> Any:
    pay.adjust(
        who().person_id,
        sheet_id,
        line_id,
        request.form.get("version", 0, int),
        (given.text("other"), given.text("deduction"), given.text("remark")),
    )
    flash(_("已登记"), "success")
    return redirect(url_for("pay.sheet", sheet_id=sheet_id))


@blueprint.get("/<sheet_id>.csv")
@permission("signed-in")
def table(sheet_id: str) -> Any:
    value, lines = _read(sheet_id)
    target = StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    for line in [*_table(lines), *_elsewhere(value), [export_mark()]]:
        writer.writerow(plain_cells(line))
    return _sent(target.getvalue().encode("utf-8-sig"), CSV, value, "csv")


@blueprint.get("/<sheet_id>.xlsx")
@permission("signed-in")
def workbook(sheet_id: str) -> Any:
    value, lines = _read(sheet_id)
    target = BytesIO()
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, plain) as book:
        page = book.add_worksheet(value.period)
        page.set_column(0, 12, 12)
        page.set_footer(footer(export_mark()))
        rows = [*_table(lines), *_elsewhere(value), [export_mark()]]
        for number, line in enumerate(rows):
            page.write_row(number, 0, line)
    return _sent(target.getvalue(), XLSX, value, "xlsx")


def _read(sheet_id: str) -> tuple[PaySheet, list[PayLine]]:
    value = pay.readable(session(), who(), needed_profile(), sheet_id)
    return value, store.lines_of(session(), sheet_id)


def _table(lines: list[PayLine]) -> list[list[str]]:
    """Heading, lines, sum."""
    names = _words()["amount_names"]
    heading = [_("姓名"), _("岗位"), _("等次")]
    heading += [str(names[name]) for name in AMOUNTS]
    rows = [
        [
            line.name,
            line.post,
            line.grade,
            *(in_yuan(getattr(line, name)) for name in AMOUNTS),
            " ".join(filter(None, (_served(line), line.remark))),
        ]
        for line in lines
    ]
    sums = [
        in_yuan(sum(getattr(line, name) for line in lines)) for name in AMOUNTS
    ]
    heading = [*heading, _("说明")]
    total = [_("合计"), "", "", *sums, ""]
    return [heading, *rows, total]


def _served(line: PayLine) -> str:
    """On how many days he served, where it was not the whole month."""
    if not line.days:
        return str(_("已离岗，只列奖励、补助"))
    days = first_and_last(line.period)
    if days is None or line.days > (days[1] - days[0]).days:
        return ""
    return str(_("当月在岗 %(days)s 天", days=line.days))


def _elsewhere(value: PaySheet) -> list[list[str]]:
    """A line for each who serves here and stands in another sheet of the month."""
    return [
        [name, _("已列入%(body)s的报酬表", body=body)]
        for name, body in value.rules.get("elsewhere", ())
    ]


def _sent(content: bytes, kind: str, value: PaySheet, ending: str) -> Any:
    return send_file(
        BytesIO(content),
        mimetype=kind,
        as_attachment=True,
        download_name=f"{_('网格员报酬表')}{value.period}.{ending}",
    )


def _words() -> dict[str, Any]:
    return {
        "in_yuan": in_yuan,
        "served": _served,
        "state_names": {
            "draft": _("草稿"),
            "submitted": _("待复核"),
            "checked": _("待批准"),
            "approved": _("已批准"),
        },
        "amount_names": {
            "base": _("基本报酬"),
            "performance": _("绩效"),
            "other": _("另加"),
            "deduction": _("扣减"),
            "total": _("应发合计"),
            "reward": _("已兑现奖励"),
            "allowance": _("已兑现补助"),
        },
    }
