"""A task whose time stands still: nobody completes it, lists say so, and on the day of review the body that
approved it has it to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.notifications import due
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.suspensions import Suspension
from orchestrator.store.user_tasks import UserTask
from tests.web.test_unsent import task_of

REVIEW = {
    "decision": "approve",
    "approver": "government",
    "opinion": "材料齐全，同意上报",
}


@pytest.fixture
def suspended(application, signed_in, request) -> str:
    name = f"挂账巡查{len(request.node.name)}"
    task = task_of(application, item_name=name)
    later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    given = {"reason": "涉诉待判", "review_on": later, "_key": task}
    answer = signed_in("zj-wgb").post(f"/deadline/{task}/suspend", data=given)
    assert answer.status_code == 302
    return task


def state(application, task: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(UserTask, task).state


def test_a_suspended_task_is_completed_only_after_it_goes_on(
    application, signed_in, suspended
) -> None:
    client = signed_in("jk-wgb")
    assert "恢复办理之前不能办结" in client.get(f"/task/{suspended}").text
    refused = client.post(f"/task/{suspended}/complete", data=REVIEW)
    assert refused.status_code == 409
    assert "已挂账" in refused.text and "材料齐全" in refused.text
    assert state(application, suspended) == "open"
    signed_in("zj-wgb").post(f"/deadline/{suspended}/resume")
    done = client.post(f"/task/{suspended}/complete", data=REVIEW)
    assert done.status_code == 302
    assert state(application, suspended) == "completed"


def test_on_the_day_of_review_the_approving_body_has_it_to_look_at(
    application, signed_in, suspended
) -> None:
    office, matter = signed_in("zj-wgb"), suspended.partition(".")[0]
    assert "挂账到期复查" not in office.get("/").text
    with application.app_context():
        due.sweep(datetime.now(UTC))
        with transaction() as session:
            row = session.get_one(Suspension, suspended)
            assert row.told_at is None
            row.review_at = datetime.now(UTC) - timedelta(minutes=1)
        for _sweep in range(2):
            due.sweep(datetime.now(UTC))
        with transaction(writing=False) as session:
            told = session.scalars(
                sa.select(Person.username)
                .join(Notification, Notification.person_id == Person.id)
                .where(
                    Notification.instance_id == matter,
                    Notification.step.startswith("挂账复查"),
                )
            ).all()
    assert sorted(told) == sorted(set(told)) and "zj-wgb" in told
    page = office.get("/").text
    assert "挂账到期复查" in page and f"/instance/{matter}" in page
    assert "挂账到期复查" not in signed_in("jk-sf").get("/").text
    office.post(f"/deadline/{suspended}/resume")
    assert f"/instance/{matter}" not in office.get("/").text.split("待办")[0]
    with application.app_context(), transaction(writing=False) as session:
        assert session.get(Suspension, suspended) is None
