"""Grid adjustments: the plan as the form gives it, the checks before submission and before taking effect, and code issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.domain.jurisdiction import GridRules

KINDS = {
    "split": "拆分",
    "merge": "合并",
    "boundary": "调整范围",
    "rename": "更名",
    "create": "新设",
    "dissolve": "撤销",
    "recode": "换码",
}


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    name: str
    kind: str
    areas: tuple[str, ...]
    members: tuple[str, ...]
    """Usernames."""


@dataclass(frozen=True, slots=True)
class GridPlan:
    kind: str
    """One of KINDS."""
    sources: tuple[str, ...]
    """Codes of the grids that change."""
    after: tuple[PlannedGrid, ...]


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


def plan_from_form(values: Mapping[str, Any]) -> GridPlan:
    """The plan that the adjustment form's values describe."""
    after = tuple(
        PlannedGrid(row.get("name", ""), row.get("kind", "general"), tuple(row.get("areas", ())), tuple(row.get("members", ())))
        for row in values.get("after") or ()
        if row.get("name") or row.get("areas")
    )
    return GridPlan(values.get("kind", ""), tuple(values.get("source_grids") or ()), after)


def check_plan(plan: GridPlan, now: Situation, rules: GridRules) -> list[str]:
    """Why the plan may not take effect: coverage, overlap, names, staffing. Empty when it may."""
    reasons = _shape(plan)
    moved = [area for grid in plan.after for area in grid.areas]
    for area, count in Counter(moved).items():
        if count > 1:
            reasons.append(f"「{now.area_names.get(area, area)}」同时划入了 {count} 个网格，每个片区只能属于一个网格")
    before = {area for area, grid in now.area_grid.items() if grid in plan.sources}
    for area in sorted(before - set(moved)):
        reasons.append(f"「{now.area_names.get(area, area)}」调整后不属于任何网格，网格应当全域覆盖")
    for area in sorted(set(moved) - before):
        if area not in now.area_grid:
            reasons.append(f"片区「{area}」不存在，请重新选择")
        elif plan.kind != "create":
            owner = now.grid_names.get(now.area_grid[area], now.area_grid[area])
            reasons.append(f"「{now.area_names[area]}」现属「{owner}」，请把该网格也选入涉及的网格")
    kept = {name for code, name in now.grid_names.items() if code not in plan.sources}
    for name, count in Counter(grid.name for grid in plan.after).items():
        if count > 1 or name in kept:
            reasons.append(f"网格名称「{name}」重复，请另取名称")
    for grid in plan.after:
        reasons += _community(grid, now)
        reasons += _staffing(grid, now, rules)
    return list(dict.fromkeys(reasons))


def issue_code(rules: GridRules, community_code: str, kind: str, issued: Collection[str]) -> str:
    """The next code of the community and kind by the profile's scheme; a code once issued, even if retired, is never issued again."""
    serial_length = next(segment.length for segment in rules.code if segment.name == "serial")
    prefix = "".join(_segment(segment.name, segment.length, community_code, rules.kind_codes[kind]) for segment in rules.code)
    used = {int(code[len(prefix) :]) for code in issued if code.startswith(prefix) and code[len(prefix) :].isdigit()}
    number = max(used, default=0) + 1
    if number >= 10**serial_length:
        raise ValueError(f"社区 {community_code} 的网格编码已用完，请调整编码规则")
    return f"{prefix}{number:0{serial_length}d}"


def _segment(name: str, length: int, community_code: str, kind_code: str) -> str:
    if name == "administrative":
        return community_code[:length].ljust(length, "0")
    return kind_code[:length].rjust(length, "0") if name == "kind" else ""


def _shape(plan: GridPlan) -> list[str]:
    sources, after = len(plan.sources), len(plan.after)
    match plan.kind:
        case "split" if sources != 1 or after < 2:
            return ["拆分应选一个现有网格，并写出至少两个调整后的网格"]
        case "merge" if sources < 2 or after != 1:
            return ["合并应选至少两个现有网格，并写出一个调整后的网格"]
        case "boundary" if sources < 2 or after != sources:
            return ["调整范围应选相关的各个网格，并写出同样数目的调整后网格"]
        case "rename" if sources != 1 or after != 1:
            return ["更名应选一个现有网格，并写出更名后的网格"]
        case "create" if after < 1:
            return ["新设应写出新网格"]
        case "dissolve" if sources < 2 or after >= sources:
            return ["撤销应选被撤网格和接收其片区的网格，并写出接收后的网格"]
    return [] if plan.kind in KINDS else ["请选择调整方式"]


def _community(grid: PlannedGrid, now: Situation) -> list[str]:
    communities = {now.area_community[area] for area in grid.areas if area in now.area_community}
    return (
        [f"「{grid.name}」跨了 {len(communities)} 个村（社区），一个网格应在同一村（社区）内"] if len(communities) > 1 else []
    )


def _staffing(grid: PlannedGrid, now: Situation, rules: GridRules) -> list[str]:
    community = next((now.area_community[area] for area in grid.areas if area in now.area_community), "")
    setting = "dedicated" if grid.kind == "dedicated" else now.settings.get(community, "urban")
    required = rules.staffing.get(setting, "none")
    if required == "full_time" and not set(grid.members) & set(now.full_time):
        return [f"「{grid.name}」是城市综合网格，至少要配备一名专职网格员（第{rules.staffing_citation}条）"]
    if required == "any" and not grid.members:
        return [f"「{grid.name}」至少要配备一名网格员（第{rules.staffing_citation}条）"]
    return []


def subject(plan: GridPlan, names: Mapping[str, str]) -> str:
    """How the adjustment is called in titles."""
    sources: Sequence[str] = [names.get(code, code) for code in plan.sources]
    what = "、".join(sources) or "、".join(grid.name for grid in plan.after)
    return f"{what}{KINDS.get(plan.kind, '')}"
