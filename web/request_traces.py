"""A span for each request, where the settings name a collector; its parent is the one that a proxy names."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request
from opentelemetry import context
from opentelemetry.trace import SpanKind, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)

from orchestrator.services.installation import traces

_propagator = TraceContextTextMapPropagator()


def register(app: Flask) -> None:
    """Gives the requests of the application their spans."""
    provider = traces.provider_of(app)
    if provider is None:
        return
    tracer = provider.get_tracer("gridflow")

    def begin() -> None:
        details = {"http.request.method": request.method}
        if request.url_rule is not None:
            details["http.route"] = request.url_rule.rule
        g.span = tracer.start_span(
            request.endpoint or "none",
            context=_propagator.extract(
                {name.lower(): value for name, value in request.headers}
            ),
            kind=SpanKind.SERVER,
            attributes=details,
        )
        g.span_token = context.attach(set_span_in_context(g.span))

    def note(answer: Any) -> Any:
        if "span" in g:
            g.span.set_attribute(
                "http.response.status_code", answer.status_code
            )
            g.span.set_attribute("gridflow.request", g.get("request_id", ""))
        return answer

    def end(_failure: BaseException | None) -> None:
        if "span" in g:
            context.detach(g.pop("span_token"))
            g.pop("span").end()

    app.before_request(begin)
    app.after_request(note)
    app.teardown_request(end)
