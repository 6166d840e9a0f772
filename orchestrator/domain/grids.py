"""Grid adjustments: the plan as the form gives it, and the checks before submission and before taking
effect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.domain.drawings import (
    NOTHING,
    DrawnAreas,
    objections,
    read_drawing,
)
from orchestrator.domain.jurisdiction import GridRules, in_words
from orchestrator.domain.jurisdiction.values import DEDICATED, SETTINGS
from orchestrator.domain.shapes import Boundary, in_one_piece
from orchestrator.sentences import joined, say

KINDS = {
    "split": say("拆分"),
    "merge": say("合并"),
    "boundary": say("调整范围"),
    "rename": say("更名"),
    "create": say("新设"),
    "dissolve": say("撤销"),
    "recode": say("换码"),
}


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    name: str
    kind: str
    areas: tuple[str, ...]
    members: tuple[str, ...]
    """Usernames."""
    size_reason: str = ""
    """Why the grid may be larger or smaller than the norm."""
    people: int | None = None
    """Residents, where the plan counts them."""
    managing_body: str = ""
    """Body id of the department that manages it together with the place."""


@dataclass(frozen=True, slots=True)
class GridPlan:
    kind: str
    """One of KINDS."""
    sources: tuple[str, ...]
    """Codes of the grids that change."""
    after: tuple[PlannedGrid, ...]
    drawing: DrawnAreas = NOTHING
    """Areas that get another boundary when the plan takes effect."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The grids as they stand, as far as the plan touches them."""

    area_grid: Mapping[str, str]
    """Area → code of its grid."""
    area_names: Mapping[str, str]
    area_community: Mapping[str, str]
    grid_names: Mapping[str, str]
    """Active grids of the township: code → name."""
    full_time: Collection[str]
    """Usernames of full-time members."""
    settings: Mapping[str, str]
    """Community → `urban` or `rural`."""
    area_households: Mapping[str, int] = field(default_factory=dict)
    """Empty where nobody counted: the size norm is not checked then."""
    grid_kinds: Mapping[str, str] = field(default_factory=dict)
    """Active grids: code → a kind of the profile."""
    area_boundaries: Mapping[str, Boundary] = field(default_factory=dict)
    """Areas that have been drawn; the others are only named."""
    community_level: str = say("村（社区）")
    """What the city calls the level in which grids lie."""


def plan_from_form(values: Mapping[str, Any], rules: GridRules) -> GridPlan:
    """The plan that the adjustment form's values describe; a grid without a kind is of the first one."""
    common = str(values.get("size_reason") or "")
    after = tuple(
        PlannedGrid(
            str(row.get("name") or "").strip(),
            row.get("kind") or next(iter(rules.kinds), ""),
            tuple(row.get("areas") or ()),
            tuple(row.get("members") or ()),
            str(row.get("size_reason") or common),
            row.get("people"),
            str(row.get("managing_body") or ""),
        )
        for row in values.get("after") or ()
        if row.get("name") or row.get("areas")
    )
    return GridPlan(
        values.get("kind") or "",
        tuple(dict.fromkeys(values.get("source_grids") or ())),
        after,
        read_drawing(str(values.get("boundaries") or "")),
    )


def check_plan(plan: GridPlan, now: Situation, rules: GridRules) -> list[str]:
    """Why the plan may not take effect: coverage, overlap, names, staffing, size. Empty when it may."""
    reasons = _shape(plan)
    reasons += [
        say("网格“{code}”已停用或不在本辖区，请重新选择", code=code)
        for code in plan.sources
        if code not in now.grid_names
    ]
    reasons += _coverage(plan, now)
    kept = {
        name
        for code, name in now.grid_names.items()
        if code not in plan.sources
    }
    for name, count in Counter(grid.name for grid in plan.after).items():
        if not name:
            reasons.append(say("请给每个调整后的网格写上名称"))
        elif count > 1 or name in kept:
            reasons.append(say("网格名称“{name}”重复，请另取名称", name=name))
    for grid in plan.after:
        reasons += _composition(grid, now, rules)
        reasons += _staffing(grid, now, rules)
        reasons += _size(grid, now, rules)
        reasons += _piece(grid, plan, now)
    touched = {
        area for area, grid in now.area_grid.items() if grid in plan.sources
    }
    touched |= {area for grid in plan.after for area in grid.areas}
    reasons += objections(
        plan.drawing, now.area_boundaries, now.area_names, touched
    )
    return list(dict.fromkeys(reasons))


