"""What watches the installation: health addresses, metrics, a number for each request, logs without personal
data."""

from __future__ import annotations

import hmac
import logging
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, g, jsonify, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as OF_THIS_PROCESS
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from orchestrator import jobs
from orchestrator.services.installation import database, health
from orchestrator.services.records.ids import new_id
from web.auth import permission

blueprint = Blueprint("watching", __name__)

SLOW_SECONDS = 2.0
"""A request that takes longer is told in the log."""
LONGEST_TRACE = 8_000
"""Characters of a failure's trace that a line of the log holds: its end."""
_NUMBER = re.compile(r"[A-Za-z0-9-]{8,64}")

REQUESTS = Counter(
    "gridflow_requests",
    "Answered requests",
    ["endpoint", "method", "status"],
)
SECONDS = Histogram(
    "gridflow_request_seconds",
    "How long requests took",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10),
)
PARTS = ("database", "schema", "clock", "disk", "queue")
FIGURES = {
    "late_timers": "Planned timers that are due",
    "latest_timer_seconds": "How late the first of them is",
    "unsent_messages": "Messages that should have been sent",
    "oldest_message_seconds": "How late the first of them is",
    "open_incidents": "Incidents that wait for somebody",
    "free_disk_bytes": "Room of the disk of the var directory",
}
"""Fields of `health.Health` and `health.Figures` that the metrics tell, with what they say."""
log = logging.getLogger("gridflow.requests")
_to_stderr = logging.StreamHandler()


def register(app: Flask) -> None:
    """Numbers, counts and times the requests of the application, and writes its logs as the settings say."""
    _write_logs(app.extensions["gridflow"].log_json)
    app.before_request(_begin)
    app.after_request(_end)


@blueprint.get("/health/live")
@permission("public")
def live() -> Any:
    """200 as long as the process answers."""
    return jsonify(state="live")


@blueprint.get("/health/ready")
@permission("public")
def ready() -> Any:
    """200 where requests can be served, 503 where not; each part as true or false."""
    found = health.health(jobs.queue_answers, datetime.now(UTC))
    parts = {name: getattr(found, name) for name in PARTS}
    answer = jsonify(ready=found.ready, **parts)
    if found.ready:
        answer.status_code = 200
    else:
        answer.status_code = 503
    return answer


@blueprint.get("/metrics")
@permission("public")
def metrics() -> Any:
    """The figures in Prometheus' text format, for whom shows the token of the settings; else 404."""
    token = database.settings().metrics_token
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(shown.encode(), token.encode()):
        abort(404)
    registry = CollectorRegistry()
    registry.register(_Figures())
    of_requests: CollectorRegistry = OF_THIS_PROCESS
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        # The processes of a web server add up their counts there.
        of_requests = CollectorRegistry()
        multiprocess.MultiProcessCollector(of_requests)  # type: ignore[no-untyped-call]
    return Response(
        generate_latest(of_requests) + generate_latest(registry),
        content_type=CONTENT_TYPE_LATEST,
    )


class _Figures(Collector):
    """The figures of the moment, read from the database: they belong to no process."""

    def collect(self) -> Iterator[Metric]:
        """A gauge for each part that answers or not, and for each figure."""
        now = datetime.now(UTC)
        found = health.health(jobs.queue_answers, now)
        for name in PARTS:
            told = "1 where it is as it should be"
            yield GaugeMetricFamily(
                f"gridflow_{name}_ok",
                told,
                value=float(getattr(found, name)),
            )
        if found.database:
            figures = health.figures(now)
            for name, told in FIGURES.items():
                yield GaugeMetricFamily(
                    f"gridflow_{name}",
                    told,
                    value=float(getattr(figures, name)),
                )


# ---- requests


def _begin() -> None:
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID", "")
    if _NUMBER.fullmatch(given):
        g.request_id = given
    else:
        g.request_id = new_id(datetime.now(UTC))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        request=g.request_id,
        endpoint=request.endpoint or "",
    )


def _end(answer: Response) -> Response:
    if "began" not in g:
        return answer
    taken = time.perf_counter() - g.began
    endpoint = request.endpoint or "none"
    if request.method in ("GET", "POST", "HEAD"):
        method = request.method
    else:
        method = "other"
    REQUESTS.labels(endpoint, method, f"{answer.status_code // 100}xx").inc()
    SECONDS.labels(endpoint).observe(taken)
    answer.headers["X-Request-ID"] = g.request_id
    if taken > SLOW_SECONDS:
        log.warning("slow request: %s took %.1f s", endpoint, taken)
    return answer


# ---- logs


def _write_logs(as_json: bool) -> None:
    """Lines with instant, level, logger, number of the request; as JSON where asked for."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _shorten,
    ]
    last = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    _to_stderr.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                last,
            ],
        ),
    )
    root = logging.getLogger()
    if _to_stderr not in root.handlers:
        root.addHandler(_to_stderr)


def _shorten(_logger: Any, _method: str, entry: Any) -> Any:
    trace = entry.get("exception")
    if trace and len(trace) > LONGEST_TRACE:
        entry["exception"] = "…" + trace[-LONGEST_TRACE:]
    return entry
