"""What watches the installation: health addresses, metrics, a number for each request."""

from __future__ import annotations

import hmac
import logging
import os
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
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
from orchestrator.services.installation import (
    database,
    health,
    presence,
    process_watch,
)
from orchestrator.services.records.ids import new_id
from web import log_lines
from web.auth import permission
from web.warming import WARMING

blueprint = Blueprint("watching", __name__)

SLOW_SECONDS = 2.0
"""A request that takes longer is told in the log."""
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
    "backup_age_seconds": "Since the last backup; -1 where none is known",
}
"""Fields of `health.Health` and `health.Figures` that the metrics tell, with what they say."""
_slow: deque[dict[str, Any]] = deque(maxlen=presence.MOST_SLOW)
log = logging.getLogger("gridflow.requests")


def register(app: Flask) -> None:
    """Numbers, counts and times the requests of the application, and writes its logs as the settings say."""
    log_lines.write(app.extensions["gridflow"].log_json)
    app.extensions["gridflow.serve"] = lambda: process_watch.stay_present(
        "web", app, lambda: datetime.now(UTC), lambda: list(_slow)
    )
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
    result = health.health(jobs.queue_answers, datetime.now(UTC))
    parts = {name: getattr(result, name) for name in PARTS}
    answer = jsonify(ready=result.ready, **parts)
    if result.ready:
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
        result = health.health(jobs.queue_answers, now)
        for name in PARTS:
            sentence = "1 where it is as it should be"
            yield GaugeMetricFamily(
                f"gridflow_{name}_ok",
                sentence,
                value=float(getattr(result, name)),
            )
        if result.database:
            figures = health.figures(health.database_clock(now))
            for name, sentence in FIGURES.items():
                yield GaugeMetricFamily(
                    f"gridflow_{name}",
                    sentence,
                    value=float(getattr(figures, name)),
                )
            processes = GaugeMetricFamily(
                "gridflow_processes",
                "Processes that serve, on all hosts together",
                labels=["kind"],
            )
            for kind, count in figures.processes.items():
                processes.add_metric([kind], float(count))
            yield processes
        for name, length in jobs.queue_lengths().items():
            sentence = "Jobs of the queue in Redis"
            yield GaugeMetricFamily(
                f"gridflow_{name}", sentence, value=float(length)
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
    instance_id = _instance_of(request.view_args or {})
    if instance_id:
        structlog.contextvars.bind_contextvars(instance=instance_id)


def _instance_of(named: Mapping[str, Any]) -> str:
    """Id of the process instance that the address names; empty where it names none."""
    for argument in ("instance_id", "task_id"):
        if argument in named:
            # A task's id begins with its instance's.
            return str(named[argument]).partition(".")[0][:40]
    return ""


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
    if taken > SLOW_SECONDS and WARMING not in request.environ:
        log.warning("slow request: %s took %.1f s", endpoint, taken)
        _slow.append(
            {
                "endpoint": endpoint,
                "seconds": round(taken, 1),
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "number": g.request_id,
            },
        )
    return answer
