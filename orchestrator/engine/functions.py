"""The functions that an expression may call, and how a table that collects adds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from orchestrator.engine import (
    comparing,
    decimals,
    feel_counting,
    feel_temporal,
    feel_times,
    feel_values,
    kinds,
    operations,
    sizes,
)
from orchestrator.engine.sizes import Spend

BLANKS = "".join(map(chr, range(ord(" ") + 1)))
"""What `trim` takes off, as Java's does: not the wide space of Chinese."""


def _absolute(value: Any) -> Any:
    if feel_temporal.is_one(value):
        return feel_counting.absolute(value)
    return abs(decimals.number(value, "abs "))


FUNCTIONS: dict[str, Callable[[Spend, list[Any]], Any]] = {
    "len": lambda spend, given: operations.length(*given),
    "min": lambda spend, given: operations.extreme("min", -1, given, spend),
    "max": lambda spend, given: operations.extreme("max", 1, given, spend),
    "sum": lambda spend, given: operations.total(given[0], spend, *given[1:]),
    "abs": lambda spend, given: _absolute(*given),
    "round": lambda spend, given: decimals.rounded(*given),
    "int": lambda spend, given: decimals.integer(*given),
    "float": lambda spend, given: decimals.fraction(*given),
    "str": lambda spend, given: sizes.written(given[0], spend, *given[1:]),
    "bool": lambda spend, given: bool(*given),
    "truth": lambda _spend, given: comparing.only_truth(*given),
    "any": lambda spend, given: any(
        operations.entries(given[0], "any", spend, *given[1:]),
    ),
    "all": lambda spend, given: all(
        operations.entries(given[0], "all", spend, *given[1:]),
    ),
    "sorted": lambda spend, given: operations.in_order(
        given[0],
        spend,
        *given[1:],
    ),
    "put": lambda spend, given: operations.put(given[0], given[1:], spend),
    "upper": lambda spend, given: operations.only_text(given, spend).upper(),
    "lower": lambda spend, given: operations.only_text(given, spend).lower(),
    "trim": lambda spend, given: operations.only_text(given, spend).strip(
        BLANKS,
    ),
    "fits": lambda spend, given: comparing.fits(given[0], given[1], spend),
    "differs": lambda spend, given: comparing.differs(
        given[0],
        given[1:],
        spend,
    ),
    "misses": lambda spend, given: comparing.misses(
        given[0],
        given[1],
        spend,
    ),
    "given": lambda _spend, given: operations.given(*given),
    "only": lambda _spend, given: kinds.only(given[0], given[1:]),
    "same": lambda spend, given: kinds.same(given[0], given[1], spend),
    "alike": lambda spend, given: kinds.alike(given[0], given[1], spend),
    "plus": lambda spend, given: kinds.plus(given, spend),
    "shared": lambda _spend, given: kinds.shared(given[0], given[1]),
    "entry": lambda spend, given: kinds.entry(given[0], given[1], spend),
    "moment": lambda _spend, given: feel_times.moment(*given),
    "feel": lambda spend, given: feel_values.call(given, spend),
}
"""What an expression may call; besides `defined('x')` and `variable('x', otherwise)`. A variable of the same
name is still read by its name."""
OF_CELLS = (
    *("fits", "differs", "misses", "moment", "feel"),
    *("given", "only", "entry", "same", "alike", "plus", "shared"),
    "clock",
)
"""Functions that only the cells of tables and what an import translates are read with: nobody needs to be
told of them."""
OF_NUMBERS = ("sum", "min", "max", "sorted", "abs", "round")
"""Functions in which a truth value has no place."""
AGGREGATIONS: dict[str, Callable[[list[Any], Spend], Any]] = {
    "SUM": operations.total,
    "MIN": lambda values, spend: operations.extreme(
        "MIN",
        -1,
        [values],
        spend,
    ),
    "MAX": lambda values, spend: operations.extreme("MAX", 1, [values], spend),
    "COUNT": lambda values, spend: len(values),
}