def _coverage(plan: GridPlan, now: Situation) -> list[str]:
    """Every area that the plan touches belongs to exactly one grid afterwards, and no grid is left empty."""
    reasons = []
    moved = [area for grid in plan.after for area in grid.areas]
    for area, count in Counter(moved).items():
        if count > 1:
            reasons.append(
                say(
                    "“{area_names}”同时划入了 {count} 个网格，每个片区只能属于一个网格",
                    area_names=now.area_names.get(area, area),
                    count=count,
                )
            )
    before = {
        area for area, grid in now.area_grid.items() if grid in plan.sources
    }
    for area in sorted(before - set(moved)):
        reasons.append(
            say(
                "“{area_names}”调整后不属于任何网格，网格应当全域覆盖",
                area_names=now.area_names.get(area, area),
            )
        )
    for area in sorted(set(moved) - before):
        if area not in now.area_grid:
            reasons.append(say("片区“{area}”不存在，请重新选择", area=area))
        elif plan.kind != "create":
            owner = now.grid_names.get(
                now.area_grid[area], now.area_grid[area]
            )
            reasons.append(
                say(
                    "“{area_names}”现属“{owner}”，请把该网格也选入涉及的网格",
                    area_names=now.area_names[area],
                    owner=owner,
                )
            )
    for code in donors(plan, now):
        if not {
            area for area, grid in now.area_grid.items() if grid == code
        } - set(moved):
            reasons.append(
                say(
                    "“{grid_names}”的片区全部划出后不再有范围，请改用撤销或合并",
                    grid_names=now.grid_names.get(code, code),
                )
            )
    return reasons


def donors(plan: GridPlan, now: Situation) -> list[str]:
    """Codes of grids that give areas away without being among the plan's sources; only a new grid may take
    so."""
    moved = {area for grid in plan.after for area in grid.areas}
    return sorted(
        {
            grid
            for area, grid in now.area_grid.items()
            if area in moved and grid not in plan.sources
        }
    )


def keep_codes(plan: GridPlan, now: Situation) -> tuple[str | None, ...]:
    """For each grid afterwards the source whose code it keeps, each code at most once; None where a new code
    is issued.

    A code says community and kind, so a grid that changes either gets a new one. Splitting, merging and
    recoding issue new codes throughout.
    """
    kept: dict[int, str] = {}
    if plan.kind in ("rename", "boundary", "dissolve", "create"):
        fits = [
            (grid.name == now.grid_names.get(code), overlap, number, code)
            for number, grid in enumerate(plan.after)
            for code in plan.sources
            if (overlap := _overlap(grid, code, now))
            and _same_prefix(grid, code, now)
        ]
        # The same name first, then the most households; the form's order settles a tie.
        for same_name, _overlapping, number, code in sorted(
            fits, key=lambda fit: (not fit[0], -fit[1], fit[2], fit[3])
        ):
            if (
                (same_name or plan.kind != "create")
                and number not in kept
                and code not in kept.values()
            ):
                kept[number] = code
    return tuple(kept.get(number) for number in range(len(plan.after)))


def successor(source: str, plan: GridPlan, now: Situation) -> int | None:
    """Which grid afterwards took most of the source's areas; None when none took any."""
    overlaps = [_overlap(grid, source, now) for grid in plan.after]
    if any(overlaps):
        return overlaps.index(max(overlaps))
    return None


def _overlap(grid: PlannedGrid, code: str, now: Situation) -> int:
    """Households that came from the grid of that code; areas, where nobody counted households."""
    return sum(
        now.area_households.get(area, 0) or 1
        for area in grid.areas
        if now.area_grid.get(area) == code
    )


def _same_prefix(grid: PlannedGrid, code: str, now: Situation) -> bool:
    here = {now.area_community.get(area) for area in grid.areas}
    there = {
        now.area_community.get(area)
        for area, owner in now.area_grid.items()
        if owner == code
    }
    return here == there and now.grid_kinds.get(code, grid.kind) == grid.kind


def _shape(plan: GridPlan) -> list[str]:
    sources = len(plan.sources)
    after = len(plan.after)
    match plan.kind:
        case "split" if sources != 1 or after < 2:
            return [say("拆分应选一个现有网格，并写出至少两个调整后的网格")]
        case "merge" if sources < 2 or after != 1:
            return [say("合并应选至少两个现有网格，并写出一个调整后的网格")]
        case "boundary" if plan.drawing.areas and 0 < sources == after:
            return []
        case "boundary" if sources < 2 or after != sources:
            return [
                say("调整范围应选相关的各个网格，并写出同样数目的调整后网格")
            ]
        case "rename" if sources != 1 or after != 1:
            return [say("更名应选一个现有网格，并写出更名后的网格")]
        case "create" if after < 1:
            return [say("新设应写出新网格")]
        case "recode" if sources < 1 or after != sources:
            return [say("换码应选要换码的网格，并写出同样数目的调整后网格")]
        case "dissolve" if sources < 2 or after >= sources:
            return [
                say("撤销应选被撤网格和接收其片区的网格，并写出接收后的网格")
            ]
    if plan.kind in KINDS:
        return []
    return [say("请选择调整方式")]


