"""A worker that hangs in the middle of firing: everything is written, nothing is committed, and it says so in
a file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from orchestrator import jobs
from orchestrator.services.clocks import timers
from orchestrator.settings import read_settings
from tests.services.world import make_app


def hang(*_arguments: object) -> None:
    Path(os.environ["HUNG_FILE"]).touch()
    threading.Event().wait()


timers._mark = hang
with make_app(read_settings()).app_context():
    jobs.run_worker()
