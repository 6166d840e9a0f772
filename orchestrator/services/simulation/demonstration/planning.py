"""Which scenarios the demonstration plays, how far, and from when: every step that an instance can wait at is
waited at, some overdue, some due today; the others are played to their end in the months before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from orchestrator.domain.assessment import last_period
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.engine import Definition, deadline_names
from orchestrator.services.execution import due_dates
from orchestrator.services.simulation import vocabulary
from orchestrator.services.simulation.demonstration import values
from orchestrator.services.simulation.demonstration.office_times import (
    OfficeTimes,
)
from orchestrator.services.simulation.scenario_files import (
    Scenario,
    ScenarioStep,
)
from orchestrator.services.simulation.scenario_people import (
    FolderDirectory,
    Unknown,
)

INSTANCES = 60
"""How many the demonstration of one city has, about."""
FEWEST = 20
"""How many one of several cities has at least."""
OPEN_AT_MOST = 34
"""How many of them wait somewhere today."""
SAME_AT_MOST = 3
"""How many of a procedure wait somewhere where all its instances are about the same thing."""
PLAYED = frozenset({"发起", "办理", "催办", "并案", "作废", "到期", "经过"})
"""Steps that are played; what is expected is not asked."""
CLOSED_LAST_MONTH = 9
"""How many cases of one city were registered and dealt with in the month that its bulletin is about."""
_HANDED_ON = frozenset({"发起", "办理"})
_BENT = frozenset({"到期", "经过", "并案", "作废"})
"""Steps of cases that take long, or are not dealt with."""
_UNPLAYABLE = frozenset({"时间", "应出错"})
_WAITING = ("late", "today", "week", "later", "week", "later")


@dataclass(frozen=True)
class PlannedRun:
    """A scenario, or its beginning, as it is to be played."""

    scenario: Scenario
    """With its steps alone that are played."""
    begins_at: datetime
    gaps: Sequence[int]
    """Office hours between a step and the one before it, taken in turn."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """By field of a form: what is filled in in place of the scenario's own."""
    may_rest: bool = False
    """Whether the clock of the step that it waits at may be stopped (挂账): nobody looks for it among what is
    overdue or due today."""

    @property
    def instances(self) -> int:
        return sum(step.verb == "发起" for step in self.scenario.steps)


@dataclass(frozen=True)
class City:
    """What planning reads of it."""

    directory: FolderDirectory
    definitions: Mapping[str, Definition]
    calendar: WorkCalendar
    times: OfficeTimes
    now: datetime
    planned_on: datetime
    """What the days in the scenarios are counted from."""

    @property
    def profile(self) -> Jurisdiction:
        return self.directory.folder.profile

    @property
    def today(self) -> date:
        return self.calendar.local(self.now).date()

    def process_called(self, name: str) -> str | None:
        """Key of the process of that key or name."""
        result = (
            key
            for key, definition in self.definitions.items()
            if name in (key, definition.name)
        )
        return next(result, None)


