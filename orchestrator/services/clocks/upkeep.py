"""What the clock tidies: uploads that no form was submitted with, files without a row, keys of old
submissions, forms that were begun and left, old sessions, sign-in records and notifications; bodies and
people whose last day is over; people whose groups of the directory give them other bodies; the index by which
grids are found."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from orchestrator.errors import StorageAway
from orchestrator.services.installation.database import settings
from orchestrator.services.notifications import reading
from orchestrator.services.people import (
    bodies,
    groups,
    planned_leaving,
    sessions,
)
from orchestrator.services.records import (
    attachments,
    saved_forms,
    submission_keys,
)
from orchestrator.services.registers import grid_words

_LOG = logging.getLogger("gridflow.clock")
EVERY = timedelta(hours=1)
"""Between two rounds; a round that was interrupted is done again."""


def tidy(now: datetime) -> bool:
    """Does a round unless one was done less than EVERY ago; returns whether it did. Several clocks may do it
    at once."""
    note = settings().var_dir / "tidied"
    try:
        last = datetime.fromisoformat(note.read_text())
    except (OSError, ValueError):
        last = None
    if last is not None and timedelta() <= now - last < EVERY:
        return False
    # Before the keys go: they tell which forms were submitted.
    saved_forms.sweep(now)
    submission_keys.sweep(now)
    try:
        attachments.sweep(now)
    except StorageAway as away:
        # The next round finds them.
        _LOG.warning("attachments were not swept: %s", away.reason)
    sessions.sweep(now)
    bodies.settle(now)
    planned_leaving.settle(now)
    groups.reconcile(now)
    reading.sweep(now)
    grid_words.settle()
    note.write_text(now.isoformat())
    return True
