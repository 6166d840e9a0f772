"""Every clock of every city: a minute before its time nothing has happened, a minute after it what the
diagram and the profile say; over National Day, New Year and a weekend night.

What the clock does at the office beside the diagram's timers (marks, notices, copies) is proven in
tests/services/clocks; here every task that a scenario opens must have it in its profile.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestrator.domain.assessment import day_after, last_period, over_since
from orchestrator.domain.calendar import WHOLE_JURISDICTION, WorkCalendar
from orchestrator.domain.deadlines import add
from orchestrator.domain.reminders import moment_of, stages_of, turn_of
from orchestrator.services import jurisdictions
from orchestrator.services.bundles import Bundle
from orchestrator.services.jurisdictions.folder import Folder
from orchestrator.services.jurisdictions.holidays import announced_calendars
from orchestrator.services.simulation import scenario_files
from orchestrator.services.simulation.backend import Clock
from orchestrator.services.simulation.interpreter import ACTS, VERBS
from orchestrator.services.simulation.memory_backend import MemoryBackend
from orchestrator.services.simulation.scenario_people import FolderDirectory
from orchestrator.services.simulation.scenario_run import ScenarioRun

ROOT = Path(__file__).parents[2]
CITIES = sorted(
    path.parent.name for path in (ROOT / "bpmn").glob("*/people.csv")
)
MINUTE = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
BEFORE_NATIONAL_DAY = datetime(2026, 9, 30, 16, 30, tzinfo=SHANGHAI)
BEFORE_NEW_YEAR = datetime(2026, 12, 31, 16, 30, tzinfo=SHANGHAI)
WEEKEND_NIGHT = datetime(2026, 11, 28, 2, 0, tzinfo=SHANGHAI)
STARTS = (BEFORE_NATIONAL_DAY, BEFORE_NEW_YEAR, WEEKEND_NIGHT)


@cache
def read(city: str) -> Folder:
    return jurisdictions.read(ROOT / "bpmn" / city)


def runs(city: str) -> Iterator[ScenarioRun]:
    """Every scenario of the city, on paper."""
    folder = read(city)
    directory = FolderDirectory(folder)
    bundles = dict[str, Bundle]()
    for file in scenario_files.read_resources(city, folder.resources):
        for scenario in file.scenarios:
            stage = MemoryBackend(folder, directory, bundles)
            yield ScenarioRun(stage, directory, scenario)


class Probe:
    """Looks at each task with a due time once for each limit that it has."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, str, object]] = set()
        self.other_timers: set[tuple[str, str, object]] = set()
        self.with_timer = 0

    def look(self, play: ScenarioRun) -> None:
        for matter in play.backend.instances():
            process = play.backend.process_of(matter)
            for task in play.backend.offered(matter):
                if task.due_at is None or task.due_at <= play.backend.now:
                    continue
                limit = task.due_at - play.backend.now
                known = (process, task.element_id, limit)
                if known not in self.seen:
                    self.seen.add(known)
                    self._pass(play.backend, matter, task.id, task.element_id)
            dues = {task.due_at for task in play.backend.offered(matter)}
            for clock in play.backend.clocks(matter):
                limit = clock.due_at - play.backend.now
                known = (process, clock.element_id, limit)
                if clock.due_at in dues or known in self.other_timers:
                    continue
                if limit > 2 * MINUTE:
                    self.other_timers.add(known)
                    self._fires_in_time(play.backend, matter, clock)

    def _fires_in_time(
        self, stage: MemoryBackend, matter: str, clock: Clock
    ) -> None:
        """A timer that is no task's due time: of a waiting event, or of a step with another limit."""
        now = stage.now
        kept = stage.remembered()
        # An earlier timer may take the step away before.
        alone = clock.due_at == stage.clocks()[0].due_at
        stage.fire(clock.due_at - MINUTE)
        waiting = clock in stage.clocks(matter)
        stage.fire(clock.due_at + MINUTE)
        left = clock in stage.clocks(matter)
        stage.restore(kept)
        stage.now = now
        assert waiting or not alone, (clock.element_id, "fired too early")
        assert not left, (clock.element_id, "did not fire in time")

    def _pass(
        self, stage: MemoryBackend, matter: str, task_id: str, element: str
    ) -> None:
        now = stage.now
        kept = stage.remembered()
        (due,) = [
            task.due_at for task in stage.offered(matter) if task.id == task_id
        ]
        assert due is not None
        timers = self._timers_of(stage, matter, element, due)
        stage.fire(due - MINUTE)
        still = any(task.id == task_id for task in stage.offered(matter))
        waiting = timers & _set(stage, matter)
        stage.fire(due + MINUTE)
        left = timers & _set(stage, matter)
        stage.restore(kept)
        stage.now = now
        if not still:
            return  # another event took the task away first
        assert waiting == timers, (element, "fired a minute before its time")
        assert left == set(), (element, "did not fire in time")
        self.with_timer += bool(timers)
        self._in_profile(stage, matter, task_id, due)

    def _timers_of(
        self, stage: MemoryBackend, matter: str, element: str, due: datetime
    ) -> set[str]:
        """Ids of the timers at the step's border that are set for its due time."""
        elements = stage.definition(stage.process_of(matter)).elements
        return {
            clock.id
            for clock in stage.clocks(matter)
            if clock.due_at == due
            and clock.element_id in elements
            and elements[clock.element_id].attached_to == element
        }

    def _in_profile(
        self, stage: MemoryBackend, matter: str, task_id: str, due: datetime
    ) -> None:
        instance = stage._instances[matter]
        task = instance.tasks[task_id.partition(".")[2]]
        name = ""
        if task.deadline is not None:
            name = task.deadline.ledger.name
        profile = stage.folder.profile
        stages = stages_of(profile.overdue, name)
        first = [stage for stage in stages if stage.first]
        assert any(stage.mark and stage.notice for stage in first), name
        calendar = instance.calendar_of()
        moments = [
            moment_of(stage, due, instance.variables, calendar)
            for stage in stages
        ]
        assert min(moment for moment in moments if moment) == due


