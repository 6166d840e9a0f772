"""jurisdiction.toml → Jurisdiction: the file's shape, and what its parts must agree on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import time
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestrator.domain.deadlines import UNITS, ExtensionRule
from orchestrator.domain.jurisdiction.lines import LineIndex
from orchestrator.domain.jurisdiction.tables import Findings, Table
from orchestrator.domain.jurisdiction.values import (
    STATUSES,
    Article,
    CodeSegment,
    DeadlineRule,
    GridRules,
    Jurisdiction,
    ListRule,
    Regulation,
    Role,
)
from orchestrator.domain.territory import LEVELS

NOTICE_FIELDS = ("name", "area", "members", "phone", "duties", "photo", "supervision_phone", "community", "kind")
"""What a grid's public notice may show; nothing personal beyond it."""
LANGUAGES = ("zh", "en", "bo")
CODE_SEGMENTS = ("administrative", "kind", "serial")
STAFFING = ("full_time", "any", "none")
CHANGES = ("admission", "exit")
_PLACES = ("territory", "stem", "city")


class JurisdictionInvalid(ValueError):
    """`reasons` are Chinese sentences, each with file and line."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


def parse_jurisdiction(text: str, source: str = "jurisdiction.toml") -> Jurisdiction:
    """The profile; raises JurisdictionInvalid with every reason, each with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"第 {line[1]} 行" if line else f"第 {len(text.splitlines())} 行"
        raise JurisdictionInvalid([f"{source} {place}：TOML 写法有误（{error}）"]) from None
    findings = Findings(source, LineIndex(text))
    profile = _profile(Table(data, (), findings))
    if findings.reasons:
        raise JurisdictionInvalid(findings.reasons)
    return profile


def _profile(top: Table) -> Jurisdiction:
    articles = {key: _article(key, table) for key, table in top.tables("articles")}
    roles = {key: _role(key, table) for key, table in top.tables("roles")}
    items, notice, extension = top.table("items"), top.table("notice"), top.table("extension", required=False)
    categories, seed, seed_lists, list_rules = _items(items, articles, roles)
    profile = Jurisdiction(
        key=top.text("key"),
        name=top.text("name"),
        city_code=top.text("city_code"),
        regulation=_regulation(top.table("regulation")),
        timezone=_timezone(top),
        office_hours=_office_hours(top),
        roles=roles,
        articles=articles,
        deadlines={key: _deadline(key, table, articles) for key, table in top.tables("deadlines")},
        grid=_grid(top.table("grid"), articles),
        item_categories=categories,
        seed_items=seed,
        seed_lists=seed_lists,
        notice_fields=notice.words("fields", of=NOTICE_FIELDS) if notice else (),
        languages=top.words("languages", ["zh"], of=LANGUAGES),
        numbering=top.pairs("numbering", required=False),
        list_rules=list_rules,
        extension=_extension(extension, articles) if extension else None,
    )
    for table in (top, notice):
        if table:
            table.done()
    return profile


def _citation(table: Table, key: str, articles: Collection[str], default: str | None = None) -> str:
    """An article of the profile, with or without paragraph, or `default`: never a made-up ground."""
    found = table.text(key, default)
    if not found or found == "default":
        return found
    if not re.fullmatch(r"\d+(\.\d+)?", found):
        table.refuse(f"「{table.name}.{key}」应写成条号或条号.款号，如 13.1；法规未规定的请写 default", key)
    elif found.partition(".")[0] not in articles:
        table.refuse(f"「{table.name}.{key}」引用的第 {found} 条不在 [articles] 中；法规未规定的请写 default", key)
    return found


def _regulation(table: Table | None) -> Regulation:
    if table is None:
        return Regulation("", "", "", None, "")
    found = Regulation(
        table.text("title"),
        table.text("citation"),
        table.text("status", of=STATUSES),
        table.day("in_force_on"),
        table.text("source"),
    )
    if found.status in ("in-force", "trial") and found.in_force_on is None and "in_force_on" not in table:
        table.refuse("「regulation」缺少「in_force_on」；尚未施行的请把 status 写成 draft")
    table.done()
    return found


