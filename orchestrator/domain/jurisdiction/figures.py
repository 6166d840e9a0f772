"""[figures] of the profile: which steps tell people, where they say how content they are, what is to be
reached."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.figures import RATES
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.jurisdiction.values import FigureRules
from orchestrator.sentences import say


def read_figures(
    table: Table | None,
    articles: Collection[str],
) -> FigureRules:
    """The rules; those of a profile without the table count neither feedback nor satisfaction."""
    if table is None:
        return FigureRules()
    figure_rules = FigureRules(
        table.words("told_by", []),
        table.text("told_where", "") if "told_where" in table else "",
        table.text("rated_in", "") if "rated_in" in table else "",
        table.words("content", []),
        _targets(table.table("targets", required=False)),
        read_citation(table, "citation", articles, "default"),
    )
    if bool(figure_rules.rated_in) != bool(figure_rules.content):
        table.refuse(
            say(
                "“figures”的“rated_in”和“content”应同时写明：哪一栏填满意度，哪些值算满意",
            ),
        )
    table.done()
    return figure_rules


def _targets(table: Table | None) -> dict[str, int]:
    if table is None:
        return {}
    targets = {name: table.number(name) for name in table.names()}
    for name, wanted in targets.items():
        if name not in RATES or wanted > 100:
            table.refuse(
                say(
                    "“figures.targets”的“{name} = {wanted}”不对，应是 {listed} 之一对 0 到 100",
                    name=name,
                    wanted=wanted,
                    listed="、".join(RATES),
                ),
                name,
            )
    return targets
