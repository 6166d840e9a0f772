"""The areas of grids, of two files: the table and the boundaries drawn on a map."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from orchestrator.domain import shapes
from orchestrator.sentences import say
from orchestrator.services.jurisdictions.folder_rows import (
    AreaRow,
)
from orchestrator.services.jurisdictions.table_reader import TableReader


class AreaTables(TableReader):
    def areas(self) -> Iterator[AreaRow]:
        """The areas of grids that are known already, with their boundaries."""
        area_rows = []
        boundaries = self._boundaries()
        for where, row in self.rows(
            "grid_areas.csv",
            ("id", "community", "name", "households", "grid"),
            "id",
        ):
            grid = self.places.get(row["grid"])
            households = self.number(where, row, "households")
            if grid is None or grid.level != self.profile.levels.grid:
                self.refuse(
                    where,
                    say(
                        "网格代码“{grid}”不在 grids.csv 中",
                        grid=row["grid"],
                    ),
                )
            elif grid.parent != row["community"]:
                self.refuse(
                    where,
                    say(
                        "网格“{name}”不在{level}“{community}”内",
                        name=grid.name,
                        level=self.profile.levels.name(
                            self.profile.levels.community
                        ),
                        community=row["community"],
                    ),
                )
            else:
                boundary = boundaries.pop(row["id"], None)
                area_rows.append(
                    AreaRow(
                        row["id"],
                        row["community"],
                        row["name"],
                        households,
                        row["grid"],
                        boundary,
                    ),
                )
        for area in boundaries:
            self.refuse(
                f"{self.name}/grid_areas.geojson",
                say("片区“{area}”不在 grid_areas.csv 中", area=area),
            )
        return iter(area_rows)

    def _boundaries(self) -> dict[str, Mapping[str, Any]]:
        """Area → boundary, from the file that may be absent; what is wrong is told with the feature's
        number."""
        if "grid_areas.geojson" not in self.resources:
            return {}
        name = f"{self.name}/grid_areas.geojson"
        drawn = _drawn(self.resources["grid_areas.geojson"])
        if drawn is None:
            self.refuse(
                name,
                say("应是 GeoJSON 的 FeatureCollection，用 UTF-8 保存"),
            )
            return {}
        boundaries = dict[str, Mapping[str, Any]]()
        for number, feature in enumerate(drawn.features, 1):
            area = feature.area
            if not area or area in boundaries:
                self.refuse(
                    say("{name} 第 {number} 个要素", name=name, number=number),
                    say("“{area}”重复", area=area)
                    if area
                    else say("properties 缺少 id"),
                )
            elif feature.wrong:
                self.refuse(
                    say("{name} 第 {number} 个要素", name=name, number=number),
                    say(
                        "片区“{area}”的边界{wrong}",
                        area=area,
                        wrong=feature.wrong,
                    ),
                )
            else:
                boundaries[area] = feature.geometry
        for first, second in drawn.overlaps:
            self.refuse(
                name,
                say(
                    "片区“{first}”与“{second}”的边界重叠，请核对勾画",
                    first=first,
                    second=second,
                ),
            )
        return boundaries


@dataclass(frozen=True, slots=True)
class _Feature:
    area: str
    geometry: Mapping[str, Any]
    wrong: str
    """What is wrong with the geometry; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    features: tuple[_Feature, ...]
    overlaps: tuple[tuple[str, str], ...]


# The file is read with each draft that is judged, and changes seldom.
@lru_cache(maxsize=4)
def _drawn(content: bytes) -> _Drawn | None:
    """The boundaries of the file; None where it is no FeatureCollection."""
    try:
        given = json.loads(content.decode("utf-8-sig"))["features"]
        features = tuple(
            _Feature(
                str((feature.get("properties") or {}).get("id") or ""),
                feature.get("geometry"),
                shapes.objection(feature.get("geometry")) or "",
            )
            for feature in given
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    sound: dict[str, Mapping[str, Any]] = {}
    for feature in features:
        if feature.area and not feature.wrong:
            sound.setdefault(feature.area, feature.geometry)
    return _Drawn(features, tuple(shapes.overlaps(sound)))
