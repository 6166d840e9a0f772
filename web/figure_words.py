"""How figures are called and shown: measures, rates, periods, hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

MEASURE_NAMES: Mapping[str, Any] = {
    "registered": N_("登记"),
    "open": N_("办理中"),
    "overdue": N_("已逾期"),
    "today": N_("今天到期"),
    "closed": N_("办结"),
    "on_time": N_("按期办结"),
    "late": N_("超期办结"),
    "reworked": N_("返工"),
    "first_time": N_("一次办成"),
    "to_tell": N_("应反馈"),
    "told": N_("已反馈"),
    "untold": N_("未反馈"),
    "rated": N_("填写了满意度"),
    "satisfied": N_("满意"),
    "dissatisfied": N_("不满意"),
    "dropped": N_("并案、作废"),
}
RATE_NAMES: Mapping[str, Any] = {
    "on_time": N_("按期办结率"),
    "told": N_("反馈率"),
    "first_time": N_("一次办成率"),
    "satisfied": N_("满意率"),
    "reworked": N_("返工率"),
}
MISSING: Mapping[str, str] = {
    "on_time": "late",
    "told": "untold",
    "first_time": "reworked",
    "satisfied": "dissatisfied",
}
"""Rate → the measure of the cases that it lacks."""


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.filters.update(
        percent=percent,
        office_hours=office_hours,
        change=change,
    )
    app.jinja_env.globals.update(
        rate_names=RATE_NAMES,
        missing_of_rate=MISSING,
    )


def period_name(period: str) -> str:
    """2026年11月, 2026年第4季度, 2026年."""
    if "Q" in period:
        return _(
            "%(year)s年第%(quarter)s季度",
            year=period[:4],
            quarter=period[5:],
        )
    if "-" in period:
        return _(
            "%(year)s年%(month)d月",
            year=period[:4],
            month=int(period[5:]),
        )
    return _("%(year)s年", year=period)


def percent(rate: float | None) -> str:
    if rate is None:
        return "—"
    return f"{rate:g}%"


def office_hours(minutes: int | None) -> str:
    """Office hours with one decimal."""
    if minutes is None:
        return "—"
    return _("%(hours)g 工作时", hours=round(minutes / 60, 1))


def change(now: float | None, before: float | None) -> str:
    """How much more or less, with its sign; empty where one of them is missing."""
    if now is None or before is None:
        return ""
    difference = round(now - before, 1)
    if difference:
        return f"{difference:+g}"
    return "±0"
