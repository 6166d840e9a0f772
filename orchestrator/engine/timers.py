"""Timer texts to absolute instants: ISO 8601 dates, durations and repeating intervals, limits in words,
deadlines named in the profile."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.engine import cron, deadline_names
from orchestrator.engine.commands import Environment
from orchestrator.sentences import say, sentence_of

_DURATION = re.compile(
    r"^P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?$"
)
_CYCLE = re.compile(
    r"^R(?P<count>\d*)/(?:(?P<start>\d{4}-[^/]+)/)?(?P<duration>P[^/]+)$"
)
_LENGTH = ("P", "-P")
"""How a duration begins."""
_LIMIT = re.compile(
    r"^(?P<amount>[1-9]\d{0,3})\s*个?\s*(?P<unit>工作日|工作小时|小时|分钟|天|日)$"
)
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
LONGEST_TEXT = 100
"""Characters of a timer's text, its `${…}` filled in."""
SHORTEST_ROUND = timedelta(minutes=1)
"""Of a repeating timer. Each round is history that is kept, and the clock's time."""
LONGEST = timedelta(days=36_600)
"""Of a duration: a hundred years."""
FIRST_YEAR = 1900
LAST_YEAR = 2200
"""Of a date."""
WAYS = say(
    "3工作日、24小时、2天，或 PT24H（24 小时）、P3D（3 天），或选用辖区的具名时限 deadline:名称"
)


ROUNDS = say(
    "R3/PT10M（重复 3 次、每次 10 分钟）或 cron，如 {example}",
    example=cron.EXAMPLE,
)


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
    """Of a cycle's round; the whole text of a cron cycle."""
    first: datetime | None = None
    """Of a cycle: the date that its text names, or when it was set; every round is counted from there."""
    round: int = 0
    """Of a cycle: how many of its durations lie between `first` and this round."""


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
    text = strip_quotes(text)
    match = None
    if len(text) <= LONGEST_TEXT:
        match = _LIMIT.match(text)
    if match is None:
        return None
    amount = int(match["amount"])
    word = "天" if match["unit"] == "日" else match["unit"]
    return Limit(amount, LIMIT_UNITS[word], f"{amount}{word}")


def ledger_name(text: str) -> str | None:
    """Under which name a deadline ledger counts this text: a deadline of the profile or a limit in words;
    None for an ISO 8601 text."""
    text = strip_quotes(text)
    name = deadline_names.named(text)
    words = limit(text)
    if name is None and words and words.unit != "minutes":
        return words.name
    return name


def is_free(text: str) -> bool:
    """Whether the text says itself how long it is, instead of naming a deadline of the profile, a variable or
    a day."""
    text = strip_quotes(text)
    return "${" not in text and (
        limit(text) is not None or text.startswith(("P", "R"))
    )


