"""The page on which a person chooses how he is notified: refusals are told, no secret is shown again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.notification_channels import NotificationChannel
from orchestrator.store.session import transaction

SECRET = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa"
TRIAL = "notification-trial"


@pytest.fixture(autouse=True)
def _allowed(application) -> Iterator[None]:
    before = application.extensions["gridflow"]
    application.extensions["gridflow"] = replace(
        before, notify_hosts=("qyapi.weixin.qq.com",)
    )
    yield
    application.extensions["gridflow"] = before
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(NotificationChannel))
        session.execute(
            sa.delete(OutboxMessage).where(OutboxMessage.kind == TRIAL)
        )


def test_a_channel_is_set_up_tried_out_and_removed_and_its_secret_is_shown_nowhere(
    application, signed_in
) -> None:
    client = signed_in("jk-wgb")
    given = {
        "address.wecom": SECRET,
        "kinds.wecom": ["assigned", "urged"],
        "digest.wecom": "1",
    }
    saved = client.post("/me/notifications", data=given, follow_redirects=True)
    assert "通知方式已保存" in saved.text and "已设置，留空不变" in saved.text
    assert "693a91f6" not in saved.text
    kept = client.post(
        "/me/notifications",
        data={**given, "address.wecom": ""},
        follow_redirects=True,
    )
    assert "通知方式已保存" in kept.text
    with application.app_context(), transaction(writing=False) as session:
        row = session.scalars(sa.select(NotificationChannel)).one()
        assert (row.address, row.kinds, row.digest) == (
            SECRET,
            ["assigned", "urged"],
            True,
        )
    assert client.post("/me/notifications/wecom/try").status_code == 302
    assert client.post("/me/notifications/email/try").status_code == 404
    with application.app_context(), transaction(writing=False) as session:
        trials = sa.select(OutboxMessage.payload).where(
            OutboxMessage.kind == TRIAL
        )
        assert len(session.scalars(trials).all()) == 1
    client.post("/me/notifications", data={"remove.wecom": "1"})
    assert "已设置，留空不变" not in client.get("/me/notifications").text


def test_what_does_not_go_is_told_and_choices_stay(signed_in) -> None:
    client = signed_in("jk-wgb")
    refused = client.post(
        "/me/notifications",
        data={
            "address.webhook": "https://10.0.0.1/x",
            "kinds.webhook": "urged",
            "quiet_from": "22:00",
        },
    )
    assert refused.status_code == 422
    assert (
        "不允许发往 10.0.0.1" in refused.text
        and "免打扰时间请写成" in refused.text
    )
    assert 'value="22:00"' in refused.text


def test_the_administrator_sees_a_channel_that_fails_and_no_secret(
    application, signed_in
) -> None:
    client = signed_in("jk-wgb")
    client.post(
        "/me/notifications",
        data={"address.wecom": SECRET, "kinds.wecom": "urged"},
    )
    assert "送达失败" not in signed_in("admin").get("/admin/").text
    with application.app_context(), transaction() as session:
        row = session.scalars(sa.select(NotificationChannel)).one()
        row.failing_since, row.last_error = datetime.now(UTC), "error=500"
    page = signed_in("admin").get("/admin/").text
    assert (
        "送达失败" in page and "error=500" in page and "693a91f6" not in page
    )
    assert "送达失败" in client.get("/me/notifications").text