def _set(stage: MemoryBackend, matter: str) -> set[str]:
    return {clock.id for clock in stage.clocks(matter)}


@pytest.mark.parametrize("city", CITIES)
def test_nothing_happens_a_minute_before_and_all_of_it_a_minute_after(
    city: str,
) -> None:
    probe = Probe()
    for play in runs(city):
        if any(step.verb == "应出错" for step in play.scenario.steps):
            continue
        play.begin()
        for step in play.scenario.steps:
            VERBS[step.verb](play, step)
            if step.verb in ACTS:
                probe.look(play)
    assert len(probe.seen) >= 25
    assert probe.with_timer >= 15
    assert probe.other_timers, "waiting events and second limits of a step"


@pytest.mark.parametrize("city", CITIES)
def test_what_is_done_later_about_a_late_task_passes_over_holidays_too(
    city: str,
) -> None:
    """Each row of [[overdue]] for each limit: copies, reports to the office above, the bulletin."""
    profile = read(city).profile
    calendar = announced_calendars(profile)(WHOLE_JURISDICTION)
    looked_at = 0
    for name in (*profile.deadlines, ""):
        for stage in stages_of(profile.overdue, name):
            if stage.after_day_in:
                continue
            for due in STARTS:
                moment = moment_of(stage, due, {}, calendar)
                assert moment is not None
                if stage.first:
                    assert moment == due
                    continue
                looked_at += 1
                counted = _counted(calendar, due, moment, stage.unit)
                assert counted == stage.after, (name, due)
                latest, _next = turn_of(stage, moment, moment, calendar)
                assert latest == moment
    assert looked_at or not any(
        stage.after for rows in profile.overdue.values() for stage in rows
    )


@pytest.mark.parametrize("city", CITIES)
def test_a_promised_day_is_over_at_its_last_minute_holiday_or_not(
    city: str,
) -> None:
    profile = read(city).profile
    calendar = announced_calendars(profile)(WHOLE_JURISDICTION)
    for stage in {
        stage
        for rows in profile.overdue.values()
        for stage in rows
        if stage.after_day_in
    }:
        for due in STARTS:
            promised = (due + timedelta(days=3)).date()
            values = {stage.after_day_in: promised.isoformat()}
            moment = moment_of(stage, due, values, calendar)
            assert moment is not None
            assert calendar.local(moment - MINUTE).date() == promised
            assert calendar.local(moment).date() > promised


@pytest.mark.parametrize("city", CITIES)
def test_recurring_work_and_closings_come_on_their_day_and_not_one_before(
    city: str,
) -> None:
    """[series.*] and `closes_after` count days of the calendar, so that a holiday moves none of them."""
    profile = read(city).profile
    for rule in profile.series:
        for start in STARTS:
            period = last_period(rule.every, start.date())
            opens = day_after(period) + timedelta(days=rule.day - 1)
            assert rule.due(opens) == period
            assert rule.due(opens - timedelta(days=1)) == ""
    for rule in profile.assessment:
        (last,) = over_since(rule.every, date.min, date(2027, 1, 1), 1)
        assert day_after(last) == date(2027, 1, 1)
        (before,) = over_since(rule.every, date.min, date(2026, 12, 31), 1)
        assert before != last, "a minute before midnight the year runs on"


@pytest.mark.parametrize("city", CITIES)
def test_limits_pass_over_holidays_and_elapsed_hours_do_not(city: str) -> None:
    profile = read(city).profile
    calendar = announced_calendars(profile)(WHOLE_JURISDICTION)
    for name, rule in profile.deadlines.items():
        limits = [(rule.amount, rule.unit)]
        limits += [(one.limit.amount, one.limit.unit) for one in rule.classes]
        for amount, unit in limits:
            for start in STARTS:
                due = add(calendar, start, amount, unit)
                counted = _counted(calendar, start, due, unit)
                assert counted == amount, (name, start)


def _counted(
    calendar: WorkCalendar, start: datetime, due: datetime, unit: str
) -> float:
    """How much of the unit lies between the two, day by day; a due time outside office hours is refused."""
    if unit in ("hours", "minutes"):
        return (due - start) / timedelta(**{unit: 1})
    if unit == "days":
        return (due - start) / timedelta(days=1)
    here = calendar.local(due)
    assert calendar.is_workday(here.date())
    if unit == "working_hours":
        return calendar.working_time_between(start, due) / timedelta(hours=1)
    assert unit == "working_days"
    assert here.time() == calendar.hours_on(here.date())[-1][1]
    first = calendar.local(start).date()
    between = (here.date() - first).days
    days = [first + timedelta(days=n) for n in range(1, between + 1)]
    return sum(map(calendar.is_workday, days))