def _composition(
    grid: PlannedGrid, now: Situation, rules: GridRules
) -> list[str]:
    if not grid.areas:
        return [say("“{name}”没有包含任何片区，请选择片区", name=grid.name)]
    reasons = []
    if grid.kind not in rules.kinds:
        reasons.append(
            say(
                "“{name}”的类别应为{names}之一",
                name=grid.name,
                names=joined("、", rules.kinds.values()),
            )
        )
    communities = {
        now.area_community[area]
        for area in grid.areas
        if area in now.area_community
    }
    if len(communities) > 1:
        reasons.append(
            say(
                "“{name}”跨了 {count} 个{level}，一个网格应在同一{level}内",
                name=grid.name,
                level=now.community_level,
                count=len(communities),
            )
        )
    return reasons


def _size(grid: PlannedGrid, now: Situation, rules: GridRules) -> list[str]:
    """The norm is for grids that are not dedicated, in the settings it names; outside of it a written reason
    is required."""
    households = sum(now.area_households.get(area, 0) for area in grid.areas)
    small = (
        rules.min_households is not None and households < rules.min_households
    )
    large = (
        rules.max_households is not None and households > rules.max_households
    )
    held = _setting(grid, now, rules) in rules.size_settings
    if (
        not held
        or not now.area_households
        or grid.size_reason.strip()
        or not (small or large)
        or _has_enough_people(grid, rules)
    ):
        return []
    if rules.max_households is None:
        norm = say(
            "不少于 {min_households}", min_households=rules.min_households
        )
    else:
        norm = say(
            "{min_households} 至 {max_households}",
            min_households=rules.min_households or 0,
            max_households=rules.max_households,
        )
    reason = say(
        "“{name}”有 {households} 户，规模标准为 {norm} 户，请写明理由",
        name=grid.name,
        households=households,
        norm=norm,
    )
    if rules.min_people is None or rules.max_people is None:
        return [reason]
    instead = say(
        "；常住人口在 {least} 至 {most} 人之间的，填写人数即可",
        least=rules.min_people,
        most=rules.max_people,
    )
    return [reason + instead]


def _has_enough_people(grid: PlannedGrid, rules: GridRules) -> bool:
    """Whether it is of the right size by its people: some norms count households or people."""
    if rules.min_people is None or rules.max_people is None:
        return False
    people = grid.people
    return (
        people is not None and rules.min_people <= people <= rules.max_people
    )


def _piece(grid: PlannedGrid, plan: GridPlan, now: Situation) -> list[str]:
    """A grid whose areas are all drawn hangs together; an exclave needs a written reason."""
    boundaries = {**now.area_boundaries, **plan.drawing.areas}
    drawn = [boundaries[area] for area in grid.areas if area in boundaries]
    if (
        len(drawn) < len(grid.areas)
        or grid.size_reason.strip()
        or in_one_piece(drawn)
    ):
        return []
    return [
        say(
            "“{name}”的片区互不相连，一个网格应当连成一片；确有飞地的，请写明理由",
            name=grid.name,
        )
    ]


def _staffing(
    grid: PlannedGrid, now: Situation, rules: GridRules
) -> list[str]:
    setting = _setting(grid, now, rules)
    required = rules.staffing.get(setting, "none")
    if required == "full_time" and not set(grid.members) & set(now.full_time):
        return [
            say(
                "“{name}”至少要配备一名专职网格员（{in_words}）",
                name=grid.name,
                in_words=in_words(rules.staffing_ground(setting)),
            )
        ]
    if required == "any" and not grid.members:
        return [
            say(
                "“{name}”至少要配备一名网格员（{in_words}）",
                name=grid.name,
                in_words=in_words(rules.staffing_ground(setting)),
            )
        ]
    return []


def _setting(grid: PlannedGrid, now: Situation, rules: GridRules) -> str:
    """A kind that the staffing rule names, `dedicated`, `urban` or `rural`: the grid's kind says it, else its
    community."""
    if grid.kind in (*rules.staffing, *SETTINGS, DEDICATED):
        return grid.kind
    return now.settings.get(
        next(
            (
                now.area_community[area]
                for area in grid.areas
                if area in now.area_community
            ),
            "",
        ),
        "urban",
    )


def subject(plan: GridPlan, names: Mapping[str, str]) -> str:
    """How the adjustment is called in titles."""
    sources: Sequence[str] = [names.get(code, code) for code in plan.sources]
    what = joined("、", sources) or joined(
        "、", (grid.name for grid in plan.after)
    )
    return f"{what}{KINDS.get(plan.kind, '')}"
