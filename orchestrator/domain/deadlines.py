"""The deadline ledger: start, limit, extensions and suspensions; the due instant is a pure function of them,
told line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.sentences import joined, say

UNITS = {
    "minutes": say("分钟"),
    "hours": say("小时"),
    "days": say("日"),
    "working_days": say("个工作日"),
    "working_hours": say("个工作小时"),
}
"""Unit → its word behind a number: 3个工作日."""
UNIT_NAMES = {
    "minutes": say("分钟"),
    "hours": say("小时"),
    "days": say("日"),
    "working_days": say("工作日"),
    "working_hours": say("工作小时"),
}
"""Unit → its name in a list of choices. `hours` and `minutes` elapse at night and on holidays too."""
OF_DAYS = ("days", "working_days")
"""Units of a limit that may end at a time of day."""
MIDNIGHT = "24:00"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A change of the deadline, in the order it was decided."""

    kind: str
    """`extension` or `suspension`."""
    at: datetime
    """When it was decided; a suspension begins then."""
    amount: int = 0
    unit: str = "working_days"
    until: datetime | None = None
    """End of a suspension; None while it lasts."""
    by: str = ""
    reason: str = ""


class LedgerRefused(ValueError):
    """A change that the deadline cannot take; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class ExtensionRule:
    """How often, and by how much in all, a deadline may be extended (延期)."""

    max_times: int
    max_amount: int
    """Of all extensions together, in `unit`."""
    unit: str
    citation: str
    """Article number, or `default`."""

    def objection(self, ledger: Ledger, amount: int, unit: str) -> str | None:
        """Why the ledger may not be extended by this; None when it may."""
        earlier = [
            entry for entry in ledger.entries if entry.kind == "extension"
        ]
        if unit != self.unit:
            return say(
                "延期应以{units}计，请改写延期时长",
                units=UNIT_NAMES[self.unit],
            )
        if len(earlier) >= self.max_times:
            return say(
                "已延期 {count} 次，最多 {max_times} 次，不能再延。请按期办结或报上级督办",
                count=len(earlier),
                max_times=self.max_times,
            )
        used = sum(
            entry.amount for entry in earlier if entry.unit == self.unit
        )
        if used + amount > self.max_amount:
            left = self.max_amount - used
            return say(
                "延期累计不得超过 {max_amount}{units}，已用 {used}{units}，本次最多可延 {left}{units}",
                max_amount=self.max_amount,
                units=UNITS[self.unit],
                used=used,
                left=left,
            )
        return None


@dataclass(frozen=True, slots=True)
class Ledger:
    name: str
    start_at: datetime
    amount: int
    unit: str
    citation: str
    """Article number, or `default`."""
    entries: Sequence[LedgerEntry] = ()
    until: str = ""
    """Time of day at which the last day's limit ends, `12:00`; empty: as the unit says."""

    def extend(
        self,
        amount: int,
        unit: str,
        at: datetime,
        by: str,
        reason: str,
    ) -> Ledger:
        """The ledger with an approved extension. Raises LedgerRefused for a senseless amount."""
        if unit not in UNITS or amount <= 0:
            raise LedgerRefused(
                say(
                    "延期时长应为正整数，单位为{listed}之一",
                    listed=joined("、", UNIT_NAMES.values()),
                ),
            )
        return replace(
            self,
            entries=(
                *self.entries,
                LedgerEntry(
                    "extension",
                    at,
                    amount,
                    unit,
                    None,
                    by,
                    reason,
                ),
            ),
        )

    def suspend(self, at: datetime, by: str, reason: str) -> Ledger:
        """The ledger with a suspension (挂账) that begins at `at`. Raises LedgerRefused while one lasts."""
        if self.suspended:
            raise LedgerRefused(say("该时限正在挂账，请先恢复再重新挂账"))
        return replace(
            self,
            entries=(
                *self.entries,
                LedgerEntry("suspension", at, by=by, reason=reason),
            ),
        )

    def resume(self, at: datetime) -> Ledger:
        """The ledger with its open suspension ended. Raises LedgerRefused when there is none, or it began
        later."""
        if not any(
            e.kind == "suspension" and e.until is None and e.at <= at
            for e in self.entries
        ):
            raise LedgerRefused(say("该时限没有挂账，不需要恢复"))
        ended = [
            replace(e, until=at)
            if e.kind == "suspension" and e.until is None
            else e
            for e in self.entries
        ]
        return replace(self, entries=tuple(ended))

    @property
    def suspended(self) -> bool:
        return any(
            e.kind == "suspension" and e.until is None for e in self.entries
        )

    def due_at(self, calendar: WorkCalendar) -> datetime:
        """The instant it is due, UTC. While suspended, the instant it would be due if the suspension ended at
        once."""
        return self._steps(calendar)[-1][1]

    def provisional(self, calendar: WorkCalendar) -> bool:
        """Whether the due day lies in a year whose holidays are not announced yet."""
        return self._counts_working_time and calendar.is_provisional(
            calendar.local(self.due_at(calendar)).date(),
        )

    def lines(self, calendar: WorkCalendar) -> list[str]:
        """The sum in Chinese, one line a step, for the page that explains the date."""
        steps = self._steps(calendar)
        shown = [
            say(
                "{text}：{due:%Y-%m-%d %H:%M}",
                text=text,
                due=calendar.local(due),
            )
            for text, due in steps
        ]
        if self._counts_working_time:
            first = calendar.local(self.start_at).date()
            last = calendar.local(steps[-1][1]).date()
            special = calendar.departures(first, last)
            if special:
                shown.append(
                    say("其间{listed}，已计入", listed="，".join(special)),
                )
        if self.provisional(calendar):
            shown.append(
                say("该年度节假日安排尚未公布，此日期为暂定，公布后自动重算"),
            )
        return shown

    @property
    def _counts_working_time(self) -> bool:
        extensions = [e.unit for e in self.entries if e.kind == "extension"]
        return any(
            unit in ("working_days", "working_hours")
            for unit in (self.unit, *extensions)
        )

    def _steps(self, calendar: WorkCalendar) -> list[tuple[str, datetime]]:
        due = self._limit_end(calendar)
        words = limit_in_words(self.amount, self.unit)
        if self.until:
            ends = length_in_words(self.amount, self.unit, self.until)
            words = say("时限 {ends}", ends=ends)
        steps = [
            (say("起算"), self.start_at.astimezone(UTC)),
            (words, due),
        ]
        for entry in self.entries:
            if entry.kind == "extension":
                due = self._after_extension(calendar, due, entry)
                steps.append(
                    (
                        say(
                            "{by}批准延期 {amount}{units}（{reason}）",
                            by=entry.by,
                            amount=entry.amount,
                            units=UNITS[entry.unit],
                            reason=entry.reason,
                        ),
                        due,
                    ),
                )
            elif entry.at >= due:
                # The clock had already run out: standing still cannot make a late instance punctual.
                steps.append(
                    (
                        say(
                            "期满后挂账，截止时间不变（{reason}）",
                            reason=entry.reason,
                        ),
                        due,
                    ),
                )
            else:
                due = self._after_suspension(calendar, due, entry)
                if entry.until is None:
                    word = say("挂账")
                else:
                    word = say("挂账期间不计")
                steps.append(
                    (
                        say(
                            "{word}（{reason}）",
                            word=word,
                            reason=entry.reason,
                        ),
                        due,
                    ),
                )
        return steps

    def _limit_end(self, calendar: WorkCalendar) -> datetime:
        """The end of the limit itself. A time of day that is over already is the next day's, or the next
        working day's."""
        due = add(calendar, self.start_at, self.amount, self.unit)
        if not self.until:
            return due
        due = self._on_day_of(calendar, due)
        if due > self.start_at:
            return due
        later = add(calendar, self.start_at, self.amount + 1, self.unit)
        return self._on_day_of(calendar, later)

    def _on_day_of(self, calendar: WorkCalendar, due: datetime) -> datetime:
        """The time of day at which the limit ends, on the day of that instant."""
        return calendar.at(calendar.local(due).date(), clock_of(self.until))

    def _after_extension(
        self,
        calendar: WorkCalendar,
        due: datetime,
        entry: LedgerEntry,
    ) -> datetime:
        """An extension by days ends at the limit's time of day; one by hours or minutes is as long as it
        says."""
        later = add(calendar, due, entry.amount, entry.unit)
        if self.until and entry.unit in OF_DAYS:
            return self._on_day_of(calendar, later)
        return later

    def _after_suspension(
        self,
        calendar: WorkCalendar,
        due: datetime,
        entry: LedgerEntry,
    ) -> datetime:
        since = max(entry.at, self.start_at)
        until = entry.until or entry.at
        if until <= since:
            return due
        if self.unit in ("working_days", "working_hours"):
            later = calendar.add_working_time(
                due,
                calendar.working_time_between(since, until),
            )
        else:
            later = due + (until - since)
        if self.until and later > due:
            return self._rounded_up(calendar, later)
        return later

    def _rounded_up(self, calendar: WorkCalendar, due: datetime) -> datetime:
        """The first time that is the limit's time of day and not before: a suspension takes nothing away."""
        on_day = self._on_day_of(calendar, due)
        if on_day >= due:
            return on_day
        return self._on_day_of(calendar, add(calendar, due, 1, self.unit))


