"""Times that other tools reckon from now on in words of their own, as durations of ISO 8601."""

from __future__ import annotations

import re

_PLUS = r"\.plus(?P<unit>Years|Months|Weeks|Days|Hours|Minutes|Seconds)\(\s*(?P<count>\d{1,4})\s*\)"
_JODA = re.compile(
    rf"^[$#]\{{\s*dateTime\(\)(?P<sums>(?:{_PLUS.replace('?P<unit>', '').replace('?P<count>', '')})+)"
    r"(?:\.toDate\(\))?\s*\}$",
)
_PYTHON = re.compile(r"^(?:datetime\.)?timedelta\((?P<sums>[^()]+)\)$")
_NAMED = re.compile(
    r"(?P<unit>weeks|days|hours|minutes|seconds)\s*=\s*(?P<count>\d{1,6})",
)
_JBPM = re.compile(
    r"^(?:(?P<days>\d{1,4})d)?\s*(?:(?P<hours>\d{1,5})h)?\s*(?:(?P<minutes>\d{1,6})m)?\s*(?:(?P<seconds>\d{1,6})s)?$",
)
_DATES = ("years", "months", "weeks", "days")
_CLOCK = ("hours", "minutes", "seconds")


def of_expressions(text: str) -> str | None:
    """The duration that `${dateTime().plusDays(2).toDate()}` (Camunda 7, Flowable) or `timedelta(days=2)`
    (SpiffWorkflow) says; None for any other text."""
    counts: dict[str, int] = {}
    if match := _JODA.match(text):
        found = [
            (part["unit"], part["count"]) for part in re.finditer(_PLUS, text)
        ]
    elif match := _PYTHON.match(text):
        parts = match["sums"].split(",")
        named = [_NAMED.fullmatch(part.strip()) for part in parts]
        found = [(part["unit"], part["count"]) for part in named if part]
        if len(found) < len(parts):
            return None
    else:
        return None
    # How long a month is depends on the day that it is counted from.
    months = any(unit.lower() in ("years", "months") for unit, _count in found)
    if months and len(found) > 1:
        return None
    for unit, count in found:
        name = unit.lower()
        counts[name] = counts.get(name, 0) + int(count)
    return _iso(counts)


def of_jbpm(text: str) -> str | None:
    """The duration that `1d 2h` says in jBPM; None for any other text."""
    match = _JBPM.match(text.strip())
    if match is None:
        return None
    counts = {}
    for unit, count in match.groupdict().items():
        counts[unit] = int(count or 0)
    return _iso(counts)


def _iso(counts: dict[str, int]) -> str | None:
    """None where nothing is counted."""
    weeks = counts.get("weeks", 0)
    counts = {**counts, "weeks": 0, "days": counts.get("days", 0) + 7 * weeks}
    days = _written(counts, _DATES)
    clock = _written(counts, _CLOCK)
    if not days and not clock:
        return None
    if clock:
        return f"P{days}T{clock}"
    return f"P{days}"


def _written(counts: dict[str, int], units: tuple[str, ...]) -> str:
    return "".join(
        f"{counts[unit]}{unit[0].upper()}"
        for unit in units
        if counts.get(unit)
    )