def strip_quotes(text: str) -> str:
    """The text without the quotes that other engines make designers type around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


def schedule(
    form: str, text: str, now: datetime, environment: Environment
) -> Schedule:
    """When a timer falls due that is set at `now`.

    `form` is `timeDuration`, `timeDate` or `timeCycle`. Raises TimerTextInvalid for text that is none of
    these, KeyError for an unknown deadline.
    """
    text = strip_quotes(text)
    _require_short(text)
    if name := ledger_name(text):
        if environment.deadline is None:
            raise KeyError(name)
        due_at = environment.deadline(name, now).astimezone(UTC)
        return Schedule(due_at, deadline=name)
    if words := limit(text):
        return Schedule(
            (now + timedelta(minutes=words.amount)).astimezone(UTC)
        )
    if form == "timeCycle" or text.startswith("R"):
        return _first_round(text, now, environment)
    if text.startswith(_LENGTH):
        return Schedule(add_duration(now, text, environment.timezone))
    return Schedule(parse_date(text, environment.timezone))


def _require_short(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise TimerTextInvalid(
            say(
                "时间“{text}…”超过 {longest_text} 个字符，请写成 {ways}",
                text=text[:30],
                longest_text=LONGEST_TEXT,
                ways=WAYS,
            )
        )


def next_round(
    current: Schedule, timezone: str, now: datetime
) -> Schedule | None:
    """The following round of a cycle, counted from its first planned time; None when there is none.

    It lies after `now`: what fell due while nobody looked at the clock is caught up by the one round that has
    just fired, as in Camunda 8.
    """
    if current.duration is None or current.rounds_left == 0:
        return None
    if current.rounds_left > 0:
        left = current.rounds_left - 1
    else:
        left = -1
    first = current.first or current.due_at
    number = current.round + 1
    try:
        if cron.is_cron(current.duration):
            due_at = _next_by_cron(
                current.duration, max(current.due_at, now), timezone
            )
            return Schedule(
                due_at, None, left, current.duration, first, number
            )
        if multiplied(first, current.duration, number, timezone) <= now:
            number = max(
                number, _missed(first, current.duration, timezone, now)
            )
        while (
            due_at := multiplied(first, current.duration, number, timezone)
        ) <= now:
            number += 1
    except TimerTextInvalid:
        # Beyond the calendar there is no further round.
        return None
    return Schedule(
        max(due_at, now + SHORTEST_ROUND),
        None,
        left,
        current.duration,
        first,
        number,
    )


def _missed(
    first: datetime, duration: str, timezone: str, now: datetime
) -> int:
    """How many rounds have certainly fallen due: counted with the longest months there are."""
    years, months, exact = _parts(duration)
    longest = (
        timedelta(days=366 * years + 31 * months)
        + exact
        + timedelta(hours=2 if exact.days else 0)
    )
    return int((now - first) / max(longest, SHORTEST_ROUND))


def check_text(form: str, text: str) -> None:
    """Raises TimerTextInvalid when the text (without `${…}`) cannot be a timer of that form."""
    text = strip_quotes(text)
    _require_short(text)
    if deadline_names.named(text):
        return
    if limit(text) and form != "timeCycle":
        return
    if not text:
        raise TimerTextInvalid(say("没有填写时间，请写成 {ways}", ways=WAYS))
    if text.startswith(deadline_names.PREFIX):
        raise TimerTextInvalid(
            say(
                "“{text}”没有写对具名时限的名称，请写成 deadline:名称，名称从辖区的时限中选",
                text=text,
            )
        )
    if _BARE.match(text):
        raise TimerTextInvalid(
            say(
                "“{text}”没有写明单位，不知道是天还是小时，请写成 {ways}",
                text=text,
                ways=WAYS,
            )
        )
    if form == "timeCycle" or text.startswith("R"):
        if cron.is_cron(text):
            _next_by_cron(text, datetime(2026, 1, 1, tzinfo=UTC), "UTC")
            return
        match = _CYCLE.match(text)
        if not match:
            raise TimerTextInvalid(
                say("周期“{text}”应写成 {rounds}", text=text, rounds=ROUNDS)
            )
        _refuse_standstill(text, match)
    elif text.startswith(_LENGTH):
        add_duration(datetime(2026, 1, 1, tzinfo=UTC), text, "UTC")
    else:
        try:
            parse_date(text, "UTC")
        except TimerTextInvalid:
            if form == "timeDate":
                raise
            raise TimerTextInvalid(
                say(
                    "“{text}”看不懂，时长请写成 {ways}；日期请写成 2027-01-01",
                    text=text,
                    ways=WAYS,
                )
            ) from None


def add_duration(start: datetime, text: str, timezone: str) -> datetime:
    """`start` plus an ISO 8601 duration; years, months and days are counted on the calendar of `timezone`.
    Raises TimerTextInvalid."""
    return multiplied(start, text, 1, timezone)


def multiplied(
    start: datetime, text: str, times: int, timezone: str
) -> datetime:
    """`start` plus so many times the duration: from 31 January on, months end on their own last day and come
    back to the 31st."""
    years, months, _exact = _parts(text)
    parts = _read(text)
    days = (parts.get("weeks", 0) * 7 + parts.get("days", 0)) * times
    try:
        local = start.astimezone(ZoneInfo(timezone))
        return _moved(
            local,
            int(years * 12 + months) * times,
            days,
            _clock(parts) * times,
        )
    except (OverflowError, ValueError):
        raise TimerTextInvalid(
            say("时长“{text}”太长，请写实际的期限", text=text)
        ) from None


def _read(text: str) -> dict[str, float]:
    if text.startswith("-"):
        raise TimerTextInvalid(
            say(
                "时长“{text}”是负数，一设就已经过期，请写实际的期限",
                text=text[:40],
            )
        )
    match = None
    if len(text) <= 40:
        match = _DURATION.match(text)
    if not match or text in ("P", "PT") or text.endswith("T"):
        raise TimerTextInvalid(
            say(
                "时长“{text}”看不懂，请写成 {ways}",
                text=text[:40],
                ways=WAYS,
            )
        )
    return {
        name: float(value.replace(",", "."))
        for name, value in match.groupdict().items()
        if value
    }


def _parts(text: str) -> tuple[float, float, timedelta]:
    """Years, months, and the rest. Raises TimerTextInvalid for more than LONGEST."""
    parts = _read(text)
    years = parts.get("years", 0)
    months = parts.get("months", 0)
    try:
        rest = timedelta(
            days=parts.get("weeks", 0) * 7 + parts.get("days", 0)
        ) + _clock(parts)
        whole = timedelta(days=366 * years + 31 * months) + rest
    except (OverflowError, ValueError):
        whole = timedelta.max
    if whole > LONGEST:
        raise TimerTextInvalid(
            say("时长“{text}”太长，最多一百年，请写实际的期限", text=text)
        )
    return years, months, rest


def _clock(parts: dict[str, float]) -> timedelta:
    return timedelta(
        hours=parts.get("hours", 0),
        minutes=parts.get("minutes", 0),
        seconds=parts.get("seconds", 0),
    )


def _moved(
    local: datetime, months: int, days: float, exact: timedelta
) -> datetime:
    if months:
        year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
        local = local.replace(
            year=year,
            month=month + 1,
            day=min(local.day, monthrange(year, month + 1)[1]),
        )
    return (local + timedelta(days=days)).astimezone(UTC) + exact


def parse_date(text: str, timezone: str) -> datetime:
    """An ISO 8601 date or instant; without an offset it is read in `timezone`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise TimerTextInvalid(
            say(
                "日期“{text}”应写成 2027-01-01T08:00:00 或 2027-01-01 这样的形式",
                text=text,
            )
        ) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise TimerTextInvalid(
            say(
                "日期“{text}”应在 {first_year} 年到 {last_year} 年之间",
                text=text,
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
            )
        )
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return moment.astimezone(UTC)


