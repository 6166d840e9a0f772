"""The list that a task was opened from: what stands before and after the task, and what comes next once it is
done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
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
    session, order = reading(), order_of(result.get("sort", ""))
    filters = filters_of(result, datetime.now(UTC))
    of, read = inbox_rows.official(who()), LISTS[tab_of(result)]
    if read is queries.page_to_do:
        return Neighbours(
            *queries.beside_urgent_first(session, of, filters, order, task.id)
        )
    value = queries.sort_value(session, order, task.id)
    pages = [
        read(
            session,
            of,
            filters,
            order,
            Place(value, task.id, before),
            1,
        )
        for before in (True, False)
    ]
    return Neighbours(
        *(page.rows[0].id if page.rows else None for page in pages)
    )
