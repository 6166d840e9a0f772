"""The list that a task was opened from: what stands before and after the task, and what comes next once it is
done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import inbox_rows
from orchestrator.store import inbox as queries
from orchestrator.store.inbox_order import Place, order_of
from orchestrator.store.user_tasks import UserTask
from web.auth import who
from web.inbox.lists import KEPT, LISTS, filters_of, tab_of

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Neighbours:
    before: str | None = None
    """Id of the task that stands before this one; None for the first."""
    after: str | None = None


def list_of(text: str | None) -> dict[str, str] | None:
    """The arguments of the list that `in` names; None where a page was not opened from a list."""
    if text is None:
        return None
    return {
        key: value for key, value in parse_qsl(text[:LONGEST]) if key in KEPT
    }


def in_list(text: str | None) -> dict[str, str]:
    """The argument by which a task's address remembers the list; nothing where there is none."""
    result = list_of(text)
    if result is None:
        return {}
    return {"in": urlencode(result)}


def around(task: UserTask, text: str | None) -> Neighbours:
    """What stands beside the task in that list."""
    result = list_of(text)
    if result is None:
        return Neighbours()
    return Neighbours(
        _beside(task, result, before=True),
        _beside(task, result, before=False),
    )


def _beside(
    task: UserTask,
    listed: Mapping[str, Any],
    before: bool,
) -> str | None:
    session = reading()
    order = order_of(listed.get("sort", ""))
    place = Place(queries.sort_value(session, order, task.id), task.id, before)
    filters = filters_of(listed, datetime.now(UTC))
    read = LISTS[tab_of(listed)]
    rows = read(
        session,
        inbox_rows.official(who()),
        filters,
        order,
        place,
        size=1,
    ).rows
    if rows:
        return rows[0].id
    return None
