"""What a jurisdiction profile says, as values: regulation, roles, articles, deadlines, grid rules, lists,
notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from orchestrator.domain.assessment import AssessmentRule
from orchestrator.domain.calendar import DatedHours
from orchestrator.domain.data_grades import DataRules
from orchestrator.domain.deadlines import ExtensionRule
from orchestrator.domain.grid_work import GridWorkRules
from orchestrator.domain.jurisdiction.article_texts import (
    Wording,
    cited_text,
    wording_on,
)
from orchestrator.domain.jurisdiction.citations import (
    companion_of,
    in_words,
    provision,
)
from orchestrator.domain.jurisdiction.functions import CASE_OFFICE, PLATFORM
from orchestrator.domain.levels import Levels
from orchestrator.domain.limits import DeadlineRule
from orchestrator.domain.members import MemberRules
from orchestrator.domain.reminders import OverdueRule, PriorityRule
from orchestrator.domain.responsibilities import (
    DepartmentReach,
    Responsibility,
)
from orchestrator.domain.retention import RetentionRules
from orchestrator.domain.series import SeriesRule
from orchestrator.sentences import say

SETTINGS = {"urban": say("城市"), "rural": say("农村")}
"""Setting of a community → what it is called."""
DEDICATED = "dedicated"
"""The kind of grid to which the rules for its community's setting do not apply."""
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
    documents: Mapping[str, str] = field(default_factory=dict)
    """Companion documents issued with it: short name → title."""

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
    """Name that the roles of a kind share, such as all departments; the key itself otherwise."""
    oversees: bool = False
    """Whether its people see every instance of their territory."""
    oversees_in_vain: bool = False
    """Whether the profile asks it of who runs the platform, who sees counts and incidents alone."""
    short_name: str = ""
    name_by_ending: Mapping[str, str] = field(default_factory=dict)
    """Ending of a place's name (`区`, `街道`) → template used there instead; `{stem}` is the name without the
    ending."""
    office_hours: tuple[tuple[time, time], ...] = ()
    """Where its bodies keep other hours than the jurisdiction's offices; empty: the same."""
    office_hours_changes: tuple[DatedHours, ...] = ()
    """Later hours of its bodies, the earliest first."""

    def body_name(self, territory: str, city: str = "") -> str:
        """The name of the body at the place of that name; the longest fitting ending decides. `city` is the
        jurisdiction's own name."""
        ending = max(
            (
                value
                for value in self.name_by_ending
                if territory.endswith(value)
            ),
            key=len,
            default="",
        )
        if ending:
            template = self.name_by_ending[ending]
        else:
            template = self.name_template
        return template.format(
            territory=territory, stem=territory.removesuffix(ending), city=city
        )


@dataclass(frozen=True, slots=True)
class Article:
    number: str
    heading: str
    summary: str
    """In our own words."""
    wordings: tuple[Wording, ...] = ()
    """The regulation's own text, in force and earlier; empty where the city has not entered it."""


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
    """A kind of grid, or a setting (`urban`, `rural`) → required kind of member: `full_time`, `any` or
    `none`."""
    staffing_citation: str
    min_households: int | None = None
    """Size norm of a general grid; outside of it a written reason is required. None: the regulation has no
    norm."""
    max_households: int | None = None
    size_citation: str = "default"
    size_settings: tuple[str, ...] = tuple(SETTINGS)
    """Where the norm holds."""
    min_people: int | None = None
    """A grid with so many residents is of the right size too, whatever its households. None, as `max_people`:
    the regulation counts households alone."""
    max_people: int | None = None
    staffing_citations: Mapping[str, str] = field(default_factory=dict)
    """As `staffing` → its ground, where that is another than `staffing_citation`."""
    managed: tuple[str, ...] = ()
    """Kinds of grids that a department manages together with the place."""
    managed_citation: str = "default"

    def staffing_ground(self, setting: str) -> str:
        """Article that asks for the members of a grid of that kind or setting, or `default`."""
        return self.staffing_citations.get(setting, self.staffing_citation)


@dataclass(frozen=True, slots=True)
class ListRule:
    """On what ground an item enters or leaves the list, and who may approve it."""

    citation: str
    approvers: Mapping[str, str]
    """Value of the variable `approver` → role of the body that approves."""
    together: bool = False
    """Whether all of them must approve; otherwise one of them suffices."""
    again_after_refusal: int = 0
    """Months in which the same may not be applied for again once it was refused; 0: none."""
    refused_ends: tuple[str, ...] = ()
    """Ids of the end events by which an application is refused."""
    again_after_exit: int = 0
    """Months in which an item that has left the list may not be applied for; 0: none."""
    again_citation: str = "default"


