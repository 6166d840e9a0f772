"""A jurisdiction's levels, as its profile names them from the widest to the narrowest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_KEY = 12
"""Characters of a level's key, as the database stores it."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The last level is that of grids, the one before it that of the communities in which grids lie."""

    names: Mapping[str, str]
    """Key → what the level is called, the widest first."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.names)

    @property
    def grid(self) -> str:
        """The level of grids; empty where the profile has no level."""
        if self.names:
            return self.keys[-1]
        return ""

    @property
    def community(self) -> str:
        """The level of the places in which grids lie."""
        if len(self.names) > 1:
            return self.keys[-2]
        return ""

    @property
    def divisions(self) -> tuple[str, ...]:
        """The levels of the territories file: all but the grids'."""
        return self.keys[:-1]

    @property
    def offices(self) -> tuple[str, ...]:
        """The levels above the communities, whose bodies decide something; the widest one at least."""
        return self.keys[:-2] or self.keys[:1]

    def name(self, key: str) -> str:
        """What the level is called; the key itself for one that the profile has not."""
        return self.names.get(key, key)

    def of(self, path: str) -> str:
        """The level of the place with the path `321100/321102/…/`, counted from the widest down."""
        if self.names:
            return self.keys[
                min(len(path.strip("/").split("/")), len(self.names)) - 1
            ]
        return ""

    def codes(self, path: str) -> dict[str, str]:
        """Level → territory code for a path, counted from the widest down."""
        return dict(zip(self.keys, path.strip("/").split("/"), strict=False))

    def above(self, level: str) -> tuple[str, ...]:
        """The levels wider than that one, the nearest first; none for a level that the profile has not."""
        if level not in self.keys:
            return ()
        return self.keys[: self.keys.index(level)][::-1]

    def office_path(self, path: str) -> str:
        """The part of a path down to its narrowest office level: cases are merged within it."""
        codes = path.strip("/").split("/")[: len(self.offices)]
        return "/".join(codes) + "/"
