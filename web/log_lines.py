"""Lines of the log: instant, level, logger, process, number of the request, process instance; nothing of what
people typed."""

from __future__ import annotations

import logging
import os
import re
import socket
from typing import Any

import structlog

LONGEST_TRACE = 8_000
"""Characters of a failure's trace that a line holds: its end."""
_HOST = socket.gethostname()
_to_stderr = logging.StreamHandler()
_KEY = ")=("
"""Stands before the values that PostgreSQL tells."""
MOST_KEYS = 20
"""Where it stands more often, all that follows the first is hidden."""
_THEIR_OWN = ("gunicorn.error", "rq.worker", "rq.scheduler")
"""Loggers of libraries that would write lines of their own."""

_TYPED = (
    # Program text is English: what is written otherwise may be a name or an address.
    re.compile(r"[^\x00-\x7f]+"),
    # Numbers of identity cards, and of telephones with and without the country's number and the area's.
    re.compile(r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])"),
    re.compile(
        r"(?<![0-9A-Za-z.])(?:\+?(?:00)?86[- ]?)?"
        r"(?:1\d{2}[- ]?\d{4}[- ]?\d{4}|[48]00[- ]?\d{3}[- ]?\d{4})(?![0-9A-Za-z])"
    ),
    re.compile(
        r"(?<![0-9A-Za-z.])(?:\+?(?:00)?86[- ]?\(?0?|\(?0)"
        r"[1-9]\d{1,2}\)?[- ]?\d{3,4}[- ]?\d{4}(?![0-9A-Za-z])"
    ),
    # A run of such characters is looked at once, however long it is.
    re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.-]+"),
    # PostgreSQL tells which values are there already.
    re.compile(
        r"(?<=\)=\().*?(?=\) (?:already exists|is not present|is still ref|conflicts))",
        re.DOTALL,
    ),
    re.compile(r"(?<=\)=\().*(?=\))"),
    # A value may have several lines; where the row's end is not known, all that follows is hidden.
    re.compile(
        r"(?<=Failing row contains \().*?"
        r"(?=\)\.?\n(?:\[SQL: |\nThe above|\nDuring|CONTEXT: )|\)\.?\s*\Z|\Z)",
        re.DOTALL,
    ),
)


def write(as_json: bool) -> None:
    """Every logger of the process writes such lines to stderr; as JSON where asked for."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_process,
        structlog.processors.format_exc_info,
        _hide,
        _shorten,
    ]
    last: Any = structlog.dev.ConsoleRenderer(colors=False)
    if as_json:
        last = structlog.processors.JSONRenderer(ensure_ascii=False)
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
    if as_json:
        for name in _THEIR_OWN:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True


def hidden(text: str) -> str:
    """The text with … in place of what may be somebody's name, number or address."""
    if text.count(_KEY) > MOST_KEYS:
        text = f"{text.partition(_KEY)[0]}{_KEY}…"
    for pattern in _TYPED:
        text = pattern.sub("…", text)
    return text


def _add_process(_logger: Any, _method: str, entry: Any) -> Any:
    entry["process"] = f"{_HOST}:{os.getpid()}"
    return entry


def _hide(_logger: Any, _method: str, entry: Any) -> Any:
    for field in ("event", "exception"):
        if field in entry:
            entry[field] = hidden(str(entry[field]))
    return entry


def _shorten(_logger: Any, _method: str, entry: Any) -> Any:
    trace = entry.get("exception")
    if trace and len(trace) > LONGEST_TRACE:
        entry["exception"] = "…" + trace[-LONGEST_TRACE:]
    return entry
