"""Days of a scenario in words: which day of the week, and which working day since it begins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.domain.announced_days import weekday
from orchestrator.domain.calendar import WHOLE_JURISDICTION, WorkCalendar
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services import jurisdictions
from orchestrator.services.jurisdictions.holidays import announced_calendars
from orchestrator.services.simulation.backend import NOW
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.step_shapes import moment

FARTHEST = timedelta(days=400)
"""Beyond it nobody counts working days."""


class ScenarioDays:
    """Tells days by the calendar that scenarios are played with."""

    def __init__(self, calendar: WorkCalendar) -> None:
        self.calendar = calendar

    def told(self, scenario: Scenario, step: ScenarioStep) -> dict[str, str]:
        """As it stands in the step → the same day in words; empty for a step that says no day."""
        if step.verb == "应在期限" and isinstance(step.subject, Mapping):
            written: list[Any] = list(step.subject.values())
        elif step.verb == "时间":
            written = [step.subject]
        else:
            return {}
        return {
            str(value): words
            for value in written
            if (words := self.words(value, scenario.start))
        }

    def words(self, written: Any, start: datetime | None) -> str:
        """Such as 周五，开始后第 4 个工作日; empty for what is no day."""
        instant = moment(written)
        if instant is None:
            return ""
        begins = self._local(start or NOW)
        day, first = self._local(instant).date(), begins.date()
        name = weekday(day)
        if day == first:
            return say("{weekday}，当天", weekday=name)
        if not self.calendar.is_workday(day):
            return say("{weekday}，休息日", weekday=name)
        if not timedelta() < day - first <= FARTHEST:
            return name
        count = sum(
            self.calendar.is_workday(first + timedelta(days=number))
            for number in range(1, (day - first).days + 1)
        )
        return say(
            "{weekday}，开始后第 {count} 个工作日",
            weekday=name,
            count=count,
        )

    def beginning(self, scenario: Scenario) -> str:
        """When the scenario begins, where it says so: 2026-09-30 16:30（周三）."""
        if scenario.start is None:
            return ""
        begins = self._local(scenario.start)
        return say(
            "{at}（{weekday}）",
            at=f"{begins:%Y-%m-%d %H:%M}",
            weekday=weekday(begins),
        )

    def _local(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            return instant
        return self.calendar.local(instant.astimezone(UTC))


def scenario_days(
    resources: Mapping[str, bytes], jurisdiction: str
) -> ScenarioDays | None:
    """The days of the jurisdiction with these files; None where they cannot be read."""
    try:
        profile = jurisdictions.parse(resources, jurisdiction).profile
    except RuleViolated:
        return None
    return ScenarioDays(announced_calendars(profile)(WHOLE_JURISDICTION))
