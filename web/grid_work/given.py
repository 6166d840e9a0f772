"""What the forms of the daily work carry: instants of the office's zone, places, tracks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from orchestrator.errors import RuleViolated
from orchestrator.services.grid_work.field_records import (
    MOST_CHECK_INS,
    MOST_POINTS,
    CheckIn,
    is_place,
)
from web import bounds
from web.shown import zone

LONGEST_TRACK = 400_000
"""Characters of a patrol's track as a phone sends it."""


def text(name: str) -> str:
    """A line of the form without spaces around it."""
    return str(request.form.get(name, "")).strip()


def key() -> str:
    """The key of the record on the phone, or of the form."""
    return str(request.form.get("_key", ""))[:100]


def moment(name: str) -> datetime:
    """The instant that a field names, as a phone writes it or as a person types it in the office's zone.
    Raises RuleViolated."""
    result = _instant(text(name))
    if result is None:
        raise RuleViolated([_("时间应写成 2026-11-20T09:30 的样子")])
    return result


def _instant(given: Any) -> datetime | None:
    try:
        result = datetime.fromisoformat(str(given)[:40])
    except ValueError:
        return None
    if not bounds.FIRST_YEAR < result.year < bounds.LAST_YEAR:
        return None
    if result.tzinfo is None:
        result = result.replace(tzinfo=zone())
    return result.astimezone(UTC)


def place() -> tuple[float, float] | None:
    """Longitude and latitude as the phone told them; None where it did not."""
    try:
        longitude = float(text("longitude"))
        latitude = float(text("latitude"))
    except ValueError:
        return None
    if is_place(longitude, latitude):
        return longitude, latitude
    return None


def track() -> tuple[list[tuple[float, float]], list[CheckIn]]:
    """The points and check-ins that the phone recorded. Raises RuleViolated for what is no track."""
    carried = text("track")
    if not carried:
        return [], []
    unreadable = RuleViolated(
        [_("手机记下的轨迹无法读取，请重新打开巡查页面")],
    )
    if len(carried) > LONGEST_TRACK:
        raise unreadable
    try:
        result = json.loads(carried)
    except (ValueError, RecursionError):
        raise unreadable from None
    if not isinstance(result, dict):
        raise unreadable
    points = _points(result.get("points"))
    check_ins = _check_ins(result.get("check_ins"))
    if points is None or check_ins is None:
        raise unreadable
    return points, check_ins


def _points(given: Any) -> list[tuple[float, float]] | None:
    if not isinstance(given, list) or len(given) > MOST_POINTS:
        return None
    points = []
    for value in given:
        if not isinstance(value, list) or len(value) != 2:
            return None
        if not is_place(value[0], value[1]):
            return None
        points.append((float(value[0]), float(value[1])))
    return points


def _check_ins(given: Any) -> list[CheckIn] | None:
    if not isinstance(given, list) or len(given) > MOST_CHECK_INS:
        return None
    check_ins = []
    for value in given:
        if not isinstance(value, dict):
            return None
        at = _instant(value.get("at"))
        if at is None:
            return None
        where = None
        if is_place(value.get("longitude"), value.get("latitude")):
            where = (float(value["longitude"]), float(value["latitude"]))
        place_name = str(value.get("place", "")).replace("\0", "")
        sound = place_name.encode("utf-8", "ignore").decode()
        check_ins.append(CheckIn(at, sound, where))
    return check_ins
