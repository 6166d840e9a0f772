"""The administrator's page about processes, servers, queues, slow requests and backups."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services.installation import backup_notes, presence
from orchestrator.store.incidents import OutboxMessage
from orchestrator.store.service_processes import BackupMade, ServiceProcess
from orchestrator.store.session import transaction


@pytest.fixture
def running(application: Flask, tmp_path: Path) -> Iterator[None]:
    """A web server with a slow request, a silent worker, no clock, a stuck message and a backup."""
    now = datetime.now(UTC)
    silent = now - timedelta(minutes=5)
    slow = {
        "endpoint": "registers.dossier",
        "seconds": 7.5,
        "at": now.isoformat(),
        "number": "request-of-the-state",
    }
    stuck = OutboxMessage(
        id="0stuck",
        tenant_id="zhenjiang",
        kind="message",
        created_at=silent,
        available_at=silent,
        attempts=4,
        last_error="对方没有应答",
    )
    elsewhere = OutboxMessage(
        id="0stuck-too",
        tenant_id="dongying",
        kind="signal-of-others",
        created_at=silent,
        available_at=silent,
    )
    file = tmp_path / "of-tonight.gridflow"
    file.write_bytes(bytes(3 * 1024**2))
    with application.app_context():
        presence.renew(
            presence.ServingProcess("web", "host-of-web", 41, now), now, [slow]
        )
        presence.renew(
            presence.ServingProcess("worker", "host-of-worker", 42, silent),
            silent,
        )
        backup_notes.note(file, now, encrypted=False)
        with transaction() as session:
            session.add_all([stuck, elsewhere])
        yield
        with transaction() as session:
            session.execute(
                sa.delete(OutboxMessage).where(
                    OutboxMessage.id.like("0stuck%")
                )
            )
            session.execute(sa.delete(BackupMade))
            session.execute(sa.delete(ServiceProcess))


def test_an_administrator_sees_what_serves_and_what_is_stuck(
    signed_in,
    running: None,
    application: Flask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = signed_in("admin").get("/admin/state/").text
    for told in (
        "host-of-web",
        "host-of-worker",
        "没有回应",
        "没有时钟在运行",
        "registers.dossier",
        "7.5 秒",
        "request-of-the-state",
        "对方没有应答",
        "of-tonight.gridflow，3.0 MB，没有加密",
        "SQLite 3",
    ):
        assert told in page, told
    # Without a queue there is nothing for a worker to do.
    assert "没有后台任务在运行" not in page
    assert "没有网页服务报告状态" not in page
    assert "signal-of-others" not in page
    settings = application.extensions["gridflow"]
    queue = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(type(settings), "redis_url", queue, raising=False)
    page = signed_in("admin").get("/admin/state/").text
    assert "没有后台任务在运行" in page


def test_nobody_else_sees_it(signed_in, application: Flask) -> None:
    assert signed_in("jk-wgb").get("/admin/state/").status_code == 403
    stranger = application.test_client().get("/admin/state/")
    assert stranger.status_code in (302, 401)


def test_on_a_phone_each_value_of_a_row_says_what_it_is(
    running: None, signed_in
) -> None:
    page = signed_in("admin").get("/admin/state/").get_data(True)
    rows = [
        re.findall(r"<td[^>]*>", row)
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
        if "<td" in row
    ]
    assert len(rows) >= 4
    bare = [cell for row in rows for cell in row if "data-label" not in cell]
    # The name of a service and its state, and the instant of a slow request, say it themselves.
    assert len(bare) == 2 * 2 + 1
