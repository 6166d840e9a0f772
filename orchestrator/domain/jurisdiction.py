"""The jurisdiction profile: jurisdiction.toml read into frozen values; everything unknown or missing is told with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from orchestrator.domain.deadlines import UNITS
from orchestrator.domain.territory import LEVELS


class JurisdictionInvalid(ValueError):
    """`reasons` are Chinese sentences, each with file and line."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Regulation:
    title: str
    citation: str
    """Document number or issuing decree."""
    status: str
    """`in-force`, `trial` or `draft`."""
    in_force_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Role:
    key: str
    name: str
    levels: tuple[str, ...]
    name_template: str
    """Name of a body of this role; `{territory}` is the place's name."""
    family: str
    """`department` for every department of the regulation; the key itself otherwise."""
    oversees: bool = False
    """Whether its people see every matter of their territory."""
    short_name: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    number: str
    heading: str
    summary: str
    """In our own words."""


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    name: str
    label: str
    amount: int
    unit: str
    citation: str
    """Article number, or `default` where the regulation is silent."""
    from_on: date | None = None


@dataclass(frozen=True, slots=True)
class CodeSegment:
    name: str
    length: int


@dataclass(frozen=True, slots=True)
class GridRules:
    kinds: Mapping[str, str]
    """Kind → Chinese name."""
    code: tuple[CodeSegment, ...]
    """Segments of a grid code, in order: `administrative`, `kind`, `serial`."""
    kind_codes: Mapping[str, str]
    staffing: Mapping[str, str]
    """`urban`, `rural`, `dedicated` → required kind of member: `full_time`, `any` or `none`."""
    staffing_citation: str
    min_households: int | None = None
    max_households: int | None = None


@dataclass(frozen=True)
class Jurisdiction:
    key: str
    name: str
    city_code: str
    regulation: Regulation
    timezone: str
    office_hours: tuple[tuple[time, time], ...]
    roles: Mapping[str, Role]
    articles: Mapping[str, Article]
    deadlines: Mapping[str, DeadlineRule]
    grid: GridRules
    item_categories: tuple[str, ...]
    seed_items: tuple[tuple[str, str, str], ...]
    """(category, name, article) of list version 1."""
    seed_lists: tuple[str, ...]
    """Territory codes whose lists begin with the seed items."""
    notice_fields: tuple[str, ...]
    languages: tuple[str, ...]
    numbering: Mapping[str, str] = field(default_factory=dict)

    def article(self, citation: str) -> Article | None:
        """The article a citation `13.1` means."""
        return self.articles.get(citation.partition(".")[0])

    def cite(self, citation: str) -> str:
        """The citation as an official writes it: 《…》第十三条第一款."""
        if citation == "default":
            return "本地默认设置（法规未作规定）"
        article, _dot, paragraph = citation.partition(".")
        return f"《{self.regulation.title}》第{chinese_number(int(article))}条" + (
            f"第{chinese_number(int(paragraph))}款" if paragraph else ""
        )


