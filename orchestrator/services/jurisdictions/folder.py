"""A jurisdiction folder as values: profile, divisions, grids, areas, people; whatever is wrong is told with
file and line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.domain.calendar import CountedFor, WorkCalendar
from orchestrator.domain.jurisdiction import (
    Jurisdiction,
    JurisdictionInvalid,
    parse_jurisdiction,
)
from orchestrator.engine import CURRENT, Edition
from orchestrator.errors import RuleViolated
from orchestrator.sentences import say
from orchestrator.services.jurisdictions.folder_rows import (
    AreaRow,
    GridRow,
    PersonRow,
    TerritoryRow,
)
from orchestrator.services.jurisdictions.folder_tables import FolderTables
from orchestrator.services.jurisdictions.table_reader import text_of
from orchestrator.settings import ROOT

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
    calendars: Callable[[CountedFor], WorkCalendar] | None = None
    """For whom it is counted → the jurisdiction's own calendar with those office hours and days off; None
    where there are files alone, which know the days announced for the whole country."""
    editions: Mapping[str, Edition] = field(default_factory=dict)
    """Process key → the older edition of the rules that it goes on with; the newest counts for all others."""

    def edition(self, process: str) -> Edition:
        """The edition of the rules by which the process is played."""
        return self.editions.get(process, CURRENT)


def read(folder: Path) -> Folder:
    """The folder's content. Raises RuleViolated with every reason, each with file and line."""
    if not (folder / PROFILE).is_file():
        raise RuleViolated(
            [
                say(
                    "{folder} 中没有 jurisdiction.toml，请确认目录是否正确",
                    folder=folder,
                ),
            ],
        )
    return parse(resources(folder), folder.resolve().name)


def parse(resources: Mapping[str, bytes], name: str) -> Folder:
    """A jurisdiction's deployed files as values; `name` stands before each file in a reason.

    Raises RuleViolated with every reason, each with file and line.
    """
    try:
        profile = parse_jurisdiction(
            text_of(resources[PROFILE], f"{name}/{PROFILE}"),
            f"{name}/{PROFILE}",
        )
    except JurisdictionInvalid as invalid:
        raise RuleViolated(invalid.reasons) from invalid
    if "territories.csv" not in resources:
        raise RuleViolated(
            [
                say(
                    "{name} 中没有区划表 territories.csv，请补上后用 ./gridflow load 重新载入",
                    name=name,
                ),
            ],
        )
    reader = FolderTables(resources, name, profile)
    places = reader.territories()
    grids = reader.grids()
    areas = reader.areas()
    people = reader.people()
    named = {
        "city_code": [profile.city_code],
        "items.seed_lists": profile.seed_lists,
    }
    reader.reasons += [
        say(
            "{name}/{profile}：“{entry}”的区划代码“{code}”不在 territories.csv 中",
            name=name,
            profile=PROFILE,
            entry=entry,
            code=code,
        )
        for entry, codes in named.items()
        for code in codes
        if code not in reader.places
    ]
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
    """Name → content of all that a jurisdiction deploys: its diagrams, decisions with their tests, forms,
    tables, scenarios and profile.

    Shared diagrams and forms come from the product, unless the folder has one of the same name.
    """
    own = sorted(
        path
        for path in folder.iterdir()
        if path.suffix in (".bpmn", ".dmn", ".form")
        or path.name in (PROFILE, *TABLES)
    )
    names = {path.name for path in own}
    result = {
        path.name: path.read_bytes()
        for path in sorted(FORMS.glob("*.form"))
        if path.name not in names
    }
    result |= {
        f"shared/{path.name}": path.read_bytes()
        for path in sorted(SHARED.glob("*.bpmn"))
        if path.name not in names
    }
    result |= {path.name: path.read_bytes() for path in own}
    beside = [
        *sorted((folder / "scenarios").glob("*.yaml")),
        *sorted((folder / "tables").glob("*.json")),
    ]
    return result | {
        f"{path.parent.name}/{path.name}": path.read_bytes() for path in beside
    }
