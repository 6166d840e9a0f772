"""Values of a component's own `properties`, as a form's file writes them."""

from __future__ import annotations

from typing import Any


def is_true(written: Any) -> bool:
    """Whether a property says yes."""
    return str(written or "").lower() in ("true", "1", "yes")


def names(written: Any) -> tuple[str, ...]:
    """Names that stand in a property with commas between them."""
    parts = (part.strip() for part in str(written or "").split(","))
    return tuple(part for part in parts if part)
