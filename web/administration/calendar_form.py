"""The form of a calendar's year: what was typed of it, whose days they are and from when they hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask import request
from flask_babel import gettext as _

from orchestrator.domain.announced_days import KIND_WORDS
from orchestrator.domain.announcements import Announcement, decode
from orchestrator.errors import NotFound, RuleViolated
from orchestrator.services import bundles
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.registers import calendar_years, calendars
from orchestrator.services.registers.calendar_years import (
    PlaceOfCalendar,
    Year,
)
from orchestrator.store.territories import Territory
from web.auth import who

LARGEST = 200_000
"""Bytes of an uploaded file, characters of what is pasted."""


def announced(text: str) -> Announcement:
    """The year as typed."""
    return days_of(text, request.form.get("year", type=_year), place())


def _year(text: str) -> int:
    """Raises ValueError, which counts as a year that was not given."""
    year = int(text)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(text[:40])
    return year


def days_of(text: str, year: int | None, place: str) -> Announcement:
    """What the text announces for the nation, or for a place."""
    return calendar_years.announced(
        reading(),
        who().tenant_id,
        text,
        year,
        place,
    )


def place() -> str:
    return request.form.get("place", "")[:32].replace("\0", "")


def first() -> date | None:
    """The day of effect, if one is given. Raises RuleViolated for what is no date."""
    text = request.form.get("first", "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as refused:
        raise RuleViolated(
            [_("生效日期请写成 2027-01-01 这样的格式，或留空")],
        ) from refused


def places() -> list[PlaceOfCalendar]:
    session = reading()
    tenant = who().tenant_id
    profile = bundles.profile_in_force(session, tenant, datetime.now(UTC))
    return calendar_years.places(session, tenant, profile.levels)


def known_place(places: Sequence[PlaceOfCalendar], code: str) -> str:
    """Raises NotFound for a place that may have no days of its own."""
    if code and all(place.code != code for place in places):
        raise NotFound(code)
    return code


def name_of(place: str) -> str:
    """Name of a place whose own days they are; empty for the nation's."""
    territory = reading().get(Territory, (who().tenant_id, place))
    return territory.name if territory is not None else place


def form_of(
    places: Sequence[PlaceOfCalendar],
    place: str,
    own: Year | None,
) -> dict[str, Any]:
    """An empty form, or that of a place with the own days it has."""
    days = own.days if own is not None else ()
    return {
        **typed(),
        "places": places,
        "place": place,
        "text": "\n".join(
            f"{day.on},{KIND_WORDS[day.kind]},{day.name}" for day in days
        ),
        "source": own.sources[0] if own is not None and own.sources else "",
    }


def typed() -> dict[str, str]:
    """What the form held, so that nothing typed is lost."""
    return {
        "text": request.form.get("text", "")[:LARGEST].replace("\0", ""),
        "source": request.form.get("source", "")[
            : calendars.LONGEST_SOURCE
        ].replace("\0", ""),
        "place": place(),
        "first": request.form.get("first", "")[:10].replace("\0", ""),
        "year_typed": request.form.get("year", "")[:4],
    }


def given() -> str:
    """The uploaded file's text, else what was pasted. Raises RuleViolated for a file that is none."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        return typed()["text"]
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
