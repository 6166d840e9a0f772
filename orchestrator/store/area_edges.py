"""Areas whose boundaries may meet a rectangle, by their edges."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.domain.shapes import Rectangle
from orchestrator.store.registers import GridArea


def within(rectangle: Rectangle) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions on GridArea: drawn, and not wholly outside the rectangle."""
    return (
        GridArea.south <= rectangle.north,
        GridArea.north >= rectangle.south,
        GridArea.west <= rectangle.east,
        GridArea.east >= rectangle.west,
    )
