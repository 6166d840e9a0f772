"""Carrying out a command and turning its effects into rows: the only place where effects become rows.

Everything is written with Core statements in the caller's transaction. Handlers of service tasks run inside
it too, each in a savepoint, so that “approved” and “on the list” cannot come apart; one that fails leaves an
incident and does not fail the caller's click.
"""

from orchestrator.services.execution.persistence.candidate_bodies import (
    resolve_group,
)
from orchestrator.services.execution.persistence.commands import (
    advance,
    carry_out,
    note_failure,
    retry_external_task,
    write,
    write_entries,
)
from orchestrator.services.execution.persistence.rows import (
    FAR_FUTURE,
    RowChanges,
)

__all__ = [
    "FAR_FUTURE",
    "RowChanges",
    "advance",
    "carry_out",
    "note_failure",
    "resolve_group",
    "retry_external_task",
    "write",
    "write_entries",
]