def _timezone(top: Table) -> str:
    found = top.text("timezone")
    try:
        ZoneInfo(found or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        top.refuse(f"「timezone」的「{found}」不是时区名称，应如 Asia/Shanghai", "timezone")
    return found


def _office_hours(top: Table) -> tuple[tuple[time, time], ...]:
    """Periods in order that do not overlap: a day without any would never end a deadline."""
    found: list[tuple[time, time]] = []
    try:
        for opens, closes in top.raw_list("office_hours"):
            found.append((time.fromisoformat(opens), time.fromisoformat(closes)))
    except (ValueError, TypeError):
        top.refuse('「office_hours」应写成 [["09:00", "12:00"], ["14:00", "17:30"]] 的样子', "office_hours")
        return tuple(found)
    edges = [edge for period in found for edge in period]
    if "office_hours" in top and (not edges or any(a >= b for a, b in pairwise(edges))):
        top.refuse("「office_hours」应至少有一段，各段按先后排列且不重叠", "office_hours")
    return tuple(found)


def _role(key: str, table: Table) -> Role:
    endings = table.table("name_by_ending", required=False)
    found = Role(
        key,
        table.text("name"),
        table.words("levels", of=LEVELS),
        table.template("name_template", _PLACES),
        table.text("family", key),
        table.flag("oversees", False),
        table.text("short_name", "") if "short_name" in table else table.text("name"),
        {ending: endings.template(ending, _PLACES) for ending in endings.names()} if endings else {},
    )
    table.done()
    return found


def _article(key: str, table: Table) -> Article:
    if not key.isdigit():
        table.refuse(f"「articles.{key}」的条号应是阿拉伯数字，如 [articles.13]")
    found = Article(key, table.text("heading"), table.text("summary"))
    table.done()
    return found


def _deadline(key: str, table: Table, articles: Collection[str]) -> DeadlineRule:
    found = DeadlineRule(
        key,
        table.text("label"),
        table.number("amount"),
        table.text("unit", of=tuple(UNITS)),
        _citation(table, "citation", articles),
        table.day("from_on"),
    )
    table.done()
    return found


def _extension(table: Table, articles: Collection[str]) -> ExtensionRule:
    found = ExtensionRule(
        table.number("max_times"),
        table.number("max_amount"),
        table.text("unit", of=tuple(UNITS)),
        _citation(table, "citation", articles),
    )
    table.done()
    return found


def _grid(table: Table | None, articles: Collection[str]) -> GridRules:
    if table is None:
        return GridRules({}, (), {}, {}, "default")
    segments = []
    for row in table.rows("code"):
        segments.append(CodeSegment(row.text("name", of=CODE_SEGMENTS), row.number("length", at_least=1)))
        row.done()
    if segments and sorted(segment.name for segment in segments) != sorted(CODE_SEGMENTS):
        table.refuse(f"「grid.code」应正好各有一段 {'、'.join(CODE_SEGMENTS)}", "code")
    elif segments and segments[-1].name != "serial":
        table.refuse("「grid.code」的顺序码 serial 应排在最后", "code")
    kinds, kind_codes, staffing = table.pairs("kinds"), table.pairs("kind_codes"), table.pairs("staffing")
    if kinds.keys() != kind_codes.keys():
        table.refuse("「grid.kind_codes」应给「grid.kinds」里的每一类写一个代码", "kind_codes")
    if len(set(kind_codes.values())) < len(kind_codes):
        table.refuse("「grid.kind_codes」的代码有重复，两类网格会编出相同的编码", "kind_codes")
    length = next((segment.length for segment in segments if segment.name == "kind"), 99)
    if any(len(code) > length or not code.isdigit() for code in kind_codes.values()):
        table.refuse(f"「grid.kind_codes」的代码应是不超过 {length} 位的数字", "kind_codes")
    for setting, required in staffing.items():
        if setting not in ("urban", "rural", "dedicated") or required not in STAFFING:
            table.refuse(
                f"「grid.staffing」的「{setting} = {required}」不对，应是 urban、rural、dedicated 对 {'、'.join(STAFFING)}",
                "staffing",
            )
    smallest = table.number("min_households") if "min_households" in table else None
    largest = table.number("max_households") if "max_households" in table else None
    if smallest is not None and largest is not None and smallest > largest:
        table.refuse("「grid.min_households」大于「grid.max_households」", "min_households")
    found = GridRules(
        kinds,
        tuple(segments),
        kind_codes,
        staffing,
        _citation(table, "staffing_citation", articles),
        smallest,
        largest,
        _citation(table, "size_citation", articles, "default"),
    )
    table.done()
    return found


def _items(
    table: Table | None, articles: Collection[str], roles: Collection[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, str, str], ...], tuple[str, ...], Mapping[str, ListRule]]:
    """Categories, seed items, the territories whose lists begin with them, and the rule of each change."""
    if table is None:
        return (), (), (), {}
    categories = table.words("categories")
    seed = []
    for row in table.rows("seed", required=False):
        seed.append((row.text("category", of=categories), row.text("name"), _citation(row, "article", articles)))
        row.done()
    names = [name for _category, name, _article in seed]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        table.refuse(f"「items.seed」的事项「{name}」写了不止一次", "seed")
    rules = {}
    for change in CHANGES:
        rule = table.table(change, required=False)
        if rule is None:
            continue
        approvers = rule.pairs("approvers")
        for role in approvers.values():
            if role not in roles:
                rule.refuse(f"「{rule.name}.approvers」的角色「{role}」不在 [roles] 中", "approvers")
        rules[change] = ListRule(_citation(rule, "citation", articles), approvers)
        rule.done()
    seed_lists = table.words("seed_lists", [])
    table.done()
    return categories, tuple(seed), seed_lists, rules
