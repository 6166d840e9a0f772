"""The folder of a city that a command names."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]


def named(city: str) -> Path:
    """The folder that a key of the product's cities or a path names. A path has a slash in it."""
    if "/" in city:
        return Path(city)
    return ROOT / "bpmn" / city