def plan(
    city: City,
    scenarios: Sequence[Scenario],
    instances: int = INSTANCES,
) -> list[PlannedRun]:
    """The runs, those that wait today first. Each has values and people of its own."""
    usable = [scenario for scenario in scenarios if _is_usable(city, scenario)]
    details = values.values_by_process()
    taken: dict[str, int] = {}

    def varied(run: PlannedRun, number: int) -> PlannedRun:
        key = run.scenario.process
        taken[key] = taken.get(key, -1) + 1
        choices = details.get(key) or [{}]
        days = (run.begins_at - city.planned_on).days
        scenario = values.with_other_people(
            values.moved_days(run.scenario, days),
            city.directory,
            number,
        )
        return replace(
            run,
            scenario=scenario,
            values=values.dated(
                choices[taken[key] % len(choices)],
                city.today,
            ),
        )

    runs: list[PlannedRun] = []
    open_at_most = min(OPEN_AT_MOST, instances * OPEN_AT_MOST // INSTANCES)
    for number, run in enumerate(_waiting(city, usable)):
        same = sum(
            value.scenario.process == run.scenario.process for value in runs
        )
        if run.scenario.process not in details and same >= SAME_AT_MOST:
            continue
        if sum(run.instances for run in runs) < open_at_most:
            runs.append(varied(run, number))
    finished = _finished(city, usable, instances)
    closed = _closed_last_month(city, usable, instances)
    for number, run in enumerate([*closed, *finished]):
        if sum(run.instances for run in runs) >= instances:
            break
        runs.append(varied(run, number))
    return runs


def _is_usable(city: City, scenario: Scenario) -> bool:
    verbs = {step.verb for step in scenario.steps}
    refused = any(
        {"被拒", "出错"} & step.details.keys() for step in scenario.steps
    )
    return (
        not scenario.memory_only
        and not refused
        # What an event begins is begun by the demonstration's clock, not by its people.
        and "发起" in verbs
        and verbs.isdisjoint(_UNPLAYABLE)
        and not any(_lacks_subject(city, step) for step in scenario.steps)
    )


def _lacks_subject(city: City, step: ScenarioStep) -> bool:
    """Whether an event begins what is about another instance, and the scenario has none: shown to people, it
    would be about nothing."""
    if step.verb != "发起" or "事件" not in step.details:
        return False
    key = city.process_called(str(step.subject or ""))
    if key is None:
        return False
    drawn = city.definitions[key]
    needs_one = bool(drawn.about) and not drawn.about_is_optional
    return needs_one and "关于" not in step.details


def _acts(scenario: Scenario) -> tuple[ScenarioStep, ...]:
    return tuple(step for step in scenario.steps if step.verb in PLAYED)


def _waiting(
    city: City,
    scenarios: Sequence[Scenario],
) -> Iterator[PlannedRun]:
    """One for each step that an instance can wait at, then one more, so that a body has several."""
    places = [
        place for scenario in scenarios for place in _places(city, scenario)
    ]
    first: dict[Any, tuple[Scenario, int]] = {}
    for scenario, count in places:
        first.setdefault(
            (scenario.process, _acts(scenario)[count].subject),
            (scenario, count),
        )
    once = list(first.values())
    again = [pair for pair in once if pair[1] <= 2]
    for number, (scenario, count) in enumerate([*once, *again]):
        kind = _WAITING[number % len(_WAITING)]
        run = _waiting_run(city, scenario, count, kind, number)
        if run is not None:
            yield run


def _places(city: City, scenario: Scenario) -> Iterator[tuple[Scenario, int]]:
    """How many steps are played before a task that somebody completes next, while nothing but people moves
    it."""
    acts = _acts(scenario)
    # Once the plan has taken effect, the other instances about the same grid could not go on.
    changes_grids = any(step.verb == "网格应有" for step in scenario.steps)
    for count, act in enumerate(acts[:-1] if changes_grids else acts):
        if act.verb not in _HANDED_ON:
            return
        if act.verb == "办理":
            yield scenario, count


def _waiting_run(
    city: City,
    scenario: Scenario,
    count: int,
    kind: str,
    number: int,
) -> PlannedRun | None:
    acts = _acts(scenario)
    gaps = [3 + (number + index) % 4 for index in range(5)]
    last = _last_act(city, acts, count, kind, number)
    begins_at = last
    for index in range(count - 1):
        if begins_at:
            begins_at = city.times.before(
                begins_at,
                gaps[(count - 2 - index) % len(gaps)],
            )
        else:
            begins_at = None
    if begins_at is None:
        return None
    begun = replace(scenario, steps=acts[:count])
    return PlannedRun(begun, begins_at, gaps, may_rest=kind == "later")


def _last_act(
    city: City,
    acts: Sequence[ScenarioStep],
    count: int,
    kind: str,
    number: int,
) -> datetime | None:
    """When the act was done since which the instance waits, so that the task falls due as wanted; where it
    can't, the latest before now."""
    latest = city.times.before(city.now, 1 + number % 5)
    limit = _limit(city, acts, count)
    if latest is None or limit is None or kind == "later":
        return latest
    soonest = None
    for at in reversed(city.times.instants):
        due = limit(at)
        if due > city.now:
            soonest = at
        if _is_wanted(city, due, kind, number):
            return at
        if kind == "today" and due <= city.now:
            break
    return soonest or latest


def _limit(city: City, acts: Sequence[ScenarioStep], count: int) -> Any:
    """When the next task falls due, by the instant at which it was opened; None where it has no limit."""
    begun = [
        str(act.subject or "") for act in acts[:count] if act.verb == "发起"
    ]
    key = None
    if begun:
        key = city.process_called(begun[-1])
    if key is None:
        return None
    try:
        element = vocabulary.element(
            city.definitions[key],
            str(acts[count].subject),
        )
        if not element.due:
            return None
        read = due_dates.read(city.profile, _usual(element.due), city.now)
    except (Unknown, due_dates.DueTextInvalid, due_dates.DeadlineUnknown):
        return None
    ledger = read.ledger
    if ledger:
        return lambda at: replace(ledger, start_at=at).due_at(city.calendar)
    return None


def _usual(due: str) -> str:
    """Of a text that chooses among named deadlines, the first: it holds for what is not urgent."""
    names = deadline_names.all_named(due) if "${" in due else ()
    if names:
        return f"{deadline_names.PREFIX}{names[0]}"
    return due


def _is_wanted(city: City, due: datetime, kind: str, number: int) -> bool:
    today = city.today
    if kind == "today":
        return due > city.now and city.calendar.local(due).date() == today
    if kind == "late":
        return due < city.now - timedelta(hours=10 * (number % 7))
    return city.now < due <= city.now + timedelta(days=4)


def _complete(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The scenarios that end, and that leave the grids as they were."""
    complete = []
    for scenario in scenarios:
        verbs = {step.verb for step in scenario.steps}
        if "应办结" in verbs and "网格应有" not in verbs:
            complete.append(scenario)
    return complete


def _closed_last_month(
    city: City,
    scenarios: Sequence[Scenario],
    instances: int,
) -> Iterator[PlannedRun]:
    """Cases from beginning to end within the last month: what its figures and assessment tell of."""
    cases = []
    for scenario in _complete(scenarios):
        begun = [step for step in scenario.steps if step.verb == "发起"]
        key = city.process_called(str(begun[0].subject))
        bent = _BENT.intersection(step.verb for step in scenario.steps)
        if len(begun) > 1 or bent or key is None:
            continue
        if city.definitions[key].place_level:
            cases.append(scenario)
    months = last_period("month", city.today)
    instants = [
        at
        for at in city.times.instants
        if city.calendar.local(at).strftime("%Y-%m") == months
    ]
    # What begins in the first half of the month ends in it.
    instants = instants[: len(instants) // 2]
    wanted = max(3, CLOSED_LAST_MONTH * instances // INSTANCES)
    for number in range(wanted if cases and instants else 0):
        scenario = cases[number % len(cases)]
        begins_at = instants[number * len(instants) // wanted]
        gaps = [1 + (number + index) % 2 for index in range(3)]
        played = replace(scenario, steps=_acts(scenario))
        yield PlannedRun(played, begins_at, gaps)


def _finished(
    city: City,
    scenarios: Sequence[Scenario],
    instances: int,
) -> Iterator[PlannedRun]:
    """Scenarios played to their end, again and again, from the oldest day on."""
    complete = _complete(scenarios)
    by_process: dict[str, list[Scenario]] = {}
    for value in complete:
        by_process.setdefault(value.process, []).append(value)
    turns = max((len(value) for value in by_process.values()), default=0)
    order = [
        value[turn]
        for turn in range(turns)
        for value in by_process.values()
        if turn < len(value)
    ]
    instants = city.times.instants
    for number in range(2 * instances if order and instants else 0):
        begins_at = instants[(number * 37) % max(1, len(instants) * 4 // 5)]
        scenario = replace(
            order[number % len(order)],
            steps=_acts(order[number % len(order)]),
        )
        yield PlannedRun(
            scenario,
            begins_at,
            [2 + (number + index) % 4 for index in range(4)],
        )
