"""A decision table as it is run: its columns, its rows, and what it requires."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.engine.editions import CURRENT, Edition

SINGLE = ("UNIQUE", "FIRST", "ANY", "PRIORITY")
"""Hit policies whose answer is one row."""
ORDERED = ("PRIORITY", "OUTPUT ORDER")
"""Hit policies that go by the order of the outputs' values."""
HIT_POLICIES = (*SINGLE, "COLLECT", "RULE ORDER", "OUTPUT ORDER")
AGGREGATIONS = ("SUM", "MIN", "MAX", "COUNT")


@dataclass(frozen=True, slots=True)
class Rule:
    number: int
    tests: tuple[str | None, ...]
    """One expression over VALUE for each input; None is true for all."""
    results: tuple[str | None, ...]
    """One expression for each output."""


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    """Variable that it sets."""
    otherwise: str | None = None
    """Expression of its value where no rule matches."""
    order: tuple[str, ...] = ()
    """Expressions of its values, the most important first."""
    type_ref: str | None = None
    """The type that its value takes."""
    allowed: str | None = None
    """The test that its value must pass."""
    described: str | None = None
    """The type of which any other value is null (`feel_types`)."""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    id: str
    hit_policy: str
    aggregation: str | None
    inputs: tuple[str, ...]
    """Expressions over the variables."""
    outputs: tuple[str, ...]
    """Names of the variables it sets."""
    rules: tuple[Rule, ...]
    columns: tuple[Output, ...] = field(default=())
    """The outputs in full."""
    input_types: tuple[str | None, ...] = ()
    """The type that each input's value takes."""
    inputs_allowed: tuple[str | None, ...] = ()
    """The test that each input's value must pass."""
    data_allowed: tuple[tuple[str, str], ...] = ()
    """(variable, test that its value must pass) of the input data that it draws."""
    spaced: tuple[tuple[str, str], ...] = ()
    """(name with a space, variable that is read for it)."""
    name: str = ""
    variable: str = ""
    """Name under which a decision that requires this one reads its result."""
    required: tuple[str, ...] = ()
    """Ids of the decisions that are made before it and whose results it reads."""
    by_standard: bool = False
    """Whether values of other types than their columns' stop it, and none is converted."""
    data_types: tuple[tuple[str, str], ...] = ()
    """(variable, its type as `feel_types` describes it) of the input data that it draws."""
    input_data: frozenset[str] = frozenset()
    """Names of the input data that it draws: variables."""
    by_id: bool = False
    """Whether who requires it knows its result by its id, as in Camunda 8, even where a variable is called
    so."""
    edition: Edition = CURRENT
    """The rules by which it is read."""
    before: tuple[DecisionTable, ...] = ()
    """All decisions that are made before it, each after those that it requires itself."""

    def values(self) -> dict[str, list[str]]:
        """Variable that it sets → what its rules give, each once, as it is written."""
        values: dict[str, list[str]] = {name: [] for name in self.outputs}
        for rule in self.rules:
            for name, value in zip(self.outputs, rule.results, strict=True):
                if value and value.strip() not in values[name]:
                    values[name].append(value.strip())
        return values

    @property
    def gives_one_row(self) -> bool:
        return self.hit_policy in SINGLE or self.aggregation is not None
