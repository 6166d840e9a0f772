"""Who opened the telephone of which resident's report, when and why: rows of the records of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.store.accounts import AccountEvent

KIND = "report-opened"
_MARK = "account:"
"""What the id of such a row begins with among the ids of other openings."""


def newest(
    session: Session,
    report_id: str,
    person_id: int,
) -> datetime | None:
    """When the person last opened it."""
    return session.scalar(
        sa.select(sa.func.max(AccountEvent.at)).where(
            AccountEvent.person_id == person_id,
            AccountEvent.kind == KIND,
            said("report") == report_id,
        ),
    )


def said(key: str) -> sa.ColumnElement[str]:
    """One of `report`, `number`, `reason` and `address` of such a row."""
    details: Any = AccountEvent.details
    value: sa.ColumnElement[str] = details[key].as_string()
    return value


def mark() -> sa.ColumnElement[str]:
    """The id of such a row, as reviews of openings name it."""
    return sa.literal(_MARK) + sa.cast(AccountEvent.id, sa.String)