def _first_round(
    text: str, now: datetime, environment: Environment
) -> Schedule:
    if cron.is_cron(text):
        due_at = _next_by_cron(text, now, environment.timezone)
        return Schedule(due_at, None, -1, text, due_at)
    match = _CYCLE.match(text)
    if not match:
        raise TimerTextInvalid(
            say("周期“{text}”应写成 {rounds}", text=text, rounds=ROUNDS)
        )
    _refuse_standstill(text, match)
    if match["count"]:
        left = int(match["count"]) - 1
    else:
        left = -1
    if match["start"]:
        first = parse_date(match["start"], environment.timezone)
        return Schedule(first, None, left, match["duration"], first)
    # Counted from now: set on 31 January, monthly rounds fall on 28 February and on 31 March.
    return Schedule(
        add_duration(now, match["duration"], environment.timezone),
        None,
        left,
        match["duration"],
        now,
        1,
    )


def _next_by_cron(text: str, after: datetime, timezone: str) -> datetime:
    try:
        return cron.following(text, after, timezone)
    except cron.CronInvalid as invalid:
        raise TimerTextInvalid(sentence_of(invalid)) from None


def _refuse_standstill(text: str, match: re.Match[str]) -> None:
    base = datetime(2026, 1, 1, tzinfo=UTC)
    if match["count"] and int(match["count"]) == 0:
        raise TimerTextInvalid(
            say(
                "周期“{text}”的次数要大于零，如 R3/PT10M（重复 3 次、每次 10 分钟）",
                text=text,
            )
        )
    if add_duration(base, match["duration"], "UTC") < base + SHORTEST_ROUND:
        raise TimerTextInvalid(
            say(
                "周期“{text}”的间隔至少 1 分钟，如 R3/PT10M（重复 3 次、每次 10 分钟）",
                text=text,
            )
        )
    if match["start"]:
        parse_date(match["start"], "UTC")
