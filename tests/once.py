"""Parameters of which the quick run takes some and the whole run all."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest


def once(values: Iterable[object], taken: Collection[object]) -> list[object]:
    """Parameters for `parametrize`: those that are not in `taken` are marked `again`. Raises ValueError where
    none is taken: the quick run would prove nothing."""
    values = list(values)
    if not {*values} & {*taken}:
        raise ValueError(f"{taken} names none of {values}")
    return [
        value
        if value in taken
        else pytest.param(value, marks=pytest.mark.again)
        for value in values
    ]
