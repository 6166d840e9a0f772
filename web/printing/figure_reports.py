"""The board of figures on paper: totals, charts, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from orchestrator.domain.figures import MEASURES, CaseCounts
from orchestrator.services.figures.board import TITLES, Board, BoardRow
from web.figure_words import (
    MEASURE_NAMES,
    RATE_NAMES,
    office_hours,
    percent,
)
from web.printing.typesetting import typeset

MOST_ROWS = 60
"""Of a table that are printed; the other files have all."""
MOST_STEPS = 20
_COLUMNS = ("registered", "open", "closed", "on_time", "reworked")


def figure_report(
    title: str,
    board: Board,
    printed_at: str,
    mark: str,
) -> bytes:
    """PDF/A of the board, in the reader's language, with the mark of who exports it."""
    return typeset(
        "figures",
        {
            "title": title,
            "printed": _("截至 %(moment)s", moment=printed_at),
            "mark": mark,
            "words": {
                "months": _("近 12 个月登记和办结"),
                "registered": str(MEASURE_NAMES["registered"]),
                "closed": str(MEASURE_NAMES["closed"]),
                "rates": _("比率"),
                "steps": _("每一步用时"),
            },
            "totals": _totals(board),
            "months": [
                {
                    "name": month,
                    "registered": counts.registered,
                    "closed": counts.closed,
                }
                for month, counts in board.months.items()
            ],
            "rates": [_rate(board, name) for name in RATE_NAMES],
            "steps": [
                {
                    "name": step.name,
                    "hours": round(step.minutes / 60, 1),
                    "text": f"{office_hours(step.minutes)}（{step.many}）",
                }
                for step in board.steps[:MOST_STEPS]
            ],
            "tables": [
                _table(str(TITLES[key]), rows)
                for key, rows in board.tables.items()
                if rows
            ],
        },
    )


def _totals(board: Board) -> list[list[str]]:
    counts = board.totals
    named = [
        [str(MEASURE_NAMES[name]), str(getattr(counts, name))]
        for name in MEASURES
        if name in _COLUMNS
    ]
    overdue = [str(MEASURE_NAMES["overdue"]), str(board.pressing.overdue)]
    hours = [_("用时中位数"), office_hours(board.minutes)]
    return [*named, overdue, hours]


def _rate(board: Board, name: str) -> dict[str, Any]:
    """A rate with its bar; `missed` where it does not reach its target."""
    value = board.totals.rate(name)
    target = board.targets.get(name)
    wanted = ""
    if target is not None:
        wanted = _("目标 %(percent)s", percent=percent(target))
    missed = target is not None and value is not None and value < target
    return {
        "name": str(RATE_NAMES[name]),
        "value": value or 0,
        "text": percent(value),
        "target": f"{wanted}　{_period_before(board.before, name)}".strip(),
        "missed": missed,
        "plain": name == "reworked",
    }


def _period_before(before: CaseCounts, name: str) -> str:
    rate = before.rate(name)
    if rate is None:
        return ""
    return _("上期 %(percent)s", percent=percent(rate))


def _table(title: str, rows: Sequence[BoardRow]) -> dict[str, Any]:
    names = [str(MEASURE_NAMES[name]) for name in _COLUMNS]
    rates = [str(name) for name in RATE_NAMES.values()]
    left = max(0, len(rows) - MOST_ROWS)
    return {
        "title": title,
        "head": [
            title,
            *names,
            str(MEASURE_NAMES["overdue"]),
            *rates,
            _("用时中位数（工作时）"),
        ],
        "rows": [_cells(row) for row in rows[:MOST_ROWS]],
        "left": left,
        "left_text": _("另有 %(count)d 行没有印出，见 Excel", count=left),
    }


def _cells(row: BoardRow) -> list[str]:
    counts = [str(getattr(row.counts, name)) for name in _COLUMNS]
    overdue = "—"
    if row.overdue is not None:
        overdue = str(row.overdue)
    rates = [percent(row.counts.rate(name)) for name in RATE_NAMES]
    hours = "—"
    if row.minutes is not None:
        hours = f"{row.minutes / 60:.1f}"
    return [row.name, *counts, overdue, *rates, hours]
