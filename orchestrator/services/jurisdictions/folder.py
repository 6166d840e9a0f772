"""A jurisdiction folder as values: profile, divisions, grids, areas, people; whatever is wrong is told with
file and line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.domain import shapes
from orchestrator.domain.calendar import WorkCalendar
from orchestrator.domain.jurisdiction import (
    Jurisdiction,
    JurisdictionInvalid,
    parse_jurisdiction,
)
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.jurisdictions.folder_rows import (
    AreaRow,
    GridRow,
    PersonRow,
    TerritoryRow,
)
from orchestrator.settings import ROOT
from orchestrator.store.people import EMPLOYMENTS, FULL_TIME, PART_TIME

PROFILE = "jurisdiction.toml"

TEMPLATE = "template"
"""Name of the folder that new jurisdictions are copied from: no city."""

SHARED = ROOT / "bpmn" / "shared"
"""Diagrams that are the same everywhere. A city's own file of the same name is taken instead."""

FORMS = ROOT / "forms" / "definitions"
"""Forms that cities share. A city's own file of the same name is taken instead."""

TABLES = (
    "territories.csv",
    "grids.csv",
    "grid_areas.csv",
    "grid_areas.geojson",
    "people.csv",
)
"""What a jurisdiction's places and demonstration people are; scenarios and trials are played by them."""

MOST_REASONS = 50
"""A wrong file is told by its first reasons; more would not be read."""


@dataclass(frozen=True)
class Folder:
    profile: Jurisdiction
    places: tuple[TerritoryRow, ...]
    grids: tuple[GridRow, ...]
    areas: tuple[AreaRow, ...]
    people: tuple[PersonRow, ...]
    resources: Mapping[str, bytes]
    calendars: Callable[[str | None], WorkCalendar] | None = None
    """Role, or None → the jurisdiction's own calendar with its office hours; None where there are files
    alone, which know the days announced for the whole country."""


def read(folder: Path) -> Folder:
    """The folder's content. Raises RuleViolated with every reason, each with file and line."""
    if not (folder / PROFILE).is_file():
        raise RuleViolated(
            [
                say(
                    "{folder} 中没有 jurisdiction.toml，请确认目录是否正确",
                    folder=folder,
                )
            ]
        )
    return parse(resources(folder), folder.resolve().name)


def parse(resources: Mapping[str, bytes], name: str) -> Folder:
    """A jurisdiction's deployed files as values; `name` stands before each file in a reason.

    Raises RuleViolated with every reason, each with file and line.
    """
    try:
        profile = parse_jurisdiction(
            _text(resources[PROFILE], f"{name}/{PROFILE}"), f"{name}/{PROFILE}"
        )
    except JurisdictionInvalid as invalid:
        raise RuleViolated(invalid.reasons) from invalid
    if "territories.csv" not in resources:
        raise RuleViolated(
            [
                say(
                    "{name} 中没有区划表 territories.csv，请补上后用 ./gridflow load 重新载入",
                    name=name,
                )
            ]
        )
    reader = _Reader(resources, name, profile)
    places = reader.territories()
    grids = reader.grids()
    areas = reader.areas()
    people = reader.people()
    for code in (profile.city_code, *profile.seed_lists):
        if code not in reader.places:
            reader.reasons.append(
                say(
                    "{name}/{profile}：区划代码「{code}」不在 territories.csv 中",
                    name=name,
                    profile=PROFILE,
                    code=code,
                )
            )
    if reader.reasons:
        raise RuleViolated(reader.reasons[:MOST_REASONS])
    return Folder(
        profile,
        tuple(places),
        tuple(grids),
        tuple(areas),
        tuple(people),
        resources,
    )


def resources(folder: Path) -> dict[str, bytes]:
    """Name → content of all that a jurisdiction deploys: its diagrams, decisions, forms, tables, scenarios
    and profile.

    Shared diagrams and forms come from the product, unless the folder has one of the same name.
    """
    own = sorted(
        path
        for path in folder.iterdir()
        if path.suffix in (".bpmn", ".dmn", ".form")
        or path.name in (PROFILE, *TABLES)
    )
    names = {path.name for path in own}
    found = {
        path.name: path.read_bytes()
        for path in sorted(FORMS.glob("*.form"))
        if path.name not in names
    }
    found |= {
        f"shared/{path.name}": path.read_bytes()
        for path in sorted(SHARED.glob("*.bpmn"))
        if path.name not in names
    }
    found |= {path.name: path.read_bytes() for path in own}
    return found | {
        f"scenarios/{path.name}": path.read_bytes()
        for path in sorted((folder / "scenarios").glob("*.yaml"))
    }


