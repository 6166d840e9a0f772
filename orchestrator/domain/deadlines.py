"""The deadline ledger: start, limit, extensions and suspensions; the due instant is a pure function of them, told line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.domain.calendar import WorkCalendar

UNITS = {"hours": "小时", "days": "日", "working_days": "个工作日", "working_hours": "个工作小时"}
"""`hours` are elapsed hours: 24 h means 24 hours, night and holiday included."""


@dataclass(frozen=True, slots=True)
class Entry:
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


@dataclass(frozen=True, slots=True)
class Ledger:
    name: str
    start_at: datetime
    amount: int
    unit: str
    citation: str
    """Article number, or `default`."""
    entries: Sequence[Entry] = ()

    def extend(self, amount: int, unit: str, at: datetime, by: str, reason: str) -> Ledger:
        """The ledger with an approved extension."""
        return replace(self, entries=(*self.entries, Entry("extension", at, amount, unit, None, by, reason)))

    def suspend(self, at: datetime, by: str, reason: str) -> Ledger:
        """The ledger with a suspension (挂账) that begins at `at`."""
        return replace(self, entries=(*self.entries, Entry("suspension", at, by=by, reason=reason)))

    def resume(self, at: datetime) -> Ledger:
        """The ledger with its open suspension ended."""
        ended = [replace(e, until=at) if e.kind == "suspension" and e.until is None else e for e in self.entries]
        return replace(self, entries=tuple(ended))

    @property
    def suspended(self) -> bool:
        return any(e.kind == "suspension" and e.until is None for e in self.entries)

    def due_at(self, calendar: WorkCalendar) -> datetime:
        """The instant it is due, UTC. While suspended, the instant it would be due if the suspension ended at once."""
        return self._steps(calendar)[-1][1]

    def provisional(self, calendar: WorkCalendar) -> bool:
        """Whether the due day lies in a year whose holidays are not announced yet."""
        return self.unit in ("working_days", "working_hours") and calendar.is_provisional(
            calendar.local(self.due_at(calendar)).date()
        )

    def lines(self, calendar: WorkCalendar) -> list[str]:
        """The sum in Chinese, one line a step, for the page that explains the date."""
        shown = [f"{text}：{calendar.local(due):%Y-%m-%d %H:%M}" for text, due in self._steps(calendar)]
        if self.provisional(calendar):
            shown.append("该年度节假日安排尚未公布，此日期为暂定，公布后自动重算")
        return shown

    def _steps(self, calendar: WorkCalendar) -> list[tuple[str, datetime]]:
        due = add(calendar, self.start_at, self.amount, self.unit)
        steps = [("起算", self.start_at.astimezone(UTC)), (f"时限 {self.amount} {UNITS[self.unit]}".replace(" 个", "个"), due)]
        for entry in self.entries:
            if entry.kind == "extension":
                due = add(calendar, due, entry.amount, entry.unit)
                steps.append((f"{entry.by}批准延期 {entry.amount}{UNITS[entry.unit]}（{entry.reason}）", due))
            else:
                until = entry.until or entry.at
                if self.unit in ("working_days", "working_hours"):
                    due = calendar.add_working_time(due, calendar.working_time_between(entry.at, until))
                else:
                    due += until - entry.at
                word = "挂账" if entry.until is None else "挂账期间不计"
                steps.append((f"{word}（{entry.reason}）", due))
        return steps


def add(calendar: WorkCalendar, start: datetime, amount: int, unit: str) -> datetime:
    """`start` plus a limit in one of UNITS, UTC. Raises KeyError for another unit."""
    match unit:
        case "hours":
            return (start + timedelta(hours=amount)).astimezone(UTC)
        case "days":
            return (calendar.local(start) + timedelta(days=amount)).astimezone(UTC)
        case "working_days":
            return calendar.add_working_days(start, amount)
        case "working_hours":
            return calendar.add_working_time(start, timedelta(hours=amount))
    raise KeyError(unit)


def to_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
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


def from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Entry, ...]:
    """The entries of a deadline row."""
    return tuple(
        Entry(
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
