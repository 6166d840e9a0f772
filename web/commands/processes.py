"""The worker and the clock of an installation, as processes of their own."""

from __future__ import annotations

from flask import Blueprint

from orchestrator import jobs
from web import archiving

SLOW_CHORES = (
    jobs.Chore(archiving.make_next, "an archive package could not be made"),
)
"""What the clock does that needs the pages' printing."""
blueprint = Blueprint("processes", __name__, cli_group=None)


@blueprint.cli.command("worker")
def worker() -> None:
    """Run an RQ worker with its scheduler."""
    jobs.run_worker()


@blueprint.cli.command("clock")
def clock() -> None:
    """Sweep due timers and the outbox every few seconds, whatever Redis does."""
    jobs.run_clock(SLOW_CHORES)