@dataclass(frozen=True, slots=True)
class NegativeRule:
    """A kind of work that may not be put on the list."""

    id: str
    text: str
    """In our own words."""
    citation: str
    exception: bool
    """Whether the regulation leaves room for laws that say otherwise; the applicant then cites one."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The city's admission catalogue, which bounds the lists below it."""

    citation: str
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TogetherRule:
    """Which decisions may be taken on several instances at once."""

    forms: tuple[str, ...]
    """Keys of the forms; they also have the property `batch`."""
    citation: str


@dataclass(frozen=True, slots=True)
class Secrecy:
    """How far a case may be known."""

    levels: Mapping[str, str]
    """Level → Chinese name; the first one is what a case has that names none."""
    restricted: tuple[str, ...]
    """Levels at which only those who are asked, acted or were told may look, whoever oversees the place."""
    citation: str


@dataclass(frozen=True, slots=True)
class FigureRules:
    """How cases are counted."""

    told_by: tuple[str, ...] = ()
    """Steps of the diagram that tell what came of a case; empty: no feedback rate."""
    told_where: str = ""
    """Field of the first form that must be filled in for anybody to be told; empty: of every case."""
    rated_in: str = ""
    """Field of a form in which somebody says how content he is; empty: no satisfaction rate."""
    content: tuple[str, ...] = ()
    """Its values that count as content."""
    targets: Mapping[str, int] = field(default_factory=dict)
    """Rate, see domain.figures.RATES → per cent to be reached."""
    citation: str = "default"


