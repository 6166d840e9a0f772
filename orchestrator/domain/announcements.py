"""A year's announced holidays and make-up working days, as an administrator pastes them: lines, or the words
of the notice itself.

Both are read into one value, with everything that is wrong or doubtful told by the line it stands in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from orchestrator.domain.announced_days import (
    HOLIDAY,
    KINDS,
    WORKDAY,
    Day,
    DayRefused,
    days_between,
    made,
    named,
    weekday,
)
from orchestrator.domain.announced_notice import (
    is_prose,
    read_notice,
    year_of_notice,
)
from orchestrator.domain.statutory_days import FIXED, statutory_days
from orchestrator.sentences import say, sentence_of

FESTIVALS = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
"""What a year's notice must name, as it occurs in the names of its days."""
STATUTORY = 13
"""Statutory days off a year since 2025: what the working days given off exceed the make-up days by."""
MOST_LINES = 1_000
LONGEST_LINE = 500
LONGEST_TEXT = 200_000

_DATE = r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
_ONE = re.compile(
    rf"(?:{_DATE}|(\d{{4}})(\d{{2}})(\d{{2}}))(?:\s+0{{1,2}}:00(?::00)?)?",
)
_DAY = re.compile(rf"{_DATE}|\d\s*日|\d{{8}}|\d[-/.]\d")
_FRAME = re.compile(
    "国务院|通知|节假日|妥善安排|日期|类型|date",
    re.IGNORECASE,
)
"""Words of a table's head and of what stands around the days in a notice."""
_RANGE = re.compile(r"\s*(?:至|到|~|～|—+|–)\s*")
_SEPARATOR = re.compile(r"\s*[,，;；\t|]\s*")
_BLANKS = re.compile("[ \u3000]{2,}")


def is_announced(days: Iterable[date]) -> bool:
    """Whether these days of a year hold the holidays of the nation; a place's own festivals alone announce
    nothing."""
    return any((day.month, day.day) in FIXED for day in days)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a line, or doubtful about the year."""

    told: str
    """A Chinese sentence that says what to do."""
    line: int | None = None
    """Counted from 1; None: the year as a whole."""

    def __str__(self) -> str:
        if self.line:
            return say("第 {line} 行：{told}", line=self.line, told=self.told)
        return self.told


@dataclass(frozen=True, slots=True)
class Announcement:
    year: int
    days: Sequence[Day]
    """In order, each date once."""
    errors: Sequence[Remark] = ()
    """With any of these it must not come into force."""
    warnings: Sequence[Remark] = field(default=())
    """To be looked at; it may come into force all the same."""


def decode(content: bytes) -> str:
    """A file's text, whether it was saved as UTF-8, as Excel's Unicode text or in the Chinese code page.
    Raises ValueError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(
        say("文件的编码无法识别，请另存为 UTF-8 或 GBK 编码的 CSV 文件"),
    )


def read(
    text: str,
    year: int | None = None,
    closed: Collection[date] = (),
) -> Announcement:
    """What the text announces. Without `year`, the one that most of its days lie in. `closed`: weekdays off
    that it may make working days."""
    if len(text) > LONGEST_TEXT:
        return Announcement(
            year or 0,
            (),
            (
                Remark(
                    say(
                        "内容超过 {longest_text} 个字，请只保留一个年度的放假安排",
                        longest_text=LONGEST_TEXT,
                    ),
                ),
            ),
        )
    results: list[tuple[int, Day]] = []
    errors: list[Remark] = []
    aside: list[Remark] = []
    notice_year = year or year_of_notice(text)
    lines = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\f", "\n")
        .split("\n")
    )
    if len(lines) > MOST_LINES:
        return Announcement(
            year or 0,
            (),
            (
                Remark(
                    say(
                        "内容超过 {most_lines} 行，请只保留一个年度的放假安排",
                        most_lines=MOST_LINES,
                    ),
                ),
            ),
        )
    for number, line in enumerate(lines, 1):
        try:
            days = _read_line(_short(line), notice_year)
        except DayRefused as refused:
            errors.append(Remark(sentence_of(refused), number))
            continue
        beside = [
            day
            for day in days
            if is_prose(line) and day.on.year != notice_year
        ]
        aside += [
            Remark(
                say(
                    "{on} 属于 {year} 年，没有一并导入；与该年日历不同的请另行更正",
                    on=day.on,
                    year=day.on.year,
                ),
                number,
            )
            for day in beside
        ]
        results += [(number, day) for day in days if day not in beside]
    if not results and not errors:
        errors.append(
            Remark(
                say(
                    "没有读到任何日期，请每行写一天，例如：2027-01-01,休,元旦"
                ),
            ),
        )
    if year is None:
        if results:
            year = Counter(
                day.on.year for _number, day in results
            ).most_common(
                1,
            )[0][0]
        else:
            year = 0
    errors += _misplaced(results, year, closed)
    by_date = {day.on: day for _number, day in results}
    ordered = tuple(by_date[on] for on in sorted(by_date))
    errors.sort(key=lambda remark: remark.line or 0)
    return Announcement(
        year,
        ordered,
        tuple(errors),
        () if errors else (*aside, *_doubts(ordered, year)),
    )