def chinese_number(number: int) -> str:
    """13 → 十三; for articles, up to 999."""
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{digits[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else digits[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (digits[ones] if ones else "")


_KEYS: Mapping[str, tuple[set[str], set[str]]] = {
    "": (
        {
            "key",
            "name",
            "city_code",
            "regulation",
            "timezone",
            "office_hours",
            "roles",
            "articles",
            "deadlines",
            "grid",
            "items",
            "notice",
        },
        {"languages", "numbering"},
    ),
    "regulation": ({"title", "citation", "status", "source"}, {"in_force_on"}),
    "role": ({"name", "levels", "name_template"}, {"family", "oversees", "short_name"}),
    "article": ({"heading", "summary"}, set()),
    "deadline": ({"label", "amount", "unit", "citation"}, {"from_on"}),
    "grid": ({"kinds", "code", "kind_codes", "staffing", "staffing_citation"}, {"min_households", "max_households"}),
    "items": ({"categories"}, {"seed", "seed_lists"}),
    "notice": ({"fields"}, set()),
}


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.lines = text.splitlines()
        self.source = source
        self.reasons: list[str] = []

    def refuse(self, key: str, message: str) -> None:
        pattern = re.compile(rf"""(^|[\[.\s"']){re.escape(key.rpartition(".")[2])}(["'\]\s.=]|$)""")
        line = next(
            (number for number, text in enumerate(self.lines, 1) if pattern.search(text) and not text.strip().startswith("#")),
            1,
        )
        self.reasons.append(f"{self.source} 第 {line} 行：{message}")

    def keys(self, table: Any, kind: str, where: str) -> bool:
        """Whether the table has what its kind needs; refuses what is missing or unknown."""
        if not isinstance(table, dict):
            self.refuse(where, f"「{where}」应是一个表")
            return False
        needed, allowed = _KEYS[kind]
        for key in sorted(needed - table.keys()):
            self.refuse(where or "key", f"{f'「{where}」' if where else '文件'}缺少「{key}」")
        for key in sorted(table.keys() - needed - allowed):
            self.refuse(key, f"不认识的设置「{f'{where}.' if where else ''}{key}」，请检查拼写或删除")
        return needed <= table.keys()


def parse_jurisdiction(text: str, source: str = "jurisdiction.toml") -> Jurisdiction:
    """The profile; raises JurisdictionInvalid with every reason, each with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise JurisdictionInvalid([f"{source}：TOML 写法有误（{error}）"]) from None
    reader = _Reader(text, source)
    complete = reader.keys(data, "", "")
    for section in ("regulation", "grid", "items", "notice"):
        complete &= section not in data or reader.keys(data[section], section, section)
    roles = {key: _role(reader, key, table) for key, table in data.get("roles", {}).items()}
    articles = {key: _article(reader, key, table) for key, table in data.get("articles", {}).items()}
    deadlines = {key: _deadline(reader, key, table, articles) for key, table in data.get("deadlines", {}).items()}
    if reader.reasons or not complete:
        raise JurisdictionInvalid(reader.reasons)
    regulation, grid, items = data["regulation"], data["grid"], data["items"]
    return Jurisdiction(
        key=data["key"],
        name=data["name"],
        city_code=data["city_code"],
        regulation=Regulation(
            regulation["title"],
            regulation["citation"],
            regulation["status"],
            regulation.get("in_force_on"),
            regulation["source"],
        ),
        timezone=data["timezone"],
        office_hours=tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in data["office_hours"]),
        roles={key: role for key, role in roles.items() if role},
        articles={key: article for key, article in articles.items() if article},
        deadlines={key: deadline for key, deadline in deadlines.items() if deadline},
        grid=GridRules(
            kinds=grid["kinds"],
            code=tuple(CodeSegment(segment["name"], segment["length"]) for segment in grid["code"]),
            kind_codes=grid["kind_codes"],
            staffing=grid["staffing"],
            staffing_citation=grid["staffing_citation"],
            min_households=grid.get("min_households"),
            max_households=grid.get("max_households"),
        ),
        item_categories=tuple(items["categories"]),
        seed_items=tuple((item["category"], item["name"], item["article"]) for item in items.get("seed", [])),
        seed_lists=tuple(items.get("seed_lists", [])),
        notice_fields=tuple(data["notice"]["fields"]),
        languages=tuple(data.get("languages", ["zh"])),
        numbering=data.get("numbering", {}),
    )


def _role(reader: _Reader, key: str, table: Any) -> Role | None:
    if not reader.keys(table, "role", f"roles.{key}"):
        return None
    for level in table["levels"]:
        if level not in LEVELS:
            reader.refuse(key, f"角色「{key}」的层级「{level}」不存在，应为 {'、'.join(LEVELS)} 之一")
    return Role(
        key,
        table["name"],
        tuple(table["levels"]),
        table["name_template"],
        table.get("family", key),
        table.get("oversees", False),
        table.get("short_name", table["name"]),
    )


def _article(reader: _Reader, key: str, table: Any) -> Article | None:
    if not reader.keys(table, "article", f"articles.{key}"):
        return None
    return Article(key, table["heading"], table["summary"])


def _deadline(reader: _Reader, key: str, table: Any, articles: Mapping[str, Any]) -> DeadlineRule | None:
    if not reader.keys(table, "deadline", f"deadlines.{key}"):
        return None
    if table["unit"] not in UNITS:
        reader.refuse(key, f"时限「{key}」的单位「{table['unit']}」不存在，应为 {'、'.join(UNITS)} 之一")
    if table["citation"] != "default" and table["citation"].partition(".")[0] not in articles:
        reader.refuse(key, f"时限「{key}」引用的第 {table['citation']} 条不在 [articles] 中；法规未规定的请写 default")
    if not isinstance(table["amount"], int) or table["amount"] < 0:
        reader.refuse(key, f"时限「{key}」的数量应为非负整数")
    return DeadlineRule(key, table["label"], table["amount"], table["unit"], table["citation"], table.get("from_on"))
