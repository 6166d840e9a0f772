"""What a jurisdiction profile says, as values: regulation, roles, articles, deadlines, grid rules, lists, notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time

from orchestrator.domain.deadlines import ExtensionRule

STATUSES = ("in-force", "trial", "draft")


@dataclass(frozen=True, slots=True)
class Regulation:
    title: str
    citation: str
    """Document number or issuing decree."""
    status: str
    """One of STATUSES."""
    in_force_on: date | None
    source: str

    @property
    def draft(self) -> bool:
        """Whether it is only a draft: pages say so beside every citation."""
        return self.status == "draft"


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
    name_by_ending: Mapping[str, str] = field(default_factory=dict)
    """Ending of a place's name (`区`, `街道`) → template used there instead; `{stem}` is the name without the ending."""

    def body_name(self, territory: str, city: str = "") -> str:
        """The name of the body at the place of that name; the longest fitting ending decides. `city` is the jurisdiction's own name."""
        ending = max((each for each in self.name_by_ending if territory.endswith(each)), key=len, default="")
        template = self.name_by_ending[ending] if ending else self.name_template
        return template.format(territory=territory, stem=territory.removesuffix(ending), city=city)


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
    """Since when it holds; a running matter keeps the deadline it was given."""


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
    """Size norm of a general grid; outside of it a written reason is required. None: the regulation has no norm."""
    max_households: int | None = None
    size_citation: str = "default"


@dataclass(frozen=True, slots=True)
class ListRule:
    """On what ground an item enters or leaves the list, and who may approve it."""

    citation: str
    approvers: Mapping[str, str]
    """Value of the variable `approver` → role of the body that approves."""


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
    list_rules: Mapping[str, ListRule] = field(default_factory=dict)
    """`admission` and `exit`; empty where the profile leaves the ground to the diagram."""
    extension: ExtensionRule | None = None
    """None: extensions are not limited."""

    def article(self, citation: str) -> Article | None:
        """The article a citation `13.1` means."""
        return self.articles.get(citation.partition(".")[0])

    def cite(self, citation: str) -> str:
        """The citation as an official writes it: `13.1` → 《…》第十三条第一款."""
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
