"""[series] of the profile: recurring work that the clock opens for offices."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.series import (
    BY_MONTHS,
    LATEST_DAYS,
    SERIES_PERIODS,
    SeriesRule,
)
from orchestrator.sentences import say


def read_series(
    top: Table, articles: Collection[str]
) -> tuple[SeriesRule, ...]:
    """The rules, in the file's order; none of a profile without the table."""
    if "series" not in top:
        return ()
    series_rules = []
    for key, table in top.tables("series"):
        every = table.text("every", of=SERIES_PERIODS)
        series_rules.append(
            SeriesRule(
                key,
                table.text("name"),
                table.text("message"),
                every,
                table.number(
                    "day", 1, at_least=1, at_most=LATEST_DAYS.get(every)
                ),
                table.words("hosts"),
                read_citation(table, "citation", articles),
                table.flag("only_with_work", False),
            )
        )
        if every == "week" and series_rules[-1].message in BY_MONTHS:
            table.refuse(
                say(
                    "“{name}.every”不能是 week：这项工作按月、按季或按年开展",
                    name=table.name,
                ),
                "every",
            )
        table.done()
    return tuple(series_rules)
