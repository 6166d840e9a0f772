"""Health addresses, metrics, numbers of requests and logs."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import os
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from alembic.script import ScriptDirectory
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

import orchestrator
from app import create_app
from orchestrator.errors import SettingInvalid
from orchestrator.services import instances
from orchestrator.services.installation import (
    database,
    health,
    presence,
    process_watch,
)
from orchestrator.services.records import attachments, happened
from orchestrator.settings import read_settings
from orchestrator.store import service_processes
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from tests.web.test_registers import APPLICATION
from web import log_lines, watching

TOKEN = "watch" * 8
ROOT = Path(__file__).parents[2]


@pytest.fixture
def watched(application: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with a token for its metrics."""
    settings = application.extensions["gridflow"]
    monkeypatch.setattr(type(settings), "metrics_token", TOKEN, raising=False)
    return application


def test_a_process_that_answers_is_live(application: Flask) -> None:
    answer = application.test_client().get("/health/live")
    assert (answer.status_code, answer.json) == (200, {"state": "live"})


def test_an_installation_in_order_is_ready(application: Flask) -> None:
    answer = application.test_client().get("/health/ready")
    assert answer.status_code == 200
    assert (
        answer.json["ready"]
        and answer.json["database"]
        and answer.json["schema"]
    )


def test_without_its_database_it_is_not_ready(tmp_path) -> None:
    broken = create_app(
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(tmp_path),
                "GRIDFLOW_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                "GRIDFLOW_SECRET_KEY": "tests" * 8,
            }
        )
    )
    answer = broken.test_client().get("/health/ready")
    assert answer.status_code == 503 and answer.json["database"] is False
    assert broken.test_client().get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("migrations", "ready"),
    [
        pytest.param(["9999", "{present}"], False, id="it lacks one"),
        pytest.param(["{present}"], True, id="its own"),
        pytest.param(["0001"], True, id="a newer program has migrated it"),
    ],
)
def test_a_program_is_ready_with_its_own_schema_and_with_a_newer_one(
    application: Flask, monkeypatch, migrations: list[str], ready: bool
) -> None:
    real = ScriptDirectory(str(database.MIGRATIONS)).get_current_head()
    known = [name.format(present=real) for name in migrations]

    class Script:
        def __init__(self, _folder: str) -> None:
            pass

        def get_current_head(self) -> str:
            return known[0]

        def walk_revisions(self) -> list[Any]:
            return [SimpleNamespace(revision=name) for name in known]

    monkeypatch.setattr(health, "ScriptDirectory", Script)
    answer = application.test_client().get("/health/ready")
    assert answer.json["schema"] is ready
    assert (answer.status_code == 200) is ready


def test_nobody_reads_the_metrics_without_the_token(
    application: Flask, watched: Flask
) -> None:
    client = application.test_client()
    assert client.get("/metrics").status_code == 404
    for shown in ("Bearer wrong", "Bearer ", TOKEN[:-1], "Bearer 错"):
        wrong = {"Authorization": shown.encode().decode("latin-1")}
        assert client.get("/metrics", headers=wrong).status_code == 404
    assert (
        client.get(
            "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
        ).status_code
        == 200
    )


def test_without_a_token_in_the_settings_there_are_no_metrics(
    application: Flask,
) -> None:
    answer = application.test_client().get(
        "/metrics", headers={"Authorization": "Bearer "}
    )
    assert answer.status_code == 404


