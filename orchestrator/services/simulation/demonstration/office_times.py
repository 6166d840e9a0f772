"""The instants at which the demonstration's people act: every hour of the office days before now."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from orchestrator.domain.calendar import WorkCalendar

_HOURS = tuple(time(hour, 10) for hour in (9, 10, 11, 14, 15, 16))


@dataclass(frozen=True, slots=True)
class OfficeTimes:
    instants: Sequence[datetime]
    """UTC, the earliest first, none after now."""

    def after(self, instant: datetime, count: int) -> datetime | None:
        """The `count`-th of the instants from this one on; None where now comes before it."""
        place = bisect_left(self.instants, instant) + count
        if place < len(self.instants):
            return self.instants[place]
        return None

    def before(self, instant: datetime, count: int) -> datetime | None:
        """The `count`-th of the instants before this one; None where the demonstration begins later."""
        place = bisect_left(self.instants, instant) - count
        if place >= 0:
            return self.instants[place]
        return None


def office_times(
    calendar: WorkCalendar,
    begins_at: datetime,
    now: datetime,
) -> OfficeTimes:
    """Those between the two."""
    day = calendar.local(begins_at).date() + timedelta(days=1)
    last = calendar.local(now).date()
    datetimes = []
    while day <= last:
        if calendar.is_workday(day):
            datetimes += [
                at for clock in _HOURS if (at := calendar.at(day, clock)) < now
            ]
        day += timedelta(days=1)
    return OfficeTimes(datetimes)
