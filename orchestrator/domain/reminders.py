"""What happens while a task waits: after its time is over, and while nobody takes an urgent one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.cases import PRIORITIES
from orchestrator.domain.deadlines import add

ELAPSING = ("minutes", "hours")
"""Units that elapse day and night."""
USUAL = "default"
"""Name of the row of `[overdue]` for deadlines that have none of their own."""


@dataclass(frozen=True, slots=True)
class OverdueRule:
    """What is done at one moment after the time of a task is over."""

    after: int = 0
    """How long after the due time, in `unit`; 0: at once."""
    unit: str = "working_days"
    after_day_in: str = ""
    """Variable that holds a promised day: the moment is the end of that day; empty: counted from the due
    time."""
    repeat: int = 0
    """Every how many `unit` after the moment it is done again, until the task is done; 0: once."""
    notice: bool = False
    """Whether those who have the task are notified."""
    mark: bool = False
    """Whether the inbox marks the task as urged and the history says that it is late."""
    copy_to: tuple[str, ...] = ()
    """Bodies that get a copy, `role@level`; `${variable}` stands for a value of the instance."""
    escalate_to: tuple[str, ...] = ()
    """Bodies to which the delay is reported upwards."""
    bulletin: bool = False
    """Whether the instance goes into the next bulletin."""
    citation: str = USUAL
    """Article number, or `default`."""

    @property
    def first(self) -> bool:
        """Whether it is done at the due time itself."""
        return self.after == 0 and not self.after_day_in


@dataclass(frozen=True, slots=True)
class PriorityRule:
    """What a priority above the normal one brings with it."""

    tell: tuple[str, ...] = ()
    """Bodies that are told at once."""
    on_call: tuple[str, ...] = ()
    """Bodies that are told too outside office hours, each time."""
    repeat_minutes: int | None = None
    """Every how many minutes those are told again who may take the task, until somebody does; None: once."""
    citation: str = USUAL
    name: str = ""
    """What the jurisdiction calls it; empty: as PRIORITIES does."""


def priority_name(rules: Mapping[str, PriorityRule], key: str) -> str:
    """What the priority is called there, as the reader's language has it where the jurisdiction says
    nothing."""
    rule = rules.get(key)
    if rule is not None and rule.name:
        return rule.name
    return PRIORITIES.get(key, key)


def stages_of(
    rules: Mapping[str, Sequence[OverdueRule]], deadline: str
) -> Sequence[OverdueRule]:
    """What holds for a deadline of that name: its own row, else the usual one; empty where the profile says
    nothing."""
    return rules.get(deadline, rules.get(USUAL, ()))


def moment_of(
    stage: OverdueRule,
    due: datetime,
    variables: Mapping[str, Any],
    calendar: WorkCalendar,
) -> datetime | None:
    """When the stage is due, UTC. None while the day that it waits for has not been promised."""
    if not stage.after_day_in:
        if stage.after == 0:
            return due
        return add(calendar, due, stage.after, stage.unit)
    try:
        promised = date.fromisoformat(
            str(variables.get(stage.after_day_in) or "")[:10]
        )
    except ValueError:
        return None
    return max(due, calendar.at(promised + timedelta(days=1), time()))


def turn_of(
    rule: OverdueRule,
    first: datetime,
    now: datetime,
    calendar: WorkCalendar,
) -> tuple[datetime, datetime | None]:
    """The latest moment of the rule up to `now`, where it was first due at `first`, and the next one; None
    where it is not repeated. UTC."""
    if not rule.repeat:
        return first, None
    latest = first
    if rule.unit in ELAPSING:
        step = timedelta(**{rule.unit: rule.repeat})
        latest += (now - first) // step * step
        return latest.astimezone(UTC), (latest + step).astimezone(UTC)
    while True:
        following = add(calendar, latest, rule.repeat, rule.unit)
        if following > now:
            return latest, following
        latest = following