@dataclass(frozen=True)
class Jurisdiction:
    key: str
    name: str
    city_code: str
    levels: Levels
    regulation: Regulation
    timezone: str
    office_hours: tuple[tuple[time, time], ...]
    roles: Mapping[str, Role]
    functions: Mapping[str, tuple[str, ...]]
    """Function, one of FUNCTIONS → keys of the roles that have it."""
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
    list_name: str = "网格服务管理事项清单"
    """What the list of items is called, after the name of its place."""
    notice_duties: tuple[str, ...] = ()
    """What a grid member does, as the notice says it."""
    notice_labels: Mapping[str, str] = field(default_factory=dict)
    """Notice field (and `title`) → how the profile's second language says it; empty where notices are in
    Chinese alone."""
    supervision_phones: Mapping[str, str] = field(default_factory=dict)
    """Territory code → number to complain at; the nearest territory around a grid counts."""
    numbering: Mapping[str, str] = field(default_factory=dict)
    list_rules: Mapping[str, ListRule] = field(default_factory=dict)
    """`admission` and `exit`; empty where the profile leaves the ground to the diagram."""
    negative_list: tuple[NegativeRule, ...] = ()
    """Answered one by one by whoever applies for an item; empty where the regulation has no such list."""
    negative_list_name: str = "负面清单"
    """What the regulation calls that list."""
    catalogue: Catalogue | None = None
    """None where the regulation has no catalogue."""
    extension: ExtensionRule | None = None
    """None: extensions are not limited."""
    secrecy: Secrecy = field(
        default_factory=lambda: Secrecy({"normal": "一般"}, (), "default")
    )
    data: DataRules = field(default_factory=DataRules)
    figures: FigureRules = field(default_factory=FigureRules)
    assessment: tuple[AssessmentRule, ...] = ()
    """Empty: the city assesses nobody."""
    series: tuple[SeriesRule, ...] = ()
    """Empty: nothing is opened by itself."""
    retention: RetentionRules = field(default_factory=RetentionRules)
    members: MemberRules = field(default_factory=MemberRules)
    grid_work: GridWorkRules = field(default_factory=GridWorkRules)
    deadline_approvers: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )
    """Role or family of the body whose time runs → roles that may extend or suspend it; empty: those that
    oversee the place."""
    office_hours_changes: tuple[DatedHours, ...] = ()
    """Hours that hold from a day on, the earliest first."""
    overdue: Mapping[str, tuple[OverdueRule, ...]] = field(
        default_factory=dict
    )
    """Deadline or `default` → what happens when the time of a task that runs on it is over; empty: those who
    have it are notified."""
    together: TogetherRule | None = None
    """None: the forms' own property alone says it."""
    case_classes: Mapping[str, str] = field(default_factory=dict)
    """Class of a case → Chinese name; empty where the city makes no classes."""
    responsibilities: tuple[Responsibility, ...] = ()
    """The matrix from which triage proposes; empty: nothing is proposed."""
    assigning: Mapping[str, DepartmentReach] = field(default_factory=dict)
    """Level of an office → the departments to which it may hand a case; at a level that is not named: those
    of its place and of every wider one."""
    priorities: Mapping[str, PriorityRule] = field(default_factory=dict)
    """Priority of a case → what it brings; empty: nothing but its limits."""
    head_titles: tuple[str, ...] = ()
    """Titles whose holders head their body: they release and hand over tasks that their people hold."""
    urge_after: int = 1
    """Working days after which an applicant may urge again."""
    second_designer: bool = False
    """Whether what one designer publishes must be confirmed by another."""

    def day_of(self, now: datetime) -> date:
        """The day that the instant falls on where the city is."""
        return now.astimezone(ZoneInfo(self.timezone)).date()

    def roles_of(self, name: str) -> tuple[str, ...]:
        """Keys of the roles that a candidate group's name means: a role, a family of roles or a function."""
        having = self.functions.get(name, ())
        return tuple(
            role.key
            for role in self.roles.values()
            if name in (role.key, role.family) or role.key in having
        )

    def compared(self, function: str) -> tuple[tuple[str, ...], ...]:
        """The roles that have the function, those of one family together, in the file's order: a department
        is not ranked beside a service unit."""
        families: dict[str, list[str]] = {}
        for key in self.roles_of(function):
            families.setdefault(self.roles[key].family, []).append(key)
        return tuple(map(tuple, families.values()))

    def spelled_out(self, groups: Iterable[str]) -> list[str]:
        """Candidate groups with roles and families in place of functions, and every level in place of
        `any`."""
        results: list[str] = []
        for group in groups:
            name, at, place = group.partition("@")
            roles = self.functions.get(name, (name,))
            if not at or (
                name not in self.functions and place not in ("any", "top")
            ):
                results.append(group)
                continue
            for role in roles:
                places = {
                    "any": self.levels_of(role),
                    "top": self.levels.keys[:1],
                }
                levels = places.get(place, (place,))
                results += [f"{role}@{level}" for level in levels]
        return list(dict.fromkeys(results))

    def function_name(self, function: str) -> str:
        """The roles that have the function, in words; empty for anything else."""
        return "、".join(
            self.roles[role].name for role in self.functions.get(function, ())
        )

    def levels_of(self, name: str) -> tuple[str, ...]:
        """The levels at which a body of that role, family or function may stand, the widest first."""
        there = {
            level
            for role in self.roles_of(name)
            for level in self.roles[role].levels
        }
        return tuple(level for level in self.levels.keys if level in there)

    @property
    def handling_levels(self) -> tuple[str, ...]:
        """The levels at which cases are handled, the widest first; every level with offices where the profile
        names no office for cases."""
        return self.levels_of(CASE_OFFICE) or self.levels.offices

    @property
    def grid_roles(self) -> tuple[str, ...]:
        """Keys of the roles that stand at grids."""
        return tuple(
            role.key
            for role in self.roles.values()
            if self.levels.grid in role.levels
        )

    def platform(self, role: str) -> str:
        """How the bodies of a role that runs the platform are marked; empty for any other."""
        return next(
            (
                mark
                for name, mark in PLATFORM.items()
                if role in self.functions.get(name, ())
            ),
            "",
        )

    def hours_of(self, role: str | None) -> tuple[tuple[time, time], ...]:
        """Office hours of the bodies of that role."""
        known = self.roles.get(role or "")
        if known and known.office_hours:
            return known.office_hours
        return self.office_hours

    def hours_changes_of(self, role: str | None) -> tuple[DatedHours, ...]:
        """Later office hours of the bodies of that role, the earliest first.

        A role without hours of its own follows the city's until its own first change.
        """
        known = self.roles.get(role or "")
        if known is None or not (
            known.office_hours or known.office_hours_changes
        ):
            return self.office_hours_changes
        own = known.office_hours_changes
        if known.office_hours:
            return own
        before = tuple(
            change
            for change in self.office_hours_changes
            if change.from_on < own[0].from_on
        )
        return (*before, *own)

    def article(self, citation: str) -> Article | None:
        """The article a citation `13.1` means."""
        return self.articles.get(provision(citation))

    def own_text(self, citation: str, day: date | None = None) -> str:
        """What the regulation itself says at that citation, in force or on that day; empty where it was not
        entered."""
        article = self.article(citation)
        wording = None
        if article:
            wording = wording_on(article.wordings, day or date.max)
        if wording:
            return cited_text(wording.text, citation)
        return ""

    def cite(self, citation: str) -> str:
        """The citation as an official writes it: `13.1` → 《…》第十三条第一款."""
        if citation == "default":
            return "本地默认设置，法规未作规定"
        companion = companion_of(citation)
        if companion:
            return in_words(
                citation,
                f"《{self.regulation.documents.get(companion, companion)}》",
            )
        return f"《{self.regulation.title}》{in_words(citation)}"
