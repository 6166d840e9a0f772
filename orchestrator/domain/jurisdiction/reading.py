"""jurisdiction.toml → Jurisdiction: the file's shape, and what its parts must agree on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orchestrator.domain.jurisdiction.article_texts import read_wordings
from orchestrator.domain.jurisdiction.assessment import read_assessment
from orchestrator.domain.jurisdiction.citations import HOW, is_provision
from orchestrator.domain.jurisdiction.data_grades import read_data_rules
from orchestrator.domain.jurisdiction.deadlines import (
    read_deadline,
    read_deadline_approvers,
    read_extension,
)
from orchestrator.domain.jurisdiction.figures import read_figures
from orchestrator.domain.jurisdiction.functions import PLATFORM
from orchestrator.domain.jurisdiction.grid_rules import read_grid
from orchestrator.domain.jurisdiction.grid_work import read_grid_work
from orchestrator.domain.jurisdiction.items import read_citation, read_items
from orchestrator.domain.jurisdiction.lines import LineIndex
from orchestrator.domain.jurisdiction.members import read_members
from orchestrator.domain.jurisdiction.naming import read_functions, read_levels
from orchestrator.domain.jurisdiction.office_hours import (
    read_hours_changes,
    read_office_hours,
)
from orchestrator.domain.jurisdiction.reminders import (
    read_overdue,
    read_priorities,
)
from orchestrator.domain.jurisdiction.responsibilities import (
    read_assigning,
    read_responsibilities,
)
from orchestrator.domain.jurisdiction.retention import read_retention
from orchestrator.domain.jurisdiction.series import read_series
from orchestrator.domain.jurisdiction.tables import Findings, Table
from orchestrator.domain.jurisdiction.values import (
    STATUSES,
    Article,
    Jurisdiction,
    Regulation,
    Role,
    Secrecy,
    TogetherRule,
)
from orchestrator.domain.levels import Levels
from orchestrator.sentences import say

NOTICE_FIELDS = (
    "name",
    "area",
    "members",
    "phone",
    "duties",
    "photo",
    "supervision_phone",
    "community",
    "kind",
)
"""What a grid's public notice may show; nothing personal beyond it."""
LANGUAGES = ("zh", "en", "bo")
_PLACES = ("territory", "stem", "city")


class JurisdictionInvalid(ValueError):
    """`reasons` are Chinese sentences, each with file and line."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = tuple(reasons)


def parse_jurisdiction(
    text: str, source: str = "jurisdiction.toml"
) -> Jurisdiction:
    """The profile; raises JurisdictionInvalid with every reason, each with its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        if line:
            place = say("第 {line} 行", line=line[1])
        else:
            place = say("第 {count} 行", count=len(text.splitlines()))
        raise JurisdictionInvalid(
            [
                say(
                    "{source} {place}：TOML 写法有误（{error}）",
                    source=source,
                    place=place,
                    error=error,
                )
            ]
        ) from None
    findings = Findings(source, LineIndex(text))
    profile = _profile(Table(data, (), findings))
    if findings.reasons:
        raise JurisdictionInvalid(findings.reasons)
    return profile


def _profile(top: Table) -> Jurisdiction:
    regulation = _regulation(top.table("regulation"))
    articles = {
        key: _article(key, table, regulation)
        for key, table in top.tables("articles")
    }
    levels = read_levels(top)
    roles = {
        key: _role(key, table, levels) for key, table in top.tables("roles")
    }
    functions = read_functions(top, roles)
    running = {role for name in PLATFORM for role in functions.get(name, ())}
    for key in running:
        # Who runs the platform takes part in no instance and oversees nothing, whatever the profile says.
        roles[key] = replace(
            roles[key], oversees=False, oversees_in_vain=roles[key].oversees
        )
    taking_part = {
        key: role for key, role in roles.items() if key not in running
    }
    items = top.table("items")
    notice = top.table("notice")
    extension = top.table("extension", required=False)
    listed = read_items(items, articles, roles)
    secrecy = top.table("secrecy", required=False)
    publishing = top.table("publishing", required=False)
    deadlines = {
        key: read_deadline(key, table, articles)
        for key, table in top.tables("deadlines")
    }
    profile = Jurisdiction(
        key=top.text("key"),
        name=top.text("name"),
        city_code=top.text("city_code"),
        levels=levels,
        regulation=regulation,
        timezone=_timezone(top),
        office_hours=read_office_hours(top),
        office_hours_changes=read_hours_changes(top),
        roles=roles,
        functions=functions,
        articles=articles,
        deadlines=deadlines,
        overdue=read_overdue(top, deadlines, articles),
        priorities=read_priorities(top, articles),
        together=_together(top.table("together", required=False), articles),
        case_classes=top.pairs("case_classes", required=False),
        responsibilities=read_responsibilities(
            top,
            roles,
            levels,
            listed.categories,
            articles,
        ),
        assigning=read_assigning(top, levels, articles),
        grid=read_grid(top.table("grid"), articles),
        item_categories=listed.categories,
        list_name=listed.list_name,
        seed_items=listed.seed,
        seed_lists=listed.seed_lists,
        notice_fields=notice.words("fields", of=NOTICE_FIELDS)
        if notice
        else (),
        notice_duties=notice.words("duties", []) if notice else (),
        notice_labels=_notice_labels(notice, top) if notice else {},
        supervision_phones=notice.pairs("supervision_phones", required=False)
        if notice
        else {},
        languages=top.words("languages", ["zh"], of=LANGUAGES),
        numbering=top.pairs("numbering", required=False),
        list_rules=listed.rules,
        negative_list=listed.negative,
        negative_list_name=listed.negative_name,
        catalogue=listed.catalogue,
        head_titles=top.words("head_titles", []),
        urge_after=top.number("urge_after", 1, at_least=1),
        extension=read_extension(extension, articles) if extension else None,
        deadline_approvers=read_deadline_approvers(
            top.table("deadline_approvers", required=False), taking_part
        ),
        data=read_data_rules(top, articles, taking_part, levels),
        members=read_members(
            top.table("members", required=False), articles, roles
        ),
        grid_work=read_grid_work(
            top.table("grid_work", required=False), articles
        ),
        figures=read_figures(top.table("figures", required=False), articles),
        assessment=read_assessment(top, articles),
        series=read_series(top, articles),
        retention=read_retention(top),
        second_designer=publishing.flag("second_designer", False)
        if publishing
        else False,
        **({"secrecy": _secrecy(secrecy, articles)} if secrecy else {}),
    )
    for table in (top, notice, publishing):
        if table:
            table.done()
    return profile


