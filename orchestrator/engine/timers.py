"""Timer texts to absolute instants: ISO 8601 dates, durations and repeating intervals, limits in words, deadlines named in the profile."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.engine.commands import Environment

_DURATION = re.compile(
    r"^P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?$"
)
_CYCLE = re.compile(r"^R(?P<count>\d*)/(?:(?P<start>\d{4}-[^/]+)/)?(?P<duration>P[^/]+)$")
_DEADLINE = re.compile(r"^deadline:(?P<name>[\w.-]+)$")
_LIMIT = re.compile(r"^(?P<amount>[1-9]\d{0,3})\s*个?\s*(?P<unit>工作日|工作小时|小时|分钟|天|日)$")
_BARE = re.compile(r"^[-+]?\d{1,5}(?:\.\d+)?$")
LIMIT_UNITS = {
    "工作日": "working_days",
    "工作小时": "working_hours",
    "小时": "hours",
    "天": "days",
    "日": "days",
    "分钟": "minutes",
}
"""Units in which a designer may write a limit, as the deadline ledger calls them; minutes have no ledger."""
WAYS = "3工作日、24小时、2天，或 PT24H（24 小时）、P3D（3 天），或选用辖区的具名时限 deadline:名称"


class TimerTextInvalid(ValueError):
    """The message is a Chinese sentence that says how to write it."""


@dataclass(frozen=True, slots=True)
class Schedule:
    due_at: datetime
    """Aware, UTC."""
    deadline: str | None = None
    rounds_left: int = 0
    """Rounds after this one; -1 for ever."""
    duration: str | None = None
    """Of a cycle's round."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in words, `3个工作日`."""

    amount: int
    unit: str
    """One of the values of LIMIT_UNITS."""
    name: str
    """The one way of writing it, under which the ledger keeps it: `3工作日`."""


def limit(text: str) -> Limit | None:
    """The limit that the text says in words; None when it is written in another way."""
    found = _LIMIT.match(strip_quotes(text))
    if found is None:
        return None
    amount, word = int(found["amount"]), "天" if found["unit"] == "日" else found["unit"]
    return Limit(amount, LIMIT_UNITS[word], f"{amount}{word}")


def ledger_name(text: str) -> str | None:
    """Under which name a deadline ledger counts this text: a deadline of the profile or a limit in words; None for an ISO 8601 text."""
    text = strip_quotes(text)
    if found := _DEADLINE.match(text):
        return found["name"]
    words = limit(text)
    return words.name if words is not None and words.unit != "minutes" else None


def is_free(text: str) -> bool:
    """Whether the text says itself how long it is, instead of naming a deadline of the profile, a variable or a day."""
    text = strip_quotes(text)
    return "${" not in text and (limit(text) is not None or text.startswith(("P", "R")))