def _short(line: str) -> str:
    """The line without what surrounds it and with single blanks, so that no pattern looks at many of them.
    Raises DayRefused."""
    text = _BLANKS.sub(" ", line.strip().strip("\ufeff"))
    if len(text) > LONGEST_LINE:
        raise DayRefused(
            say(
                "这一行超过 {longest_line} 个字，请每行写一天或一个节日",
                longest_line=LONGEST_LINE,
            ),
        )
    return text


def _read_line(line: str, notice_year: int | None) -> list[Day]:
    if not line or line.startswith("#"):
        return []
    plain = line.replace('"', "")
    if is_prose(plain):
        return read_notice(plain, notice_year)
    if not _DAY.search(plain) and _FRAME.search(plain):
        return []
    if not re.search(r"\d", plain):
        raise DayRefused(
            say(
                "“{plain}”中没有日期，请写成：2027-01-01,休,元旦",
                plain=plain[:30],
            ),
        )
    return _read_row(plain)


def _read_row(line: str) -> list[Day]:
    parts = [part.strip() for part in _SEPARATOR.split(line)]
    if len(parts) < 2:
        parts = line.split(None, 2)
    span, kind, name = (*parts, "", "", "")[:3]
    days = _span(span)
    known = KINDS.get(kind.lower())
    if known is None:
        raise DayRefused(
            say(
                "“{kind}”不是放假或上班，第二栏请写“休”或“班”",
                kind=kind or say("空白"),
            ),
        )
    if not name and known == HOLIDAY:
        raise DayRefused(say("缺少节日名称，请在第三栏补上，例如：元旦"))
    return [Day(on, known, named(name or "调休上班")) for on in days]


def _span(text: str) -> list[date]:
    ends = [_date_of(part) for part in _RANGE.split(text.strip())]
    if len(ends) == 1:
        return ends
    if len(ends) > 2 or ends[1] < ends[0]:
        raise DayRefused(
            say(
                "“{text}”不是先后两个日期，请写成：2027-02-05至2027-02-11",
                text=text,
            ),
        )
    return days_between(ends[0], ends[1])


def _date_of(text: str) -> date:
    match = _ONE.fullmatch(text)
    if match is None:
        raise DayRefused(
            say(
                "“{text}”不是日期，请写成 2027-01-01 这样的格式",
                text=text[:30],
            ),
        )
    year, month, day = (
        int(part) for part in match.groups() if part is not None
    )
    return made(year, month, day)


def _misplaced(
    results: Sequence[tuple[int, Day]],
    year: int,
    closed: Collection[date],
) -> Iterator[Remark]:
    seen: dict[date, int] = {}
    for number, day in results:
        if day.on.year != year:
            yield Remark(
                say(
                    "{on} 不在 {year} 年，一次只能导入一个年度，请删去这一天",
                    on=day.on,
                    year=year,
                ),
                number,
            )
        elif day.on in seen:
            yield Remark(
                say(
                    "{on} 已在第 {seen} 行出现过，请只保留一处",
                    on=day.on,
                    seen=seen[day.on],
                ),
                number,
            )
        elif (
            day.kind == WORKDAY
            and day.on.weekday() < 5
            and day.on not in closed
        ):
            yield Remark(
                say(
                    "{on} 是{weekday}，本来就上班；调休上班的日子应是周六或周日，请核对日期",
                    on=day.on,
                    weekday=weekday(day.on),
                ),
                number,
            )
        seen.setdefault(day.on, number)


def _doubts(days: Sequence[Day], year: int) -> Iterator[Remark]:
    off = [day for day in days if day.kind == HOLIDAY]
    missing = [
        name for name in FESTIVALS if not any(name in day.name for day in off)
    ]
    if missing:
        yield Remark(
            say(
                "没有读到{listed}的放假日，请核对是否漏行",
                listed="、".join(missing),
            ),
        )
    resting = {day.on for day in off}
    for dated, name in sorted(statutory_days(year).items()):
        if dated not in resting:
            yield Remark(
                say(
                    "{month}月{number}日（{name}）没有标为放假，请核对",
                    month=dated.month,
                    number=dated.day,
                    name=name,
                ),
            )
    made_up = [day for day in days if day.kind == WORKDAY]
    spared = sum(day.on.weekday() < 5 for day in off) - len(made_up)
    if year >= 2025 and spared != STATUTORY:
        yield Remark(
            say(
                "放假的工作日比调休上班多 {spared} 天，按规定全年应多 {statutory} 天，请核对有没有漏行或多行",
                spared=spared,
                statutory=STATUTORY,
            ),
        )
    for day in made_up:
        if not any(abs((day.on - other).days) <= 15 for other in resting):
            yield Remark(
                say(
                    "{on} 调休上班，但前后半个月内没有放假，请核对月份",
                    on=day.on,
                ),
            )


# ---- the
# notice's own words


# ----
# comparing


@dataclass(frozen=True, slots=True)
class CalendarDifference:
    on: date
    before: Day | None
    after: Day | None


def differences(
    before: Iterable[Day],
    after: Iterable[Day],
) -> list[CalendarDifference]:
    """The days that the two tell differently, in order."""
    was: Mapping[date, Day] = {day.on: day for day in before}
    becomes: Mapping[date, Day] = {day.on: day for day in after}
    return [
        CalendarDifference(on, was.get(on), becomes.get(on))
        for on in sorted(was.keys() | becomes.keys())
        if was.get(on) != becomes.get(on)
    ]
