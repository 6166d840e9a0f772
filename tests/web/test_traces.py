"""Traces, sent to a real receiver: what a span tells of a request, and what it never tells."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sqlalchemy as sa
from flask import Flask
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from app import create_app
from orchestrator import jobs
from orchestrator.services.installation import traces
from orchestrator.settings import read_settings
from orchestrator.store.session import db
from tests.databases import settings_for

SPOKEN = "欧阳小满13805110011"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Receiver:
    """Keeps the spans that are sent to it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_given: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list:
        return [
            span
            for body in self.bodies
            for resource in ExportTraceServiceRequest.FromString(
                body
            ).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def traced(receiver: Receiver, database_url: str, tmp_path) -> Iterator[Flask]:
    app = create_app(
        read_settings(
            {
                "GRIDFLOW_VAR_DIR": str(tmp_path),
                "GRIDFLOW_DATABASE_URL": database_url,
                "GRIDFLOW_SECRET_KEY": "tests" * 8,
                "GRIDFLOW_OTLP_ENDPOINT": f"{receiver.address}/",
            }
        )
    )
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_spans_of_a_request_and_its_statements_tell_nothing_that_was_typed(
    traced: Flask, receiver: Receiver
) -> None:
    with traced.app_context():
        with traces.span("clock.tick"):
            jobs.tick()
        with (
            db.engine.connect() as connection,
            pytest.raises(sa.exc.SQLAlchemyError),
        ):
            connection.execute(
                sa.text("SELECT * FROM no_table WHERE name = :name"),
                {"name": SPOKEN},
            )
    client = traced.test_client()
    asked = client.get(f"/public/?q={SPOKEN}", headers={"traceparent": PARENT})
    assert asked.status_code == 200
    client.post("/sign-in", data={"username": SPOKEN, "password": SPOKEN})
    provider = traces.provider_of(traced)
    assert provider is not None and provider.force_flush()
    spans = receiver.spans()
    by_name = {span.name: span for span in spans}
    board = by_name["public.board"]
    assert board.trace_id.hex() == PARENT.split("-")[1]
    told = {
        each.key: each.value.string_value or each.value.int_value
        for each in board.attributes
    }
    assert told == {
        "http.request.method": "GET",
        "http.route": "/public/",
        "http.response.status_code": 200,
        "gridflow.request": asked.headers["X-Request-ID"],
    }
    under = [span for span in spans if span.parent_span_id == board.span_id]
    assert "SELECT" in {span.name for span in under}
    assert by_name["clock.tick"].span_id in {
        span.parent_span_id for span in spans
    }
    failed = [
        span
        for span in spans
        if any(each.key == "error.type" for each in span.attributes)
    ]
    assert len(failed) == 1
    sent = b"".join(receiver.bodies).decode(errors="replace")
    assert "欧阳" not in sent and "13805110011" not in sent


def test_without_a_collector_nothing_is_traced(
    empty_url: str, tmp_path
) -> None:
    app = create_app(settings_for(empty_url, tmp_path))
    assert traces.provider_of(app) is None
    with app.app_context(), traces.span("clock.tick"):
        assert app.test_client().get("/health/live").status_code == 200
        db.engine.dispose()