def strip_quotes(text: str) -> str:
    """The text without the quotes that other engines make designers type around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


def schedule(form: str, text: str, now: datetime, environment: Environment) -> Schedule:
    """When a timer falls due that is set at `now`.

    `form` is `timeDuration`, `timeDate` or `timeCycle`. Raises TimerTextInvalid for text that is none of these, KeyError for an unknown deadline.
    """
    text = strip_quotes(text)
    if name := ledger_name(text):
        if environment.deadline is None:
            raise KeyError(name)
        return Schedule(environment.deadline(name, now).astimezone(UTC), deadline=name)
    if words := limit(text):
        return Schedule((now + timedelta(minutes=words.amount)).astimezone(UTC))
    if form == "timeCycle" or text.startswith("R"):
        return _first_round(text, now, environment)
    if text.startswith("P"):
        return Schedule(add_duration(now, text, environment.timezone))
    return Schedule(parse_date(text, environment.timezone))


def next_round(current: Schedule, timezone: str) -> Schedule | None:
    """The following round of a cycle, counted from the planned time of this one; None when there is none."""
    if current.duration is None or current.rounds_left == 0:
        return None
    left = current.rounds_left - 1 if current.rounds_left > 0 else -1
    return Schedule(add_duration(current.due_at, current.duration, timezone), rounds_left=left, duration=current.duration)


def check_text(form: str, text: str) -> None:
    """Raises TimerTextInvalid when the text (without `${…}`) cannot be a timer of that form."""
    text = strip_quotes(text)
    if _DEADLINE.match(text) or (limit(text) and form != "timeCycle"):
        return
    if not text:
        raise TimerTextInvalid(f"没有填写时间，请写成 {WAYS}")
    if text.startswith("deadline:"):
        raise TimerTextInvalid(f"「{text}」没有写对具名时限的名称，请写成 deadline:名称，名称从辖区的时限中选")
    if _BARE.match(text):
        raise TimerTextInvalid(f"「{text}」没有写明单位，不知道是天还是小时，请写成 {WAYS}")
    if form == "timeCycle" or text.startswith("R"):
        found = _CYCLE.match(text)
        if not found:
            raise TimerTextInvalid(f"周期「{text}」应写成 R3/PT10M（重复 3 次、每次 10 分钟）这样的形式，不支持 cron 写法")
        _refuse_standstill(text, found)
    elif text.startswith(("P", "-P")):
        add_duration(datetime(2026, 1, 1, tzinfo=UTC), text, "UTC")
    else:
        try:
            parse_date(text, "UTC")
        except TimerTextInvalid:
            if form == "timeDate":
                raise
            raise TimerTextInvalid(f"「{text}」看不懂，时长请写成 {WAYS}；日期请写成 2027-01-01") from None


def add_duration(start: datetime, text: str, timezone: str) -> datetime:
    """`start` plus an ISO 8601 duration; years, months and days are counted on the calendar of `timezone`."""
    found = _DURATION.match(text)
    if not found or len(text) > 40 or text in ("P", "PT") or text.endswith("T"):
        raise TimerTextInvalid(f"时长「{text}」看不懂，请写成 {WAYS}")
    parts = {name: float(value.replace(",", ".")) for name, value in found.groupdict().items() if value}
    local = start.astimezone(ZoneInfo(timezone))
    months = int(parts.get("years", 0) * 12 + parts.get("months", 0))
    try:
        return _moved(local, months, parts)
    except (OverflowError, ValueError):
        raise TimerTextInvalid(f"时长「{text}」太长，请写实际的期限") from None


def _moved(local: datetime, months: int, parts: dict[str, float]) -> datetime:
    if months:
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        local = local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
    local += timedelta(days=parts.get("weeks", 0) * 7 + parts.get("days", 0))
    exact = timedelta(hours=parts.get("hours", 0), minutes=parts.get("minutes", 0), seconds=parts.get("seconds", 0))
    return local.astimezone(UTC) + exact


def parse_date(text: str, timezone: str) -> datetime:
    """An ISO 8601 date or instant; without an offset it is read in `timezone`."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise TimerTextInvalid(f"日期「{text}」应写成 2027-01-01T08:00:00 或 2027-01-01 这样的形式") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=ZoneInfo(timezone))
    return found.astimezone(UTC)


def _first_round(text: str, now: datetime, environment: Environment) -> Schedule:
    found = _CYCLE.match(text)
    if not found:
        raise TimerTextInvalid(f"周期「{text}」应写成 R3/PT10M 这样的形式，不支持 cron 写法")
    _refuse_standstill(text, found)
    count = int(found["count"]) if found["count"] else -1
    if found["start"]:
        first = parse_date(found["start"], environment.timezone)
    else:
        first = add_duration(now, found["duration"], environment.timezone)
    return Schedule(first, rounds_left=count - 1 if found["count"] else -1, duration=found["duration"])


def _refuse_standstill(text: str, found: re.Match[str]) -> None:
    base = datetime(2026, 1, 1, tzinfo=UTC)
    if add_duration(base, found["duration"], "UTC") <= base or (found["count"] and int(found["count"]) == 0):
        raise TimerTextInvalid(f"周期「{text}」的次数和间隔都要大于零，如 R3/PT10M（重复 3 次、每次 10 分钟）")
