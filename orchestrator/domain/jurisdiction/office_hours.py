"""`office_hours` and `[[office_hours_changes]]` of the profile and of a role: when offices are open, and from
which day on."""

from __future__ import annotations

from datetime import date, time
from itertools import pairwise

from orchestrator.domain.calendar import DatedHours
from orchestrator.domain.jurisdiction.tables import Table
from orchestrator.sentences import say


def read_office_hours(top: Table) -> tuple[tuple[time, time], ...]:
    """Periods in order that do not overlap: a day without any would never end a deadline."""
    hours: list[tuple[time, time]] = []
    try:
        for opens, closes in top.raw_list("office_hours"):
            hours.append(
                (time.fromisoformat(opens), time.fromisoformat(closes))
            )
    except (ValueError, TypeError):
        top.refuse(
            say(
                '“office_hours”应写成 [["09:00", "12:00"], ["14:00", "17:30"]] 的样子'
            ),
            "office_hours",
        )
        return tuple(hours)
    edges = [edge for period in hours for edge in period]
    if "office_hours" in top and (
        not edges or any(a >= b for a, b in pairwise(edges))
    ):
        top.refuse(
            say("“office_hours”应至少有一段，各段按先后排列且不重叠"),
            "office_hours",
        )
    return tuple(hours)


def read_hours_changes(table: Table) -> tuple[DatedHours, ...]:
    """Hours that hold from a day on, the earliest day first."""
    hourses: list[DatedHours] = []
    for row in table.rows("office_hours_changes", required=False):
        day = row.day("from_on")
        if day is None:
            row.refuse(
                say("请写明从哪一天起（from_on = 2027-01-01）"), "from_on"
            )
        hours = read_office_hours(row)
        if not hours:
            row.refuse(
                say("“office_hours”应至少有一段，各段按先后排列且不重叠"),
                "office_hours",
            )
        if day is not None and any(hours.from_on == day for hours in hourses):
            row.refuse(
                say("{day} 起的办公时间写了两次，请只留一项", day=day),
                "from_on",
            )
        hourses.append(DatedHours(day or date.max, hours))
        row.done()
    return tuple(sorted(hourses, key=lambda value: value.from_on))