def _text(content: bytes, where: str) -> str:
    """The file's text. Raises RuleViolated for a file that is not UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RuleViolated(
            [
                say(
                    "{where}：不是 UTF-8 文本，请用 UTF-8 编码另存后再载入",
                    where=where,
                )
            ]
        ) from None


class _Reader:
    def __init__(
        self, resources: Mapping[str, bytes], name: str, profile: Jurisdiction
    ) -> None:
        self.resources = resources
        self.name = name
        self.profile = profile
        self.reasons: list[str] = []
        self.places: dict[str, TerritoryRow] = {}
        """Divisions and grids by code, as far as they were read."""

    def territories(self) -> Iterator[TerritoryRow]:
        found = []
        levels = self.profile.levels
        for where, row in self._rows(
            "territories.csv", ("code", "name", "level", "parent"), "code"
        ):
            parent = self.places.get(row["parent"])
            if row["level"] not in levels.divisions:
                self._refuse(
                    where,
                    say(
                        "层级「{level}」不存在，应为 {listed} 之一",
                        level=row["level"],
                        listed="、".join(levels.divisions),
                    ),
                )
            elif row["parent"] and parent is None:
                self._refuse(
                    where,
                    say(
                        "上级代码「{parent}」没有出现在本行之前",
                        parent=row["parent"],
                    ),
                )
            elif parent is not None and levels.keys.index(
                parent.level
            ) >= levels.keys.index(row["level"]):
                self._refuse(
                    where,
                    say(
                        "「{name}」的上级「{place}」层级不高于它",
                        name=row["name"],
                        place=parent.name,
                    ),
                )
            else:
                found.append(
                    self._place(row["code"], row["name"], row["level"], parent)
                )
        return iter(found)

    def grids(self) -> Iterator[GridRow]:
        found = []
        fields = ("code", "name", "kind", "setting", "community", "households")
        for where, row in self._rows("grids.csv", fields, "code"):
            community = self.places.get(row["community"])
            households = self._number(where, row, "households")
            if (
                community is None
                or community.level != self.profile.levels.community
            ):
                self._refuse(
                    where,
                    say(
                        "村（社区）代码「{community}」不在 territories.csv 中",
                        community=row["community"],
                    ),
                )
            elif row["kind"] not in self.profile.grid.kinds:
                self._refuse(
                    where,
                    say(
                        "网格类别「{kind}」应为 {listed} 之一",
                        kind=row["kind"],
                        listed="、".join(self.profile.grid.kinds),
                    ),
                )
            elif row["setting"] not in ("urban", "rural"):
                self._refuse(
                    where,
                    say(
                        "「{setting}」应为 urban（城市）或 rural（农村）",
                        setting=row["setting"],
                    ),
                )
            else:
                place = self._place(
                    row["code"],
                    row["name"],
                    self.profile.levels.grid,
                    community,
                )
                found.append(
                    GridRow(place, row["kind"], row["setting"], households)
                )
        return iter(found)

    def areas(self) -> Iterator[AreaRow]:
        found = []
        boundaries = self._boundaries()
        for where, row in self._rows(
            "grid_areas.csv",
            ("id", "community", "name", "households", "grid"),
            "id",
        ):
            grid = self.places.get(row["grid"])
            households = self._number(where, row, "households")
            if grid is None or grid.level != self.profile.levels.grid:
                self._refuse(
                    where,
                    say(
                        "网格代码「{grid}」不在 grids.csv 中", grid=row["grid"]
                    ),
                )
            elif grid.parent != row["community"]:
                self._refuse(
                    where,
                    say(
                        "网格「{name}」不在村（社区）「{community}」内",
                        name=grid.name,
                        community=row["community"],
                    ),
                )
            else:
                boundary = boundaries.pop(row["id"], None)
                found.append(
                    AreaRow(
                        row["id"],
                        row["community"],
                        row["name"],
                        households,
                        row["grid"],
                        boundary,
                    )
                )
        for area in boundaries:
            self._refuse(
                f"{self.name}/grid_areas.geojson",
                say("片区「{area}」不在 grid_areas.csv 中", area=area),
            )
        return iter(found)

    def _boundaries(self) -> dict[str, Mapping[str, Any]]:
        """Area → boundary, from the file that may be absent; what is wrong is told with the feature's
        number."""
        if "grid_areas.geojson" not in self.resources:
            return {}
        name = f"{self.name}/grid_areas.geojson"
        found = dict[str, Mapping[str, Any]]()
        try:
            features = json.loads(
                self.resources["grid_areas.geojson"].decode("utf-8-sig")
            )["features"]
        except (ValueError, KeyError, TypeError):
            self._refuse(
                name, say("应是 GeoJSON 的 FeatureCollection，用 UTF-8 保存")
            )
            return {}
        for number, feature in enumerate(features, 1):
            area = str((feature.get("properties") or {}).get("id") or "")
            wrong = shapes.objection(feature.get("geometry"))
            if not area or area in found:
                self._refuse(
                    say("{name} 第 {number} 个要素", name=name, number=number),
                    say("「{area}」重复", area=area)
                    if area
                    else say("properties 缺少 id"),
                )
            elif wrong:
                self._refuse(
                    say("{name} 第 {number} 个要素", name=name, number=number),
                    say("片区「{area}」的边界{wrong}", area=area, wrong=wrong),
                )
            else:
                found[area] = feature["geometry"]
        for first, second in shapes.overlaps(found):
            self._refuse(
                name,
                say(
                    "片区「{first}」与「{second}」的边界重叠，请核对勾画",
                    first=first,
                    second=second,
                ),
            )
        return found

    def people(self) -> Iterator[PersonRow]:
        found = []
        names = dict[str, str]()
        for where, row in self._rows(
            "people.csv",
            ("username", "display_name", "role", "place", "title", "phone"),
            optional=("employment",),
        ):
            place = self.places.get(row["place"])
            role = self.profile.roles.get(row["role"])
            if (
                names.setdefault(row["username"], row["display_name"])
                != row["display_name"]
            ):
                self._refuse(
                    where,
                    say(
                        "用户名「{username}」前面已用于「{names}」",
                        username=row["username"],
                        names=names[row["username"]],
                    ),
                )
            elif role is None:
                self._refuse(
                    where,
                    say(
                        "角色「{role}」不在 jurisdiction.toml 的 [roles] 中",
                        role=row["role"],
                    ),
                )
            elif place is None:
                self._refuse(
                    where,
                    say(
                        "地点代码「{place}」不在 territories.csv 或 grids.csv 中",
                        place=row["place"],
                    ),
                )
            elif place.level not in role.levels:
                self._refuse(
                    where,
                    say(
                        "角色「{name}」不设在「{place}」这一层级",
                        name=role.name,
                        place=place.name,
                    ),
                )
            elif row["employment"] not in ("", *EMPLOYMENTS):
                self._refuse(
                    where,
                    say(
                        "用工方式「{employment}」应为 {full_time}（专职）或 {part_time}（兼职）",
                        employment=row["employment"],
                        full_time=FULL_TIME,
                        part_time=PART_TIME,
                    ),
                )
            else:
                found.append(
                    PersonRow(
                        **{**row, "employment": row["employment"] or FULL_TIME}
                    )
                )
        return iter(found)

    def _place(
        self, code: str, name: str, level: str, parent: TerritoryRow | None
    ) -> TerritoryRow:
        path = f"{parent.path if parent else ''}{code}/"
        made = self.places[code] = TerritoryRow(
            code, name, level, parent.code if parent else None, path
        )
        return made

    def _rows(
        self,
        file: str,
        fields: tuple[str, ...],
        key: str = "",
        optional: tuple[str, ...] = (),
    ) -> Iterator[tuple[str, dict[str, str]]]:
        """(file and line, row) of a table that may be absent; lines that begin with # are remarks."""
        if file not in self.resources:
            return
        lines = _text(self.resources[file], f"{self.name}/{file}").splitlines()
        numbered = [
            (number, line)
            for number, line in enumerate(lines, 1)
            if line.strip() and not line.startswith("#")
        ]
        rows = csv.DictReader(line for _number, line in numbered)
        missing = [
            field for field in fields if field not in (rows.fieldnames or ())
        ]
        if missing:
            self.reasons.append(
                say(
                    "{name}/{file} 第 1 行：缺少列 {listed}",
                    name=self.name,
                    file=file,
                    listed="、".join(missing),
                )
            )
            return
        seen: set[str] = set()
        for (number, _line), row in zip(numbered[1:], rows, strict=False):
            where = say(
                "{name}/{file} 第 {number} 行",
                name=self.name,
                file=file,
                number=number,
            )
            clean = {
                field: (row.get(field) or "").strip()
                for field in (*fields, *optional)
            }
            if key and (not clean[key] or clean[key] in seen):
                self._refuse(
                    where,
                    say("「{clean}」重复", clean=clean[key])
                    if clean[key]
                    else say("缺少 {key}", key=key),
                )
                continue
            seen.add(clean.get(key, ""))
            yield where, clean

    def _number(self, where: str, row: Mapping[str, str], field: str) -> int:
        if row[field].isdigit():
            return int(row[field])
        self._refuse(
            where,
            say(
                "{field} 应为非负整数，现为「{row}」",
                field=field,
                row=row[field],
            ),
        )
        return 0

    def _refuse(self, where: str, message: str) -> None:
        self.reasons.append(f"{where}：{message}")
