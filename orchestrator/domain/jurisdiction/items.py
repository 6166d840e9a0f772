"""[items] of the profile: categories, seed items, who approves a change, the negative list and the city's
catalogue."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import (
    Catalogue,
    ListRule,
    NegativeRule,
)
from orchestrator.sentences import say

CHANGES = ("admission", "exit", "compilation")
MOST_MONTHS = 120
"""For which an application may be barred."""
LIST_NAME = "网格服务管理事项清单"
NEGATIVE_LIST_NAME = "负面清单"
LIST_WORD = say("事项清单")


@dataclass(frozen=True, slots=True)
class ItemSettings:
    categories: tuple[str, ...] = ()
    seed: tuple[tuple[str, str, str], ...] = ()
    list_name: str = LIST_NAME
    seed_lists: tuple[str, ...] = ()
    rules: Mapping[str, ListRule] = field(default_factory=dict)
    negative: tuple[NegativeRule, ...] = ()
    catalogue: Catalogue | None = None
    negative_name: str = NEGATIVE_LIST_NAME


def list_word(list_name: str) -> str:
    """What menus and sentences call the list: 事项清单 where its name ends so, else its whole name."""
    if list_name.endswith(LIST_WORD):
        return LIST_WORD
    return list_name


def read_items(
    table: Table | None,
    articles: Collection[str],
    roles: Collection[str],
) -> ItemSettings:
    """Categories, seed items, the territories whose lists begin with them, and the rules of each change."""
    if table is None:
        return ItemSettings()
    categories = table.words("categories")
    item_settings = ItemSettings(
        categories,
        _seed(table, categories, articles),
        table.text("list_name", LIST_NAME),
        table.words("seed_lists", []),
        _changes(table, articles, roles),
        _negative(table, articles),
        _catalogue(table, categories, articles),
        table.text("negative_list_name", NEGATIVE_LIST_NAME),
    )
    table.done()
    return item_settings


def _seed(
    table: Table,
    categories: Collection[str],
    articles: Collection[str],
) -> tuple[tuple[str, str, str], ...]:
    seed = []
    for row in table.rows("seed", required=False):
        seed.append(
            (
                row.text("category", of=categories),
                row.text("name"),
                read_citation(row, "article", articles),
            ),
        )
        row.done()
    names = [name for _category, name, _article in seed]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        table.refuse(
            say("“items.seed”的事项“{name}”写了不止一次", name=name),
            "seed",
        )
    return tuple(seed)


def _changes(
    table: Table,
    articles: Collection[str],
    roles: Collection[str],
) -> dict[str, ListRule]:
    rules = {}
    for change in CHANGES:
        rule = table.table(change, required=False)
        if rule is None:
            continue
        approvers = rule.pairs("approvers")
        for role in approvers.values():
            if role not in roles:
                rule.refuse(
                    say(
                        "“{name}.approvers”的角色“{role}”不在 [roles] 中",
                        name=rule.name,
                        role=role,
                    ),
                    "approvers",
                )
        refused, ends, left = _bar(rule, change)
        rules[change] = ListRule(
            read_citation(rule, "citation", articles),
            approvers,
            rule.flag("together", False),
            refused,
            ends,
            left,
            read_citation(rule, "again_citation", articles, "default"),
        )
        rule.done()
    return rules


def _bar(rule: Table, change: str) -> tuple[int, tuple[str, ...], int]:
    """Months for which the same may not be applied for after a refusal, the ends of the diagram that refuse,
    and months after an exit."""
    refused = left = 0
    ends: tuple[str, ...] = ()
    if change == "compilation":
        return refused, ends, left
    refused = rule.number("again_after_refusal", 0, at_most=MOST_MONTHS)
    ends = rule.words("refused_ends", [])
    if change == "admission":
        left = rule.number("again_after_exit", 0, at_most=MOST_MONTHS)
    if bool(refused) != bool(ends):
        rule.refuse(
            say(
                "“{name}”的 again_after_refusal 和 refused_ends 要一起写："
                "未获同意后几个月内不得再次提出，流程图里的哪些结束是未获同意",
                name=rule.name,
            ),
            "again_after_refusal" if refused else "refused_ends",
        )
    return refused, ends, left


def _negative(
    table: Table,
    articles: Collection[str],
) -> tuple[NegativeRule, ...]:
    below = table.table("negative_list", required=False)
    if below is None:
        return ()
    rules: list[NegativeRule] = []
    for row in below.rows("rules"):
        name = row.text("id")
        if name and not re.fullmatch(r"[a-z][a-z0-9_]{0,29}", name):
            row.refuse(
                say(
                    "“{name}.id”的“{id}”应是小写字母开头的字母、数字和下划线",
                    name=row.name,
                    id=name,
                ),
                "id",
            )
        if name in {rule.id for rule in rules}:
            row.refuse(
                say("“{name}.id”的“{id}”写了不止一次", name=row.name, id=name),
                "id",
            )
        rules.append(
            NegativeRule(
                name,
                row.text("text"),
                read_citation(row, "article", articles),
                row.flag("exception", False),
            ),
        )
        row.done()
    below.done()
    return tuple(rules)


def _catalogue(
    table: Table,
    categories: Collection[str],
    articles: Collection[str],
) -> Catalogue | None:
    below = table.table("catalogue", required=False)
    if below is None:
        return None
    catalogue = Catalogue(
        read_citation(below, "citation", articles),
        below.words("categories", of=categories),
    )
    below.done()
    return catalogue


def read_citation(
    table: Table,
    key: str,
    articles: Collection[str],
    default: str | None = None,
) -> str:
    """An article of the profile, with or without paragraph, or `default`: never a made-up ground."""
    text = table.text(key, default)
    if not text or text == "default":
        return text
    numbered = re.fullmatch(r"(\S+?)(\.\d+)?", text)
    if numbered and numbered[1] in articles:
        return text
    if re.fullmatch(r"\d+(\.\d+)?", text):
        table.refuse(
            say(
                "“{name}.{key}”引用的第 {found} 条不在 [articles] 中；法规未规定的请写 default",
                name=table.name,
                key=key,
                found=text,
            ),
            key,
        )
    else:
        table.refuse(
            say(
                "“{name}.{key}”应写成条号或条号.款号，如 13.1，或 [articles] 中的编号，"
                "如 四-2；法规未规定的请写 default",
                name=table.name,
                key=key,
            ),
            key,
        )
    return text
