"""How the processes of an installation are watched: a row that each renews; of a worker and a clock, which
serve no pages, their counts over HTTP and a file that shows that they go on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from flask import Flask
from prometheus_client import start_http_server
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.services.installation import health, presence

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


def stay_present(
    kind: str,
    app: Flask,
    clock: Callable[[], datetime],
    slow: Callable[[], Sequence[presence.Slow]] | None = None,
) -> Callable[[], None]:
    """Renews this process's row from a thread; returns what ends that and takes the row away."""
    mine = presence.this_process(kind, clock())
    stop = threading.Event()

    def renew_until_stopped() -> None:
        while not stop.is_set():
            with app.app_context():
                renew(mine, clock(), slow() if slow is not None else None)
            stop.wait(presence.EVERY.total_seconds())

    def end() -> None:
        stop.set()
        thread.join(5)
        with app.app_context():
            leave(mine)

    thread = threading.Thread(target=renew_until_stopped, daemon=True)
    thread.start()
    return end


def renew(
    mine: presence.ServingProcess,
    now: datetime,
    slow: Sequence[presence.Slow] | None = None,
) -> None:
    """Writes that the process serves, by the database's clock where it can be read; a failure is told in the
    log."""
    try:
        presence.renew(mine, health.database_clock(now), slow)
    except Exception:
        # Whatever fails: a thread that ended would be taken for a dead process.
        _LOG.exception("this process cannot say that it serves; trying again")


def leave(mine: presence.ServingProcess) -> None:
    """Takes the process's row away; a failure is told in the log."""
    try:
        presence.leave(mine)
    except SQLAlchemyError:
        _LOG.warning("this process cannot say that it ends")
