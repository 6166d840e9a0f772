"""[members.pay] of the profile: what the pay sheets of members are drawn up from."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.pay import PayRules
from orchestrator.sentences import say

MOST = 100_000
"""元 a month of a post or a grade."""


def read_pay(
    table: Table | None, articles: Collection[str], posts: Collection[str]
) -> PayRules | None:
    """The rules; a profile without the table draws up no pay sheets."""
    if table is None:
        return None
    base = _sums(table, "base")
    unknown = [post for post in base if post not in posts]
    if unknown:
        table.refuse(
            say(
                "“{name}”的 base 里没有这些岗位：{posts}",
                name=table.name,
                posts="、".join(unknown),
            ),
            "base",
        )
    grades = _sums(table, "grades")
    pay_rules = PayRules(
        base,
        grades,
        table.text("assessment") if grades else "",
        table.text("procedure") if "procedure" in table else "",
        table.words("allowances", []),
        table.words("drafted_by"),
        table.words("approved_by"),
        read_citation(table, "citation", articles),
    )
    table.done()
    return pay_rules


def _sums(table: Table, key: str) -> dict[str, int]:
    """Name → 元."""
    sums = table.table(key, required=False)
    if sums is None:
        return {}
    amounts = {name: sums.number(name, at_most=MOST) for name in sums.names()}
    sums.done()
    return amounts
