"""[series] of the profile: recurring work that the clock opens for offices."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator.domain.assessment import PERIODS
from orchestrator.domain.jurisdiction.items import read_citation
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.domain.series import LATEST_DAYS, SeriesRule


def read_series(
    top: Table, articles: Collection[str]
) -> tuple[SeriesRule, ...]:
    """The rules, in the file's order; none of a profile without the table."""
    if "series" not in top:
        return ()
    series_rules = []
    for key, table in top.tables("series"):
        every = table.text("every", of=PERIODS)
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
            )
        )
        table.done()
    return tuple(series_rules)
