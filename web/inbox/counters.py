"""The counters above the inbox: each counts one kind of task and filters by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as N_

from orchestrator.store.inbox_counts import Counts
from web.shown import in_zone

OTHERS = "others"
ASIDE = "aside"
KINDS = {
    "": N_("全部"),
    "overdue": N_("已逾期"),
    "today": N_("今天到期"),
    "week": N_("本周到期"),
    "new": N_("新到"),
    "claimed": N_("我领取的"),
    ASIDE: N_("暂放"),
    OTHERS: N_("等他人办理"),
}
"""What stands in the address (`due=`) → what the counter is called."""


@dataclass(frozen=True, slots=True)
class Counter:
    kind: str
    name: Any
    count: int


def ends(now: datetime) -> tuple[datetime, datetime, datetime]:
    """Now, the end of the office's day, and the end of its Sunday."""
    here = in_zone(now)
    midnight = datetime.combine(
        here.date() + timedelta(days=1),
        time(),
        here.tzinfo,
    )
    return now, midnight, midnight + timedelta(days=6 - here.weekday())


def window(kind: str, now: datetime, since: datetime) -> dict[str, Any]:
    """What the counter filters by, as fields of Filters; an unknown one filters nothing."""
    _now, tonight, week = ends(now)
    windows: dict[str, dict[str, Any]] = {
        "overdue": {"due_before": now},
        "today": {"due_from": now, "due_before": tonight},
        "week": {"due_from": now, "due_before": week},
        "new": {"new_since": since},
        "claimed": {"claimed": True},
        ASIDE: {"aside": True},
    }
    return {**windows.get(kind, {}), "now": now}


def of(counts: Counts) -> Sequence[Counter]:
    """The counters in their order."""
    numbers = {
        "": counts.all,
        "overdue": counts.overdue,
        "today": counts.today,
        "week": counts.week,
        "new": counts.new,
        "claimed": counts.claimed,
        ASIDE: counts.aside,
        OTHERS: counts.others,
    }
    return [Counter(kind, name, numbers[kind]) for kind, name in KINDS.items()]