def clock_of(text: str) -> time:
    """The time of day; 24:00 is the last instant of the day, which is shown as 23:59 with its own date.
    Raises ValueError."""
    if text == MIDNIGHT:
        return time.max
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - no date


def limit_in_words(amount: int, unit: str) -> str:
    """`时限 5个工作日`."""
    if unit in ("working_days", "working_hours"):
        return say("时限 {amount}{units}", amount=amount, units=UNITS[unit])
    return say("时限 {amount} {units}", amount=amount, units=UNITS[unit])


def length_in_words(amount: int, unit: str, until: str = "") -> str:
    """`5 工作日`; with a time of day `当日 24:00 前`, `次日 12:00 前`, `第 3 个工作日 12:00 前`."""
    if not until:
        return say(
            "{amount} {unit}", amount=amount, unit=UNIT_NAMES.get(unit, unit)
        )
    if amount == 0:
        return say("当日 {until} 前", until=until)
    if unit == "working_days":
        if amount == 1:
            return say("下一个工作日 {until} 前", until=until)
        return say(
            "第 {amount} 个工作日 {until} 前", amount=amount, until=until
        )
    if amount == 1:
        return say("次日 {until} 前", until=until)
    return say("第 {amount} 日 {until} 前", amount=amount, until=until)


def add(
    calendar: WorkCalendar,
    start: datetime,
    amount: int,
    unit: str,
) -> datetime:
    """`start` plus a limit in one of UNITS, UTC. Raises KeyError for another unit."""
    match unit:
        case "minutes":
            return (start + timedelta(minutes=amount)).astimezone(UTC)
        case "hours":
            return (start + timedelta(hours=amount)).astimezone(UTC)
        case "days":
            return (calendar.local(start) + timedelta(days=amount)).astimezone(
                UTC,
            )
        case "working_days":
            return calendar.add_working_days(start, amount)
        case "working_hours":
            return calendar.add_working_time(start, timedelta(hours=amount))
    raise KeyError(unit)


def to_json(entries: Sequence[LedgerEntry]) -> list[dict[str, Any]]:
    """The entries as the deadline row keeps them."""
    return [
        {
            "kind": e.kind,
            "at": e.at.isoformat(),
            "amount": e.amount,
            "unit": e.unit,
            "until": e.until.isoformat() if e.until else None,
            "by": e.by,
            "reason": e.reason,
        }
        for e in entries
    ]


def from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[LedgerEntry, ...]:
    """The entries of a deadline row."""
    return tuple(
        LedgerEntry(
            row["kind"],
            datetime.fromisoformat(row["at"]),
            row["amount"],
            row["unit"],
            datetime.fromisoformat(row["until"]) if row["until"] else None,
            row["by"],
            row["reason"],
        )
        for row in rows
    )
