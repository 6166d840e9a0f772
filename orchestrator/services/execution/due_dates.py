"""When a task is due: the one reading of `deadline:NAME`, of a limit in words (`5工作日`), of an ISO 8601
duration and of a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.domain.calendar import WHOLE_JURISDICTION, CountedFor
from orchestrator.domain.deadlines import Ledger
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Definition, Environment, timers
from orchestrator.sentences import sentence_of

FAR_FUTURE = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for “no due time” where an instant is needed: to sort by, and for a timer that stands still."""


class DueTextInvalid(ValueError):
    """The text says no time in any of the ways."""


class DeadlineUnknown(KeyError):
    """The profile has no deadline of that name, which is the first argument."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """What a due text means. One of the two fields is set."""

    ledger: Ledger | None
    """Counts the limit. It can be extended and suspended."""
    at: datetime | None
    """The instant, UTC, where the text says it itself."""


def read(
    profile: Jurisdiction,
    text: str,
    start: datetime,
    citation: str = "default",
    variables: Mapping[str, Any] | None = None,
) -> DueDate:
    """What the text means for a task that opens at `start`, on that ground, in an instance with these
    variables. Raises DueTextInvalid,
    DeadlineUnknown."""
    name = timers.ledger_name(text)
    if name is not None:
        ledger = new_ledger(profile, name, start, citation, variables)
        return DueDate(ledger, None)
    try:
        return DueDate(
            None,
            timers.schedule(
                "timeDuration", text, start, Environment(profile.timezone)
            ).due_at,
        )
    except ValueError as invalid:
        raise DueTextInvalid(sentence_of(invalid)) from invalid


def new_ledger(
    profile: Jurisdiction,
    name: str,
    start: datetime,
    citation: str = "default",
    variables: Mapping[str, Any] | None = None,
) -> Ledger:
    """The ledger of a deadline of the profile, or of a limit in words on the given ground. Raises
    DeadlineUnknown."""
    rule = profile.deadlines.get(name)
    if rule is not None:
        day = start.astimezone(ZoneInfo(profile.timezone)).date()
        limit = rule.limit_on(day, variables)
        return Ledger(
            name,
            start,
            limit.amount,
            limit.unit,
            limit.citation,
            until=limit.until,
        )
    words = timers.limit(name)
    if words is None or words.unit == "minutes":
        raise DeadlineUnknown(name)
    return Ledger(words.name, start, words.amount, words.unit, citation)


def citation_of(definition: Definition, element_id: str | None) -> str:
    """The ground that the element names for its limit: an article number, or `default`."""
    element = definition.elements.get(element_id or "")
    if element is not None:
        return next(iter(element.citations), "default")
    return "default"


def length_of(profile: Jurisdiction, text: str) -> tuple[int, str, str] | None:
    """Amount, unit and last time of day of the limit that a ledger counts. None for other texts and for a
    name that the profile does not know."""
    name = timers.ledger_name(text)
    rule = profile.deadlines.get(name or "")
    if rule is not None:
        return rule.amount, rule.unit, rule.until
    words = timers.limit(name or "")
    if words is not None:
        return (words.amount, words.unit, "")
    return None


def label_of(profile: Jurisdiction, text: str) -> str:
    """The label of the profile's deadline, or the text as it stands."""
    rule = profile.deadlines.get(timers.ledger_name(text) or "")
    if rule is not None:
        return rule.label
    return text


def place_of(candidates: Iterable[str]) -> str | None:
    """The place whose days off count for a task that is offered to these: that of its bodies. None where they
    lie in several: then only what holds in the whole jurisdiction counts."""
    places = {
        candidate.split(":", 2)[2]
        for candidate in candidates
        if candidate.count(":") == 2
    }
    if len(places) == 1:
        return places.pop()
    return None


def counted_for(profile: Jurisdiction, bodies: Sequence[str]) -> CountedFor:
    """Whose office hours and days off count for a task of these bodies: the hours of the first, the days of
    their place."""
    if not bodies:
        return WHOLE_JURISDICTION
    role = bodies[0].split(":", 2)[1]
    place = place_of(bodies)
    known = profile.roles.get(role)
    if known is not None and (
        known.office_hours or known.office_hours_changes
    ):
        return CountedFor(role, place)
    return CountedFor(None, place)
