"""What an expression sees while it runs, and the work that it may do."""

from __future__ import annotations

from typing import Any

from orchestrator.engine import feel_clock, operations
from orchestrator.engine.decimals import Refused
from orchestrator.engine.editions import CURRENT, Edition
from orchestrator.engine.sizes import Spend
from orchestrator.engine.values import Value, Variables
from orchestrator.sentences import say


class MissingVariable(Exception):
    """The variable of this name has no value."""


class Work:
    """A budget in units of work."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, units: int) -> None:
        """Takes the units. Raises Refused when too few are left."""
        self.left -= units
        if self.left < 0:
            self.left = 0
            raise Refused(say("计算量过大，请简化"))


class VisibleNames:
    """What an expression sees while it runs."""

    __slots__ = (
        "assigned",
        "clock",
        "edition",
        "inside",
        "lenient",
        "spend",
        "variables",
    )

    def __init__(
        self,
        variables: Variables,
        spend: Spend,
        lenient: bool,
        edition: Edition = CURRENT,
        clock: feel_clock.Clock | None = None,
    ) -> None:
        self.edition = edition
        self.clock = clock
        """The command's instant and the office's zone; None where none was handed in."""
        self.variables = variables
        self.spend = spend
        self.lenient = lenient
        self.assigned: dict[str, Value] = {}
        self.inside: dict[str, Value] = {}
        """What the loops around the place that is evaluated have named."""

    def look_up(self, name: str) -> Value:
        """The variable's value; None for a missing one where that is allowed. Raises Missing."""
        if name in self.inside:
            return self.inside[name]
        if name in self.assigned:
            return self.assigned[name]
        if name in self.variables:
            return self.variables[name]
        if self.lenient:
            return None
        raise MissingVariable(name)

    def is_defined(self, name: Any) -> bool:
        return (
            operations.key_of(name) in self.variables
            or name in self.assigned
            or name in self.inside
        )

    def by_the_clock(self, name: Any) -> Any:
        """`today` or `now`. Raises Refused without a clock."""
        return feel_clock.given(name, self.clock)

    def value_or(self, name: Any, otherwise: Value = None) -> Value:
        """The variable's value, or the other value where it has none."""
        if self.is_defined(name):
            return self.look_up(name)
        return otherwise
