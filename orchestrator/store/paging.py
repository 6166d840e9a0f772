"""One page of a list: a query reads one row more than is shown, which tells whether more follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def page_of(
    rows: Sequence[Row], size: int, key: Callable[[Row], str]
) -> tuple[list[Row], str | None]:
    """The first `size` of `size + 1` rows that were asked for; and the key of the last one shown, after which
    the next page begins, None where nothing follows."""
    shown = list(rows[:size])
    if len(rows) <= size:
        return shown, None
    return shown, key(shown[-1])
