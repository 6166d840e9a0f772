"""The rows of a folder's tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.store.people import FULL_TIME


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    code: str
    name: str
    level: str
    parent: str | None
    path: str
    """Codes from the city down to this one, each followed by a slash."""


@dataclass(frozen=True, slots=True)
class GridRow:
    place: TerritoryRow
    kind: str
    setting: str
    households: int


@dataclass(frozen=True, slots=True)
class AreaRow:
    id: str
    community: str
    name: str
    households: int
    grid: str
    boundary: Mapping[str, Any] | None = None
    """GeoJSON, from grid_areas.geojson; None where there is only the list."""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in one body; somebody who serves two has two rows."""

    username: str
    display_name: str
    phone: str
    role: str
    place: str
    title: str
    employment: str = FULL_TIME
    """One of EMPLOYMENTS; a table without the column says nothing of it."""
