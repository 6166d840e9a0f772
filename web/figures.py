"""态势: the figures of a place and a period, the cases behind each, files, and the view for a wall."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from orchestrator.domain import periods
from orchestrator.domain.figures import BODY, MEMBER, PLACE, STEP
from orchestrator.errors import NotFound
from orchestrator.services import listed_instances
from orchestrator.services.figures import board as figures
from orchestrator.services.figures.board import AskedBoard, Board, Instants
from orchestrator.services.figures.ranking import DEPARTMENTS
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import figure_cases
from orchestrator.store import figure_pages as queries
from orchestrator.store.case_map import MapFilters
from orchestrator.store.register_pages import open_steps
from web import printing
from web.auth import permission, who
from web.downloads import download
from web.export_marks import export_mark
from web.figure_files import CSV, XLSX, as_csv, as_workbook
from web.figure_words import MEASURE_NAMES, period_name
from web.inbox import counters
from web.mapped_cases import mapped
from web.shown import moment, needed_profile, today

blueprint = Blueprint("figures", __name__, url_prefix="/figures")
SHOWN = 12
"""Rows of a table on the page; the files have all."""
ON_WALL = (DEPARTMENTS, PLACE)
"""Tables of the wall."""
SHOWN_ON_WALL = 8
"""Rows of each."""


@blueprint.get("/")
@permission("signed-in")
def index() -> Any:
    if not who().overseen_paths:
        return _own()
    board = _board(most=SHOWN)
    return render_template(
        "figures/index.html",
        board=board,
        **_words(board.period),
    )


@blueprint.get("/wall")
@permission("signed-in")
def wall() -> Any:
    """For a large screen: few figures, large, loaded anew by itself."""
    board = _board(ON_WALL, SHOWN_ON_WALL)
    return render_template(
        "figures/wall.html",
        board=board,
        on_map=mapped(MapFilters(place=board.place.path)),
        **_words(board.period),
    )


@blueprint.get("/figures.xlsx")
@permission("signed-in")
def workbook() -> Any:
    board = _board()
    title = _title(board)
    return download(
        as_workbook(title, board, export_mark()), f"{title}.xlsx", XLSX
    )


@blueprint.get("/figures.csv")
@permission("signed-in")
def table() -> Any:
    board = _board()
    return download(as_csv(board, export_mark()), f"{_title(board)}.csv", CSV)


@blueprint.get("/figures.pdf")
@permission("signed-in")
def report() -> Any:
    """The same on paper, with charts."""
    board = _board()
    title = _title(board)
    content = printing.figure_report(
        title, board, moment(datetime.now(UTC)), export_mark()
    )
    return download(content, f"{title}.pdf", "application/pdf")


@blueprint.get("/cases")
@permission("signed-in")
def cases() -> Any:
    """The cases behind one figure."""
    args = request.args
    session = reading()
    now = datetime.now(UTC)
    kind = args.get("kind", "all")
    key = args.get("key", "")[:120]
    measure = args.get("measure", "")
    period = _period()
    path = args.get("place", "")[:160]
    if not figures.may_count(who(), path):
        own = figures.own_path(who(), kind, key)
        if own is None:
            raise NotFound(path)
        path = own
    if measure not in queries.LISTED:
        raise NotFound(measure)
    months = periods.months_of(period)
    tonight = counters.ends(now)[1]
    wanted = figure_cases.AskedFigure(
        who().tenant_id,
        path,
        months,
        measure,
        kind,
        key,
        now,
        tonight,
        figures.ends(needed_profile(), months) if kind == STEP else None,
    )
    rows, after = figure_cases.cases_behind(
        session,
        wanted,
        listed_instances.may_list(session, who()),
        args.get("after", "")[:24],
    )
    if key:
        named = queries.names_of(session, who().tenant_id, kind, [key])
    else:
        named = {}
    return render_template(
        "figures/cases.html",
        rows=rows,
        after=after,
        steps=open_steps(session, [row[0].instance_id for row in rows]),
        measure=measure,
        is_now=measure in queries.NOW,
        of=named.get(key, ""),
        place=queries.territory_at(session, who().tenant_id, path),
        path=path,
        **_words(period),
    )


def _own() -> Any:
    """For who oversees nothing: his bodies' figures and his own."""
    period = _period()
    rows = figures.own_rows(reading(), who(), periods.months_of(period))
    return render_template(
        "figures/own.html",
        rows=rows,
        body=BODY,
        member=MEMBER,
        **_words(period),
    )


def _board(
    titles: Collection[str] = figures.TITLES, most: int | None = None
) -> Board:
    viewer = who()
    now = datetime.now(UTC)
    widest = min(viewer.overseen_paths, key=len, default="")
    path = request.args.get("place", "")[:160] or widest
    at = Instants(now, counters.ends(now)[1])
    return figures.board(
        reading(),
        viewer,
        needed_profile(),
        AskedBoard(path, _period(), titles, most),
        at,
    )


def _period() -> str:
    """The period of the address; this month for none or for what is none."""
    asked = request.args.get("period", "")[:7]
    if periods.months_of(asked):
        return asked
    return periods.month_of(today())


def _words(period: str) -> dict[str, Any]:
    """What every page of figures shows of its period."""
    month = periods.month_of(today())
    choices = [
        month,
        periods.before(month),
        periods.quarter_of(today()),
        str(today().year),
    ]
    if period not in choices:
        choices.insert(0, period)
    return {
        "period": period,
        "choices": [(choice, period_name(choice)) for choice in choices],
        "period_name": period_name,
        "measure_names": MEASURE_NAMES,
        "titles": figures.TITLES,
        "is_counted": queries.counted_until(reading(), who().tenant_id),
    }


def _title(board: Board) -> str:
    return _(
        "%(place)s态势 %(period)s",
        place=board.place.name,
        period=period_name(board.period),
    )
