"""The list of overdue cases: those with an open task that is late, each once, the latest found first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_merging import register


def test_only_cases_with_a_late_open_task_are_overdue(
    application, signed_in
) -> None:
    member = signed_in("zd-wgy1")
    made = [
        register(member, "zhenjiang", f"逾期列表{name}", "桥头", "")
        for name in ("甲", "乙", "丙")
    ]
    past = datetime.now(UTC) - timedelta(days=1)
    due(application, made[::2], past)
    page = signed_in("zd-wgb").get("/cases?overdue=1").text
    shown = list(dict.fromkeys(re.findall("逾期列表.", page)))
    assert shown == ["逾期列表丙", "逾期列表甲"]
    due(application, made, past + timedelta(days=9))
    assert "逾期列表" not in signed_in("zd-wgb").get("/cases?overdue=1").text


def due(application, matters: list[str], at: datetime) -> None:
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(UserTask)
            .where(UserTask.instance_id.in_(matters))
            .values(due_at=at)
        )
