"""Statements that are built once for each shape: building a long one takes longer than the database needs to
answer it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

MOST_KEPT = 400
"""Shapes of statements that a process keeps; the one that was not asked for longest goes."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Stands for a value that is given when the statement runs, under this name."""

    name: str

    def __clause_element__(self) -> Any:
        return sa.bindparam(self.name)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Stands for a list of values, which is not empty."""

    name: str
    count: int = 0
    """How many values there are, for who goes through them; the statement is of this number only."""

    def __clause_element__(self) -> Any:
        return sa.bindparam(self.name, expanding=True)

    def __iter__(self) -> Iterator[Parameter]:
        return (Parameter(f"{self.name}_{n}") for n in range(self.count))

    def values(self, given: list[Any]) -> dict[str, Any]:
        """Those of the list as a whole, as an array, and one by one."""
        return {
            self.name: given,
            f"{self.name}_array": given,
            **{f"{self.name}_{n}": given[n] for n in range(self.count)},
        }


def literal(value: Any, type_: Any) -> Any:
    """The value, or what stands for it, of that type."""
    if isinstance(value, Parameter):
        return sa.bindparam(value.name, type_=type_)
    return sa.literal(value, type_)


def array(values: Any) -> Any:
    """The texts, or what stands for them, as one value of PostgreSQL."""
    texts = ARRAY(sa.Text())
    if isinstance(values, Parameters):
        return sa.bindparam(f"{values.name}_array", type_=texts)
    return sa.literal(list(values), texts)


def rows_of(
    session: Session,
    statement: Any,
    values: Mapping[str, Any] | None = None,
) -> Any:
    """The rows of a statement that asks for columns alone.

    They come past the session's mapper, which takes a quarter of the time of such a statement and has
    nothing to do for it. What the session has not written yet is not seen.
    """
    return session.connection().execute(statement, values)


@lru_cache(MOST_KEPT)
def kept(build: Callable[..., Any], *shape: Hashable) -> Any:
    """What `build` makes of the shape, which holds no values but what stands for them."""
    return build(*shape)