def test_the_metrics_count_requests_and_tell_late_timers(
    watched: Flask,
) -> None:
    client = watched.test_client()
    client.get("/health/live")
    text = client.get(
        "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    ).text
    found = {
        (sample.name, sample.labels.get("endpoint")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["gridflow_requests_total", "watching.live"] >= 1
    assert found["gridflow_request_seconds_count", "watching.live"] >= 1
    assert found["gridflow_database_ok", None] == 1
    for name in (
        "late_timers",
        "unsent_messages",
        "open_incidents",
        "free_disk_bytes",
    ):
        assert found[f"gridflow_{name}", None] >= 0


def _expressions() -> list[str]:
    """What the dashboard and the alert rules ask Prometheus for."""
    folder = ROOT / "deploy" / "monitoring"
    dashboard = json.loads((folder / "grafana-dashboard.json").read_text())
    rules = yaml.safe_load((folder / "prometheus-rules.yaml").read_text())
    asked = [
        target["expr"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
    ]
    return asked + [
        rule["expr"] for group in rules["groups"] for rule in group["rules"]
    ]


def test_dashboard_and_alerts_ask_for_what_is_measured(
    watched: Flask, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = watched.extensions["gridflow"]
    monkeypatch.setattr(type(settings), "redis_url", redis_url, raising=False)
    client = watched.test_client()
    client.get("/health/live")
    text = client.get(
        "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}
    ).text
    measured = {
        sample.name
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    # Counters with labels have no sample before the first event.
    measured.add("gridflow_events_total")
    asked = " ".join(_expressions())
    named = set(re.findall(r"gridflow_[a-z_]+", asked))
    assert len(named) > 15 and named <= measured
    shown = {name for name in measured if name.startswith("gridflow_")}
    left_out = {
        name
        for name in shown - named
        if not name.endswith(("_created", "_count", "_sum"))
    }
    assert left_out == set()
    source = "".join(
        file.read_text("utf-8")
        for file in (ROOT / "orchestrator").rglob("*.py")
    )
    kinds = set(re.findall(r'kind="([a-z-]+)"', asked))
    assert len(kinds) == 5
    assert [kind for kind in kinds if f'"{kind}"' not in source] == []


def test_a_process_that_serves_is_told_until_it_ends(
    application: Flask,
) -> None:
    now = datetime.now(UTC) + timedelta(days=400)
    with application.app_context():
        web = presence.this_process("web", now)
        other = presence.ServingProcess("web", "host-2", 17, now)
        slow = [{"endpoint": "inbox.to_do", "seconds": 3.0}]
        presence.renew(other, now)
        presence.renew(web, now)
        presence.renew(web, now, slow)
        assert health.figures(now).processes == {"web": 2, "clock": 0}
        with transaction(writing=False) as session:
            rows = service_processes.seen_since(session, now)
            assert [row.slow for row in rows if row.id == web.id] == [slow]
        later = now + presence.SILENT_AFTER + timedelta(seconds=1)
        presence.renew(web, later)
        assert health.figures(later).processes["web"] == 1
        presence.leave(web)
        assert health.figures(later).processes["web"] == 0
        presence.renew(web, now + presence.FORGOTTEN_AFTER * 2)
        with transaction(writing=False) as session:
            rows = service_processes.seen_since(session, now)
            assert [row.id for row in rows] == [web.id]
        presence.leave(web)


def test_workers_are_missed_only_where_there_is_a_queue(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC) + timedelta(days=500)
    with application.app_context():
        assert "worker" not in health.figures(now).processes
        settings = application.extensions["gridflow"]
        queue = "redis://127.0.0.1:1/0"
        monkeypatch.setattr(type(settings), "redis_url", queue, raising=False)
        assert health.figures(now).processes["worker"] == 0


def test_a_process_renews_its_row_by_the_databases_clock(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose clock is a day fast; and the row of a process that was killed, of the same name."""
    monkeypatch.setattr(health, "_clock_of", lambda _connection, _now: now)
    now = datetime.now(UTC) + timedelta(days=600)
    killed = presence.ServingProcess("clock", "host-9", 1, now)
    other = presence.ServingProcess("web", "host-8", 17, now)
    again = dataclasses.replace(killed, started_at=now + timedelta(minutes=1))
    with application.app_context():
        presence.renew(other, now)
        with monkeypatch.context() as patch:
            patch.setattr(orchestrator, "RELEASE", "0.1")
            presence.renew(killed, now)
        # A clock that is 600 days behind: the database's is taken.
        process_watch.renew(again, datetime.now(UTC))
        with transaction(writing=False) as session:
            rows = service_processes.seen_since(session, now)
            found = {
                row.id: (row.release, row.started_at, row.seen_at)
                for row in rows
            }
        presence.leave(other)
        presence.leave(again)
    assert other.id in found
    assert found[again.id] == (orchestrator.RELEASE, again.started_at, now)


def test_what_happened_is_counted_when_it_is_committed(
    application: Flask,
) -> None:
    def counted() -> float:
        return happened.EVENTS.labels("of-a-test")._value.get()

    with application.app_context():
        before = counted()
        with pytest.raises(ZeroDivisionError), transaction() as session:
            session.execute(sa.text("SELECT 1"))
            happened.note(session, ["of-a-test"])
            raise ZeroDivisionError
        assert counted() == before
        with transaction() as session:
            session.execute(sa.text("SELECT 1"))
            happened.note(session, ["of-a-test"] * 2)
        assert counted() == before + 2


def test_the_release_is_that_of_the_package() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert package["project"]["version"] == orchestrator.RELEASE


def test_figures_tell_how_late_the_first_timer_is(application: Flask) -> None:
    """A clock that stood still for ten years finds the timer of a review late by years."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        given = attachments.keep(
            b"%PDF-1.4",
            "a.pdf",
            "attachments",
            attachments.Claim("zhenjiang", person),
            now,
        )
        form = {**APPLICATION, "attachments": [given]}
        instances.start(
            "zhenjiang",
            "item_admission",
            form,
            person,
            "zhenjiang:justice:321102",
            now,
        )
        before, after = (
            health.figures(now),
            health.figures(now + timedelta(days=3650)),
        )
    assert after.late_timers > before.late_timers
    assert after.latest_timer_seconds > timedelta(days=3000).total_seconds()


def test_each_answer_has_a_number_and_an_error_page_tells_it(
    application: Flask,
) -> None:
    client = application.test_client()
    answer = client.get("/no-such-page")
    assert (
        answer.status_code == 404
        and answer.headers["X-Request-ID"] in answer.text
    )
    given = client.get(
        "/health/live", headers={"X-Request-ID": "proxy-number-17"}
    )
    assert given.headers["X-Request-ID"] == "proxy-number-17"
    forged = client.get(
        "/health/live", headers={"X-Request-ID": "<script>alert(1)</script>"}
    )
    assert "script" not in forged.headers["X-Request-ID"]


@pytest.fixture
def json_lines(monkeypatch: pytest.MonkeyPatch):
    """What is logged as JSON while the test runs."""
    written = io.StringIO()
    formatter = log_lines._to_stderr.formatter
    log_lines.write(as_json=True)
    monkeypatch.setattr(log_lines._to_stderr, "stream", written)
    yield lambda: [
        json.loads(line) for line in written.getvalue().splitlines()
    ]
    log_lines._to_stderr.formatter = formatter


def test_a_failure_is_one_bounded_line_without_values(
    application: Flask, json_lines
) -> None:
    secret = "张三的身份证号"
    with application.app_context():
        try:
            with db.engine.connect() as connection:
                connection.execute(
                    sa.text("SELECT * FROM no_table WHERE name = :name"),
                    {"name": secret},
                )
        except sa.exc.SQLAlchemyError:
            logging.getLogger("gridflow.clock").exception(
                "it failed %s", "x" * 10
            )
    (line,) = json_lines()
    assert line["event"] == "it failed xxxxxxxxxx" and line["level"] == "error"
    assert (
        "no such table" in line["exception"]
        and len(line["exception"]) <= log_lines.LONGEST_TRACE + 1
    )
    assert secret not in json.dumps(line, ensure_ascii=False)


def test_a_failing_form_leaves_nothing_of_what_was_typed(
    signed_in, json_lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a failure repeats: a name, a telephone, an identity card, an address, the database's words."""
    typed = {
        "item_name": "欧阳小满的低保",
        "why_grids": "电话13805110011，身份证32110219900101123X",
        "served": "ou.yang@example.gov.cn",
    }

    def fail(*given: object) -> None:
        logging.getLogger("gridflow.clock").error("cannot keep %s", given)
        inner = KeyError(str(given))
        raise ValueError(
            f'{given} Key (username)=(ouyangxm) already exists. "13805110011"'
        ) from inner

    monkeypatch.setattr(instances, "start_at", fail)
    monkeypatch.setattr(watching, "SLOW_SECONDS", 0)
    client = signed_in("jk-sf")
    refused = client.post(
        "/start/item_admission/zhenjiang:justice:321102",
        data={**APPLICATION, **typed},
    )
    assert refused.status_code == 500 and "欧阳小满" in refused.text
    assert client.get("/task/0abc.7?search=欧阳小满").status_code == 404
    lines = json_lines()
    written = json.dumps(lines, ensure_ascii=False)
    for personal in (
        "欧阳",
        "13805110011",
        "32110219900101123X",
        "ou.yang",
        "ouyangxm",
    ):
        assert personal not in written
    (failure,) = (line for line in lines if "exception" in line)
    assert "ValueError" in failure["exception"]
    assert failure["request"] == refused.headers["X-Request-ID"]
    assert failure["process"].endswith(f":{os.getpid()}")
    assert lines[-1]["instance"] == "0abc"


def test_a_short_metrics_token_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="GRIDFLOW_METRICS_TOKEN"):
        read_settings({"GRIDFLOW_METRICS_TOKEN": "short"})


def test_what_strangers_open_first_is_built_before_the_server_parts(
    application: Flask, monkeypatch
) -> None:
    """And none of them counts as a slow page that somebody waited for."""
    monkeypatch.setattr(watching, "SLOW_SECONDS", 0)
    before = list(watching._slow)
    assert application.extensions["gridflow.warm"]() == [200, 200]
    assert list(watching._slow) == before
