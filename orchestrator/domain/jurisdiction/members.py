"""[members] of the profile: posts in a grid, conditions of whoever has one, norms of all together."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.pay import read_pay
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.members import (
    InsuranceRule,
    MemberCondition,
    MemberRules,
    PostRule,
)
from orchestrator.domain.training import TrainingRules
from orchestrator.sentences import say

EMPLOYMENTS = ("full_time", "part_time")


def read_members(
    table: Table | None, articles: Collection[str], roles: Collection[str]
) -> MemberRules:
    """The rules; a profile without the table asks for no post and nothing of anybody."""
    if table is None:
        return MemberRules()
    educations = table.pairs("educations")
    posts = tuple(
        _post(key, value, articles, roles)
        for key, value in _named(table, "posts")
    )
    known = [post.key for post in posts]
    conditions = tuple(
        _condition(key, value, articles, known, educations)
        for key, value in _named(table, "conditions")
    )
    member_rules = MemberRules(
        educations,
        posts,
        conditions,
        _number(table, "average_age"),
        table.text("educated", of=tuple(educations))
        if "educated" in table
        else "",
        table.number("educated_percent", 0),
        read_citation(table, "citation", articles, "default"),
        _training(table.table("training", required=False), articles),
        tuple(
            _insurance(key, value, articles, known)
            for key, value in _named(table, "insurances")
        ),
        _equipment(table.table("equipment", required=False), articles),
        read_pay(table.table("pay", required=False), articles, known),
    )
    table.done()
    return member_rules


def _insurance(
    key: str,
    table: Table,
    articles: Collection[str],
    posts: Collection[str],
) -> InsuranceRule:
    insurance_rule = InsuranceRule(
        key,
        table.text("name"),
        table.words("posts", [], of=tuple(posts)),
        table.flag("encouraged", False),
        read_citation(table, "citation", articles),
    )
    table.done()
    return insurance_rule


def _equipment(table: Table | None, articles: Collection[str]) -> str:
    if table is None:
        return ""
    citation = read_citation(table, "citation", articles)
    table.done()
    return citation


def _training(table: Table | None, articles: Collection[str]) -> TrainingRules:
    if table is None:
        return TrainingRules()
    hours = table.number("hours_per_year", 0)
    month = table.number("warn_from_month", 10, at_least=1)
    pre_post = table.flag("pre_post", False)
    training_rules = TrainingRules(
        hours,
        read_citation(table, "hours_citation", articles, "default"),
        month,
        pre_post,
        read_citation(table, "pre_post_citation", articles, "default"),
    )
    if month > 12:
        table.refuse(
            say("“{name}”的 warn_from_month 应是 1 到 12", name=table.name)
        )
    table.done()
    return training_rules


def _named(table: Table, key: str) -> list[tuple[str, Table]]:
    if key in table:
        return list(table.tables(key))
    return []


def _number(table: Table, key: str) -> int | None:
    if key in table:
        return table.number(key, at_least=1)
    return None


def _post(
    key: str,
    table: Table,
    articles: Collection[str],
    roles: Collection[str],
) -> PostRule:
    numbers = table.table("at_least", required=False)
    post_rule = PostRule(
        key,
        table.text("name"),
        table.text("role", of=tuple(roles)),
        table.text("employment", of=EMPLOYMENTS)
        if "employment" in table
        else "",
        {name: numbers.number(name) for name in numbers.names()}
        if numbers
        else {},
        read_citation(table, "citation", articles),
        table.words("grids", []),
        table.words("recruited_in", []),
        read_citation(table, "recruited_citation", articles, "default"),
    )
    table.done()
    return post_rule


def _condition(
    key: str,
    table: Table,
    articles: Collection[str],
    posts: Collection[str],
    educations: Mapping[str, str],
) -> MemberCondition:
    member_condition = MemberCondition(
        key,
        table.text("text"),
        read_citation(table, "citation", articles),
        table.words("posts", [], of=tuple(posts)),
        _number(table, "at_least_age"),
        _number(table, "at_most_age"),
        table.text("schooling", of=tuple(educations))
        if "schooling" in table
        else "",
        table.flag("usual", False),
    )
    if member_condition.schooling and (
        member_condition.at_least_age or member_condition.at_most_age
    ):
        table.refuse(
            say("“{name}”的年龄和学历请分成两个条件写", name=table.name)
        )
    table.done()
    return member_condition
