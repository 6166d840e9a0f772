"""The item list: decisions with their own days, which items stand on the list on a day, and what forbids a
decision."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from orchestrator.domain.periods import months_later
from orchestrator.sentences import say


@dataclass(frozen=True, slots=True)
class ListVersion:
    """A decision about a list: numbered in the order of approval, effective on its own day."""

    number: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Stay:
    """An item's time on a list."""

    name: str
    since: date
    """First day on the list."""
    until: date | None = None
    """First day no longer on the list, as an exit decided it; None while nobody decided one."""
    last_day: date | None = None
    """A temporary item's last day on the list."""
    item_id: str = ""

    @property
    def off_from(self) -> date | None:
        """First day no longer on the list, whether by an exit or because its time is over; None without an
        end."""
        expiry = None
        if self.last_day and self.last_day < date.max:
            expiry = self.last_day + timedelta(days=1)
        return min(
            (day for day in (self.until, expiry) if day is not None),
            default=None,
        )

    def holds(self, on: date) -> bool:
        """Whether the item is on the list on that day."""
        return self.since <= on and (
            self.off_from is None or on < self.off_from
        )

    def planned(self, today: date) -> bool:
        """Whether it is decided and will come onto the list after today."""
        return self.since > today and (
            self.off_from is None or self.since < self.off_from
        )

    def open(self, today: date) -> bool:
        """Whether it is on the list or will be."""
        return self.holds(today) or self.planned(today)


def next_version(
    numbers: Iterable[int],
    wanted: date | None,
    today: date,
) -> ListVersion:
    """The next decision: on the day that is wanted, or today where none is or the day is over. No other
    decision moves it."""
    return ListVersion(
        max(numbers, default=0) + 1,
        max(wanted or today, today),
    )


def in_force(versions: Iterable[ListVersion], on: date) -> ListVersion | None:
    """The decision that took effect last by that day; of one day the later one. None before the first."""
    return max(
        (version for version in versions if version.effective_on <= on),
        key=order,
        default=None,
    )


def order(version: ListVersion) -> tuple[date, int]:
    """Decisions in the order in which they take effect."""
    return version.effective_on, version.number


def exit_day(stay: Stay, wanted: date | None, today: date) -> date:
    """When an exit that is approved today takes effect: an item not yet on the list leaves on the day it
    would come, and never comes."""
    return max(wanted or today, today, stay.since)


def item_code(territory_code: str, number: int) -> str:
    """Code of the item that enters with that version of the territory's list."""
    return f"{territory_code}-{number:04d}"


def plain_name(name: str) -> str:
    """The name without what does not tell two items apart: width, case, blanks and punctuation."""
    flat = unicodedata.normalize("NFKC", name).casefold()
    return "".join(value for value in flat if value.isalnum()) or "".join(
        flat.split(),
    )


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a decision can't be carried out, at the field that says so."""

    field: str
    sentence: str


def same_name(stays: Iterable[Stay], name: str, today: date) -> Stay | None:
    """The item of that name that is on the list or will be."""
    wanted = plain_name(name)
    return next(
        (
            stay
            for stay in stays
            if stay.open(today) and plain_name(stay.name) == wanted
        ),
        None,
    )


def admission_objection(
    stays: Iterable[Stay],
    name: str,
    last_day: date | None,
    today: date,
) -> Objection | None:
    """Why an admission can't be carried out today: the name is taken, or a temporary item's time is over."""
    there = same_name(stays, name, today)
    if there is not None and there.holds(today):
        return Objection(
            "item_name",
            say("“{name}”已在现行清单上，不能重复纳入", name=there.name),
        )
    if there is not None:
        return Objection(
            "item_name",
            say(
                "“{name}”已批准自 {since} 起纳入清单，不能重复纳入",
                name=there.name,
                since=there.since,
            ),
        )
    if last_day is not None and last_day <= today:
        return Objection(
            "leaves_on",
            say(
                "截止日期 {last_day} 已到，纳入后随即退出，不能纳入",
                last_day=last_day,
            ),
        )
    return None


def barred_until(since: date | None, months: int, today: date) -> date | None:
    """The last day on which the same may not be applied for again, where it was refused, or left the list,
    on `since`; None where nothing bars it. The months begin the day after and end on the day of the same
    number."""
    if since is None or not months:
        return None
    last = months_later(since, months)
    return last if today <= last else None


def left_on(stays: Iterable[Stay], name: str, today: date) -> date | None:
    """The day on which an item of that name left the list last by a decision; None for none."""
    wanted = plain_name(name)
    return max(
        (
            stay.until
            for stay in stays
            if stay.until is not None
            and stay.until <= today
            and plain_name(stay.name) == wanted
        ),
        default=None,
    )


def exit_objection(
    stay: Stay | None,
    wanted: date | None,
    today: date,
) -> Objection | None:
    """Why an exit can't be carried out today: not on the list, leaving already, or leaving before it
    comes."""
    if stay is None or not stay.open(today):
        return Objection(
            "item_id",
            say(
                "该事项已不在现行清单上（没有纳入、已经退出或已经到期），不能再退出",
            ),
        )
    if stay.until is not None:
        return Objection(
            "item_id",
            say(
                "“{name}”已批准自 {until} 起退出清单，不能重复退出",
                name=stay.name,
                until=stay.until,
            ),
        )
    if wanted is not None and today <= wanted < stay.since:
        return Objection(
            "effective_on",
            say(
                "“{name}”自 {since} 起才纳入清单，退出日期不能早于这一天",
                name=stay.name,
                since=stay.since,
            ),
        )
    return None


@dataclass(frozen=True, slots=True)
class Published:
    """What the public reads of a list on a day."""

    number: int | None
    effective_on: date | None
    approved_by: str
    items: Sequence[Mapping[str, Any]]
    """In force; `ends_on`, the last day, where one is decided."""
    planned: Sequence[Mapping[str, Any]]
    """Decided and not yet in force: `from` is the first day."""


def published(body: Mapping[str, Any], on: date) -> Published:
    """A notice's list as it is on a day. The notice holds every decided day, so that it is right without
    being written again."""
    versions = {
        version["number"]: version for version in body.get("versions", ())
    }
    decided = (
        ListVersion(
            version["number"], _day(version["effective_on"]) or date.max
        )
        for version in versions.values()
    )
    current = in_force(decided, on)
    rows = [(_stay(item), item) for item in body.get("items", ())]
    return Published(
        current.number if current else None,
        current.effective_on if current else None,
        versions[current.number]["approved_by"] if current else "",
        [_shown(stay, value) for stay, value in rows if stay.holds(on)],
        [
            _shown(stay, value)
            for stay, value in sorted(rows, key=lambda row: row[0].since)
            if stay.planned(on)
        ],
    )


def _shown(stay: Stay, item: Mapping[str, Any]) -> Mapping[str, Any]:
    shown = {key: item[key] for key in ("name", "category", "legal_basis")}
    ends_on = None
    if stay.off_from:
        ends_on = (stay.off_from - timedelta(days=1)).isoformat()
    return {**shown, "from": stay.since.isoformat(), "ends_on": ends_on}


def _stay(item: Mapping[str, Any]) -> Stay:
    since = _day(item.get("from")) or date.min
    return Stay(
        str(item["name"]),
        since,
        _day(item.get("until")),
        _day(item.get("last_day")),
    )


def _day(text: str | None) -> date | None:
    if text:
        return date.fromisoformat(text)
    return None
