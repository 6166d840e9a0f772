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
    found = _instant(text(name))
    if found is None:
        raise RuleViolated([_("时间应写成 2026-11-20T09:30 的样子")])
    return found


def _instant(given: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(given)[:40])
    except ValueError:
        return None
    if not bounds.FIRST_YEAR < found.year < bounds.LAST_YEAR:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone())
    return found.astimezone(UTC)


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
        found = json.loads(carried)
    except (ValueError, RecursionError):
        raise unreadable from None
    if not isinstance(found, dict):
        raise unreadable
    points = _points(found.get("points"))
    check_ins = _check_ins(found.get("check_ins"))
    if points is None or check_ins is None:
        raise unreadable
    return points, check_ins


def _points(given: Any) -> list[tuple[float, float]] | None:
    if not isinstance(given, list) or len(given) > MOST_POINTS:
        return None
    found = []
    for each in given:
        if not isinstance(each, list) or len(each) != 2:
            return None
        if not is_place(each[0], each[1]):
            return None
        found.append((float(each[0]), float(each[1])))
    return found


def _check_ins(given: Any) -> list[CheckIn] | None:
    if not isinstance(given, list) or len(given) > MOST_CHECK_INS:
        return None
    found = []
    for each in given:
        if not isinstance(each, dict):
            return None
        at = _instant(each.get("at"))
        if at is None:
            return None
        where = None
        if is_place(each.get("longitude"), each.get("latitude")):
            where = (float(each["longitude"]), float(each["latitude"]))
        place_name = str(each.get("place", "")).replace("\0", "")
        sound = place_name.encode("utf-8", "ignore").decode()
        found.append(CheckIn(at, sound, where))
    return found