def _notice_labels(notice: Table, top: Table) -> dict[str, str]:
    labels = notice.pairs("labels", required=False)
    for key in labels.keys() - {*NOTICE_FIELDS, "title", "updated"}:
        notice.refuse(
            say(
                "“notice.labels”的“{key}”不是公示栏目，可用 {listed}",
                key=key,
                listed="、".join((*NOTICE_FIELDS, "title", "updated")),
            ),
            "labels",
        )
    if labels and len(top.words("languages", ["zh"], of=LANGUAGES)) < 2:
        notice.refuse(
            say(
                '“notice.labels”给出了第二种文字，请在“languages”写明是哪一种，如 ["zh", "bo"]'
            ),
            "labels",
        )
    return labels


def _regulation(table: Table | None) -> Regulation:
    if table is None:
        return Regulation("", "", "", None, "")
    regulation = Regulation(
        table.text("title"),
        table.text("citation"),
        table.text("status", of=STATUSES),
        table.day("in_force_on"),
        table.text("source"),
        table.pairs("documents", required=False),
    )
    if (
        regulation.status in ("in-force", "trial")
        and regulation.in_force_on is None
        and "in_force_on" not in table
    ):
        table.refuse(
            say(
                "“regulation”缺少“in_force_on”；尚未施行的请把 status 写成 draft"
            )
        )
    table.done()
    return regulation


def _timezone(top: Table) -> str:
    text = top.text("timezone")
    try:
        ZoneInfo(text or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        top.refuse(
            say(
                "“timezone”的“{found}”不是时区名称，应如 Asia/Shanghai",
                found=text,
            ),
            "timezone",
        )
    return text


def _role(key: str, table: Table, levels: Levels) -> Role:
    endings = table.table("name_by_ending", required=False)
    role = Role(
        key,
        table.text("name"),
        table.words("levels", of=levels.keys),
        table.template("name_template", _PLACES),
        table.text("family", key),
        table.flag("oversees", False),
        False,
        table.text("short_name", "")
        if "short_name" in table
        else table.text("name"),
        {
            ending: endings.template(ending, _PLACES)
            for ending in endings.names()
        }
        if endings
        else {},
        read_office_hours(table) if "office_hours" in table else (),
        read_hours_changes(table),
    )
    table.done()
    return role


def _article(key: str, table: Table, regulation: Regulation) -> Article:
    if not is_provision(key, regulation.documents):
        table.refuse(say("“articles.{key}”的编号{how}", key=key, how=HOW))
    article = Article(
        key, table.text("heading"), table.text("summary"), read_wordings(table)
    )
    table.done()
    return article


def _together(
    table: Table | None, articles: Collection[str]
) -> TogetherRule | None:
    if table is None:
        return None
    together_rule = TogetherRule(
        table.words("forms", []), read_citation(table, "citation", articles)
    )
    table.done()
    return together_rule


def _secrecy(table: Table, articles: Collection[str]) -> Secrecy:
    levels = table.pairs("levels")
    secrecy = Secrecy(
        levels,
        table.words("restricted", [], of=tuple(levels)),
        read_citation(table, "citation", articles),
    )
    if secrecy.restricted and next(iter(levels)) in secrecy.restricted:
        table.refuse(
            say(
                "“secrecy.levels”的第一级是事件没有注明时的级别，不能列入“restricted”"
            ),
            "restricted",
        )
    table.done()
    return secrecy
