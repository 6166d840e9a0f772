"""Traces for an OpenTelemetry collector, where the settings name one: spans of requests, of what clock and
worker do, and of statements. No span holds a value, a name or the words of a failure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask, current_app
from opentelemetry.trace import SpanKind, Tracer

import orchestrator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

LONGEST_STATEMENT = 1_000
"""Characters of a statement, which has placeholders where its values are, that a span tells."""
_PROVIDER = "gridflow.traces"
_OPEN = "gridflow_spans"


def start(app: Flask, engine: sa.Engine, endpoint: str) -> None:
    """Sends spans of this application to `endpoint`, the address of an OTLP receiver over HTTP; nothing where
    it is empty."""
    if not endpoint:
        return
    # The library takes some tenths of a second of each start: only installations that send traces have it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {
        "service.name": "gridflow",
        "service.version": orchestrator.RELEASE,
    }
    provider = TracerProvider(resource=Resource.create(named))
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    app.extensions[_PROVIDER] = provider
    _watch(engine, provider.get_tracer("gridflow"))


def provider_of(app: Flask) -> TracerProvider | None:
    """Who sends the spans of the application; None where nobody does."""
    tracer_provider: TracerProvider | None = app.extensions.get(_PROVIDER)
    return tracer_provider


@contextmanager
def span(name: str) -> Iterator[None]:
    """A span of that name around the block; nothing where no collector is set."""
    provider = provider_of(current_app)
    if provider is None:
        yield
        return
    tracer = provider.get_tracer("gridflow")
    # What a failure says may hold what somebody typed.
    with tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ):
        yield


def _watch(engine: sa.Engine, tracer: Tracer) -> None:
    """A span for each statement of the engine."""
    system = engine.dialect.name

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _begin(
        connection: sa.Connection,
        _cursor: Any,
        statement: str,
        *_rest: Any,
    ) -> None:
        details = {
            "db.system.name": system,
            "db.query.text": statement[:LONGEST_STATEMENT],
        }
        begun = tracer.start_span(
            statement.partition(" ")[0],
            kind=SpanKind.CLIENT,
            attributes=details,
        )
        connection.info.setdefault(_OPEN, []).append(begun)

    @sa.event.listens_for(engine, "after_cursor_execute")
    def _finish(connection: sa.Connection, *_rest: Any) -> None:
        opened = connection.info.get(_OPEN)
        if opened:
            opened.pop().end()

    @sa.event.listens_for(engine, "handle_error")
    def _fail(context: sa.engine.ExceptionContext) -> None:
        if context.connection is None:
            return
        opened = context.connection.info.get(_OPEN)
        if opened:
            failed = opened.pop()
            kind = type(context.original_exception).__name__
            failed.set_attribute("error.type", kind)
            failed.end()
