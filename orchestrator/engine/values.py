"""The values that variables hold, as types."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TypeAlias

Value: TypeAlias = (
    "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
)
"""What JSON can say: a variable's value, an item of a multi-instance, the result of an expression."""
Variables: TypeAlias = Mapping[str, Value]
"""Variable → its value, to read."""
OwnVariables: TypeAlias = dict[str, Value]
"""A set of variables of one's own, to change."""
SharedVariables: TypeAlias = MutableMapping[str, Value]
"""Variables as a token sees them: what is set goes to the set that it belongs to."""
