"""A task whose time stands still: nobody completes it, lists say so, and on the day of review the body that
approved it has it to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services.clocks import messages, suspension_reviews, timers
from orchestrator.services.instances import opened_for
from orchestrator.services.notifications import collecting, due
from orchestrator.store.instances import ProcessInstance
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
    application, signed_in, suspended, monkeypatch
) -> None:
    """In a city that draws no procedure for the review."""
    monkeypatch.setattr(opened_for, "is_drawn", lambda *_asked: False)
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


def reviews_of(application, task: str) -> list[UserTask]:
    """The open reviews of the suspension, opened as its day has come."""
    about = sa.select(ProcessInstance.id).where(
        ProcessInstance.about_id == task.partition(".")[0]
    )
    with application.app_context():
        with transaction() as session:
            row = session.get_one(Suspension, task)
            row.review_at = datetime.now(UTC) - timedelta(minutes=1)
        for _round in range(2):
            suspension_reviews.open_due(datetime.now(UTC))
        with transaction(writing=False) as session:
            return list(
                session.scalars(
                    sa.select(UserTask).where(
                        UserTask.instance_id.in_(about),
                        UserTask.state == "open",
                    )
                )
            )


def test_the_clock_gives_the_review_to_the_body_that_decided_which_resumes_or_goes_on(
    application, signed_in, suspended
) -> None:
    office = signed_in("zj-wgb")
    (review,) = reviews_of(application, suspended)
    page = office.get(f"/task/{review.id}").text
    assert "涉诉待判" in page and "挂账的步骤" in page
    assert "挂账到期复查" not in office.get("/").text, "it is a task now"
    later = (datetime.now(UTC) + timedelta(days=9)).date()
    answer = {
        "review_decision": "continue",
        "review_on": later.isoformat(),
        "review_opinion": "判决延期",
    }
    done = office.post(f"/task/{review.id}/complete", data=answer)
    assert done.status_code == 302
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(Suspension, suspended)
        assert row.review_at is not None and row.told_at is None
        assert row.review_at.date() >= later - timedelta(days=1)
        assert session.get_one(UserTask, suspended).due_at is None
    assert (
        "继续挂账：判决延期"
        in office.get(f"/instance/{suspended.partition('.')[0]}").text
    )
    with application.app_context():
        timers.fire_due(datetime.now(UTC) + timedelta(days=10))
    (review,) = reviews_of(application, suspended)
    answer = {"review_decision": "resume", "review_opinion": "判决已生效"}
    office.post(f"/task/{review.id}/complete", data=answer)
    with application.app_context():
        collecting.collect(datetime.now(UTC))
        with transaction(writing=False) as session:
            assert session.get(Suspension, suspended) is None
            assert session.get_one(UserTask, suspended).due_at is not None
            heard = session.scalars(
                sa.select(Person.username)
                .join(Notification, Notification.person_id == Person.id)
                .where(Notification.step.startswith("已恢复办理：")),
            ).all()
    assert "jk-wgb" in heard and "zj-wgb" not in heard


def test_a_review_ends_when_the_office_resumes_before_it(
    application, signed_in, suspended
) -> None:
    office = signed_in("zj-wgb")
    (review,) = reviews_of(application, suspended)
    office.post(f"/deadline/{suspended}/resume")
    with application.app_context():
        messages.relay(datetime.now(UTC) + timedelta(seconds=1))
    assert state(application, review.id) == "cancelled"
