"""How a worker and a clock are watched, which serve no pages: their counts over HTTP, and a file that shows
that they go on."""

from __future__ import annotations

import logging
from pathlib import Path

from prometheus_client import start_http_server

_LOG = logging.getLogger("gridflow.watching")


def serve_counts(address: str) -> None:
    """Answers the monitoring system at `host:port` with what this process counts; does nothing for an empty
    address. A port that others have is told in the log: the process works without."""
    if not address:
        return
    host, _colon, port = address.rpartition(":")
    try:
        start_http_server(int(port), addr=host)
    except OSError as failure:
        _LOG.warning("no metrics at %s: %s", address, failure)


def note_alive(file: str) -> None:
    """Sets the file's time to now; a process whose file stays old hangs. Does nothing for an empty name."""
    if not file:
        return
    try:
        Path(file).touch()
    except OSError as failure:
        _LOG.warning("%s cannot be written: %s", file, failure)
