"""The inbox: counters that filter, who applied, when it arrived."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate
from tests.web.test_unsent import task_of
from web.inbox import counters


def number(page: str, kind: str) -> int:
    found = re.search(rf'href="/{re.escape(kind)}".*?gf-number">(\d+)', page, re.DOTALL)
    assert found
    return int(found[1])


def fall_due(application, task: str, at: datetime) -> None:
    with application.app_context(), transaction() as session:
        row = session.get_one(UserTask, task)
        row.due_at = row.due_sort = at
        for candidate in session.query(UserTaskCandidate).filter_by(task_id=task):
            candidate.due_sort = at


def test_a_counter_filters_by_what_it_counts(application, signed_in) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    before = client.get("/").text
    fall_due(application, task, datetime.now(UTC) - timedelta(hours=2))
    page = client.get("/").text
    assert number(page, "?due=overdue") == number(before, "?due=overdue") + 1
    overdue = client.get("/?due=overdue").text
    assert f"/task/{task}" in overdue and 'name="due" value="overdue"' in overdue
    assert f"/task/{task}" not in client.get("/?due=week").text
    assert f"/task/{task}" not in client.get("/?due=claimed").text
    client.post(f"/task/{task}/claim")
    assert f"/task/{task}" in client.get("/?due=claimed").text
    assert client.get("/?due=nonsense").status_code == 200


def test_a_row_tells_who_applied_and_when_it_arrived(application, signed_in) -> None:
    task = task_of(application)
    page = signed_in("jk-wgb").get("/").text
    row = page[page.index(f"/task/{task}") :].split("</tr>")[0]
    assert " · " in row and "到达" in row and "由 京口区网格化服务管理中心 办理" in row


@pytest.mark.parametrize(
    ("now", "tonight"),
    [
        ("2026-11-27 15:59", "2026-11-27 16:00"),
        ("2026-11-27 16:00", "2026-11-28 16:00"),
        ("2026-12-31 12:00", "2026-12-31 16:00"),
    ],
)
def test_the_day_ends_by_the_offices_clock(application, now: str, tonight: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with application.app_context():
        _now, end, week = counters.ends(at)
    assert end == datetime.fromisoformat(tonight).replace(tzinfo=UTC) and week - end == timedelta(days=7)
