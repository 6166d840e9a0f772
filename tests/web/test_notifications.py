"""The pages of 通知: what a person is told of, the badge, and that nobody opens another's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services.notifications import collecting
from orchestrator.store.notifications import Notification
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.test_unsent import task_of


@pytest.fixture
def row(application) -> Notification:
    """What 京口's head of the grid office is told of a new application, when all before it is read: the badge
    counts no further than to a hundred."""
    now = datetime.now(UTC)
    with application.app_context():
        while collecting.collect(now):
            pass
        with transaction() as session:
            session.execute(
                sa.update(Notification)
                .where(Notification.read_at.is_(None))
                .values(read_at=now)
            )
    task_id = task_of(application)
    with application.app_context():
        collecting.collect(datetime.now(UTC))
        with transaction(writing=False) as session:
            return session.scalars(
                sa.select(Notification)
                .join(Person, Person.id == Notification.person_id)
                .where(
                    Notification.task_id == task_id,
                    Person.username == "jk-wgb",
                )
            ).one()


def test_the_list_and_the_badge_tell_of_a_new_task_until_it_is_opened(
    application, signed_in, row
) -> None:
    client = signed_in("jk-wgb")
    before = client.get("/notifications/unread").json
    assert (
        before["count"] == 1
        and before["newest"] == row.id
        and before["said"].startswith("新待办")
    )
    page = client.get("/notifications").text
    assert (
        f"/notifications/{row.id}/open" in page
        and "新待办" in page
        and row.step in page
    )
    assert client.get("/notifications/unread").json == before, (
        "looking changes nothing"
    )
    opened = client.post(f"/notifications/{row.id}/open")
    assert (
        opened.status_code == 302
        and opened.headers["Location"] == f"/task/{row.task_id}"
    )
    assert client.get("/notifications/unread").json["count"] == 0
    assert (
        f"/notifications/{row.id}/open"
        not in client.get("/notifications").text
    )
    assert (
        f"/notifications/{row.id}/open"
        in client.get("/notifications?show=all").text
    )


def test_all_are_marked_at_once(signed_in, row) -> None:
    client = signed_in("jk-wgb")
    done = client.post("/notifications/read", follow_redirects=True)
    assert "已全部标记为已读" in done.text and "没有未读的通知" in done.text
    assert client.get("/notifications/unread").json == {"count": 0}


def test_anothers_is_not_found(signed_in, row) -> None:
    stranger = signed_in("dy-cg")
    assert stranger.post(f"/notifications/{row.id}/open").status_code == 404
    assert (
        f"/notifications/{row.id}/open"
        not in stranger.get("/notifications?show=all").text
    )
    assert stranger.get(f"/notifications?before={row.id}").status_code == 200
