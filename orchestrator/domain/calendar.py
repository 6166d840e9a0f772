"""PRC working time: statutory holidays, make-up working days and office hours.

Days that differ from their weekday come from a table (seeded from the State Council's yearly notices); a year
that is not announced yet is counted by weekdays and by the holidays that the law itself dates, and the result
is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.domain.statutory_days import statutory_days
from orchestrator.sentences import say

_DAY = timedelta(days=1)


Periods = Sequence[tuple[time, time]]
"""Of a day, in order, not overlapping."""


@dataclass(frozen=True, slots=True)
class DatedHours:
    """Office hours that hold on a day and after it."""

    from_on: date
    hours: tuple[tuple[time, time], ...]


@dataclass(frozen=True, slots=True)
class CountedFor:
    """Whose office hours and whose days off count."""

    role: str | None = None
    """A role with office hours of its own; None: the jurisdiction's hours."""
    place: str | None = None
    """Territory code: its own days count, and those of the places above it; None: the whole
    jurisdiction's."""


WHOLE_JURISDICTION = CountedFor()


@dataclass(frozen=True)
class WorkCalendar:
    days: Mapping[date, bool]
    """Days that differ from their weekday: True is a working day, False a holiday."""
    hours: Periods = (
        (time(9), time(12)),
        (time(14), time(17, 30)),
    )
    """Office hours of a working day, in order, not overlapping."""
    timezone: str = "Asia/Shanghai"
    announced_until: date = date.max
    """Last day of the last announced year."""
    version: str = ""
    names: Mapping[date, str] = field(default_factory=dict)
    """What the days of `days` are called, for explanations: 国庆节."""
    hours_changes: Sequence[DatedHours] = ()
    """Later office hours, the earliest first."""

    def hours_on(self, day: date) -> Periods:
        """Office hours of that day, if it is a working day."""
        hours = self.hours
        for change in self.hours_changes:
            if change.from_on <= day:
                hours = change.hours
        return hours

    def is_workday(self, day: date) -> bool:
        special = self.days.get(day)
        if (
            special is None
            and self.is_provisional(day)
            and day in statutory_days(day.year)
        ):
            return False
        if special is None:
            return day.weekday() < 5
        return special

    def is_provisional(self, day: date) -> bool:
        """Whether the year of that day is not announced yet."""
        return day > self.announced_until

    def is_open(self, instant: datetime) -> bool:
        """Whether the instant lies in office hours."""
        here = self.local(instant)
        clock = here.time()
        return self.is_workday(here.date()) and any(
            opens <= clock < closes
            for opens, closes in self.hours_on(here.date())
        )

    def reading(self, instant: datetime) -> dict[str, Any]:
        """What a diagram learns when it looks at the clock: the day, the time of day, and whether people work
        then."""
        here = self.local(instant)
        return {
            "read_on": here.date().isoformat(),
            "time_of_day": f"{here:%H:%M}",
            "is_working_day": self.is_workday(here.date()),
            "in_office_hours": self.is_open(instant),
        }

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.timezone))

    def at(self, day: date, clock: time) -> datetime:
        """That time of that day as a UTC instant."""
        return datetime.combine(
            day, clock, ZoneInfo(self.timezone)
        ).astimezone(UTC)

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        day += _DAY
        while not self.is_workday(day):
            day += _DAY
        return day

    def add_working_days(self, start: datetime, count: int) -> datetime:
        """The end of office hours of the count-th working day after the day of `start` (the day itself does
        not count). UTC.

        With count 0, the end of office hours of that day or of the next working day.
        """
        day = self.local(start).date()
        if count == 0 and not self.is_workday(day):
            day = self.next_workday(day)
        for _ in range(count):
            day = self.next_workday(day)
        return self.at(day, self.hours_on(day)[-1][1])

    def add_working_time(self, start: datetime, amount: timedelta) -> datetime:
        """`start` plus `amount` of office hours. UTC. Time outside office hours does not count; nothing added
        leaves the instant as it is."""
        if amount <= timedelta():
            return start.astimezone(UTC)
        moment = self.local(start)
        left = amount
        day = moment.date()
        clock = moment.timetz().replace(tzinfo=None)
        while True:
            if self.is_workday(day):
                for opens, closes in self.hours_on(day):
                    begin = max(clock, opens)
                    if begin >= closes:
                        continue
                    available = datetime.combine(
                        day, closes
                    ) - datetime.combine(day, begin)
                    if left <= available:
                        return self.at(
                            day, (datetime.combine(day, begin) + left).time()
                        )
                    left -= available
            day = day + _DAY
            clock = time(0)

    def working_time_between(
        self, start: datetime, end: datetime
    ) -> timedelta:
        """Office hours between two instants; zero when `end` is not after `start`."""
        first = self.local(start)
        last = self.local(end)
        total = timedelta()
        day = first.date()
        while day <= last.date():
            if self.is_workday(day):
                for opens, closes in self.hours_on(day):
                    begin = max(self.at(day, opens), start)
                    finish = min(self.at(day, closes), end)
                    if finish > begin:
                        total += finish - begin
            day += _DAY
        return total

    def departures(self, first: date, last: date) -> list[str]:
        """The runs of days from `first` to `last` that differ from their weekday, in Chinese:
        10月1日至10月7日国庆节放假."""
        sentences: list[str] = []
        run: list[date] = []
        for day in sorted(
            day
            for day in self.days
            if first <= day <= last and self._departs(day)
        ):
            if run and not self._continues(run[-1], day):
                sentences.append(self._tell(run))
                run = []
            run.append(day)
        if run:
            return [*sentences, self._tell(run)]
        return sentences

    def _departs(self, day: date) -> bool:
        """Holidays on weekends count, so that a festival is told whole; a table may also repeat an ordinary
        day."""
        return not self.days[day] or day.weekday() >= 5

    def _continues(self, before: date, day: date) -> bool:
        return (
            day - before == _DAY
            and self.days[before] == self.days[day]
            and self.names.get(before) == self.names.get(day)
        )

    def _tell(self, run: Sequence[date]) -> str:
        first = run[0]
        last = run[-1]
        if last > first:
            until = say("至{month}月{day}日", month=last.month, day=last.day)
        else:
            until = ""
        span = say(
            "{month}月{day}日{until}",
            month=first.month,
            day=first.day,
            until=until,
        )
        if self.days[first]:
            return say("{span}调休上班", span=span)
        return say(
            "{span}{names}放假",
            span=span,
            names=self.names.get(first, say("法定节假日")),
        )
