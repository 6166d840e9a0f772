"""Recurring work of offices (定期工作): what the clock opens for each of them after every period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from orchestrator.domain.assessment import PERIODS, day_after, last_period

SERIES_PERIODS = ("week", *PERIODS)
"""How often work may recur for an office."""
ITEM_REVIEW = "series.item_review"
ARCHIVE_DISPOSAL = "series.archive_disposal"
BY_MONTHS = (ITEM_REVIEW, ARCHIVE_DISPOSAL)
"""Messages of work that is counted by months: it cannot recur each week."""
LATEST_DAYS: Mapping[str, int] = {
    "week": 6,
    "month": 27,
    "quarter": 89,
    "year": 364,
}
"""Length of the periods → the latest day: one that a shorter period lacks would never come."""


@dataclass(frozen=True, slots=True)
class SeriesRule:
    """A procedure that begins by itself after each period."""

    key: str
    name: str
    message: str
    """Name of the message of the procedure's start event."""
    every: str
    """One of SERIES_PERIODS."""
    day: int
    """The day after the period's end on which it is opened; 1 is the first."""
    hosts: tuple[str, ...]
    """Bodies for each of which one is opened, as role@level."""
    citation: str
    only_with_work: bool = False
    """Whether none is opened for a body in whose place no case was registered or ended in the period, nor
    waits."""

    def due(self, today: date) -> str:
        """The period whose work is to be opened by that day; empty where its day has not come."""
        period = last_period(self.every, today)
        if today < day_after(period) + timedelta(days=self.day - 1):
            return ""
        return period
