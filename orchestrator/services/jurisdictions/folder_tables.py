"""The tables of a jurisdiction's folder as rows: divisions, grids, people; what is wrong is told with file
and line."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.sentences import say
from orchestrator.services.jurisdictions.area_tables import AreaTables
from orchestrator.services.jurisdictions.folder_rows import (
    GridRow,
    PersonRow,
    TerritoryRow,
)
from orchestrator.store.people import EMPLOYMENTS, FULL_TIME, PART_TIME


class FolderTables(AreaTables):
    def territories(self) -> Iterator[TerritoryRow]:
        """The divisions; a wider one stands before those inside it."""
        territory_rows = []
        levels = self.profile.levels
        for where, row in self.rows(
            "territories.csv",
            ("code", "name", "level", "parent"),
            "code",
        ):
            parent = self.places.get(row["parent"])
            if row["level"] not in levels.divisions:
                self.refuse(
                    where,
                    say(
                        "层级“{level}”不存在，应为 {listed} 之一",
                        level=row["level"],
                        listed="、".join(levels.divisions),
                    ),
                )
            elif row["parent"] and parent is None:
                self.refuse(
                    where,
                    say(
                        "上级代码“{parent}”没有出现在本行之前",
                        parent=row["parent"],
                    ),
                )
            elif parent is not None and levels.keys.index(
                parent.level,
            ) >= levels.keys.index(row["level"]):
                self.refuse(
                    where,
                    say(
                        "“{name}”的上级“{place}”层级不高于它",
                        name=row["name"],
                        place=parent.name,
                    ),
                )
            else:
                territory_rows.append(
                    self.place(row["code"], row["name"], row["level"], parent),
                )
        return iter(territory_rows)

    def grids(self) -> Iterator[GridRow]:
        """The grids, after the divisions in which they lie."""
        grid_rows = []
        fields = ("code", "name", "kind", "setting", "community", "households")
        for where, row in self.rows("grids.csv", fields, "code"):
            community = self.places.get(row["community"])
            households = self.number(where, row, "households")
            if (
                community is None
                or community.level != self.profile.levels.community
            ):
                self.refuse(
                    where,
                    say(
                        "{level}代码“{community}”不在 territories.csv 中",
                        level=self.profile.levels.name(
                            self.profile.levels.community
                        ),
                        community=row["community"],
                    ),
                )
            elif row["kind"] not in self.profile.grid.kinds:
                self.refuse(
                    where,
                    say(
                        "网格类别“{kind}”应为 {listed} 之一",
                        kind=row["kind"],
                        listed="、".join(self.profile.grid.kinds),
                    ),
                )
            elif row["setting"] not in ("urban", "rural"):
                self.refuse(
                    where,
                    say(
                        "“{setting}”应为 urban（城市）或 rural（农村）",
                        setting=row["setting"],
                    ),
                )
            else:
                place = self.place(
                    row["code"],
                    row["name"],
                    self.profile.levels.grid,
                    community,
                )
                grid_rows.append(
                    GridRow(place, row["kind"], row["setting"], households),
                )
        return iter(grid_rows)

    def people(self) -> Iterator[PersonRow]:
        """Who serves which body; a person of two bodies has two rows."""
        person_rows = []
        names = dict[str, str]()
        for where, row in self.rows(
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
                self.refuse(
                    where,
                    say(
                        "用户名“{username}”前面已用于“{names}”",
                        username=row["username"],
                        names=names[row["username"]],
                    ),
                )
            elif role is None:
                self.refuse(
                    where,
                    say(
                        "角色“{role}”不在 jurisdiction.toml 的 [roles] 中",
                        role=row["role"],
                    ),
                )
            elif place is None:
                self.refuse(
                    where,
                    say(
                        "地点代码“{place}”不在 territories.csv 或 grids.csv 中",
                        place=row["place"],
                    ),
                )
            elif place.level not in role.levels:
                self.refuse(
                    where,
                    say(
                        "角色“{name}”不设在“{place}”这一层级",
                        name=role.name,
                        place=place.name,
                    ),
                )
            elif row["employment"] not in ("", *EMPLOYMENTS):
                self.refuse(
                    where,
                    say(
                        "用工方式“{employment}”应为 {full_time}（专职）或 {part_time}（兼职）",
                        employment=row["employment"],
                        full_time=FULL_TIME,
                        part_time=PART_TIME,
                    ),
                )
            else:
                person_rows.append(
                    PersonRow(
                        **{
                            **row,
                            "employment": row["employment"] or FULL_TIME,
                        },
                    ),
                )
        return iter(person_rows)

    def place(
        self,
        code: str,
        name: str,
        level: str,
        parent: TerritoryRow | None,
    ) -> TerritoryRow:
        """Makes the place known to the rows that follow, and returns it."""
        path = f"{parent.path if parent else ''}{code}/"
        made = self.places[code] = TerritoryRow(
            code,
            name,
            level,
            parent.code if parent else None,
            path,
        )
        return made
