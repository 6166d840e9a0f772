"""Which backups were made: the administrator's page and the monitoring system tell the last one."""

from __future__ import annotations

import logging
import socket
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from orchestrator.store.service_processes import BackupMade
from orchestrator.store.session import transaction

log = logging.getLogger("gridflow.backup")


def note(file: Path, now: datetime, encrypted: bool) -> None:
    """Notes the finished backup. A database that cannot be written any more spoils no backup."""
    made = BackupMade(
        at=now,
        host=socket.gethostname()[:120],
        file=str(file.absolute())[-500:],
        size_bytes=file.stat().st_size,
        encrypted=encrypted,
    )
    try:
        with transaction() as session:
            session.add(made)
    except SQLAlchemyError:
        log.warning("the backup is whole, but could not be noted")
