"""Pay sheets of members (网格员报酬表): one for a place and month, a line for each who serves there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.paging import page_of
from orchestrator.store.territories import inside

DRAFT = "draft"
SUBMITTED = "submitted"
CHECKED = "checked"
APPROVED = "approved"
AT_ONCE = 50
PROCEDURE = "pay_sheet"
"""Its key, the same in every city."""
_TOLD = (
    "person_id",
    "name",
    "post",
    "grade",
    "days",
    "base",
    "performance",
    "other",
    "deduction",
    "reward",
    "allowance",
    "remark",
)


class PaySheet(Base):
    """What the members of a place get for a month; kept as it was when it is approved."""

    __tablename__ = "pay_sheet"
    __table_args__ = (
        one_of("state", DRAFT, SUBMITTED, CHECKED, APPROVED),
        sa.UniqueConstraint("tenant_id", "body_id", "period"),
        sa.Index(None, "tenant_id", "territory_path", "period"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    body_id: Mapped[str] = mapped_column(sa.ForeignKey("body.id"))
    """Who drew it up."""
    territory_path: Mapped[str] = mapped_column(PathText)
    """Of that body's place."""
    period: Mapped[str] = mapped_column(sa.String(7))
    """2026-11."""
    state: Mapped[str] = mapped_column(sa.String(12), default=DRAFT)
    rules: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The profile's rules as they were then: {"citation", "base", "grades", "assessed"}; `elsewhere`: [name,
    body] of each who serves here and stands in the sheet of that body."""
    drafted_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    drafted_at: Mapped[datetime]
    changed_by: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of all who drew it up or wrote in it: none of them checks or approves it."""
    checked_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    checked_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    approved_at: Mapped[datetime | None]
    returned: Mapped[str] = mapped_column(sa.String(300), default="")
    """Why it was sent back; empty when it was not, or is on its way again."""
    instance_id: Mapped[str | None] = mapped_column(sa.String(24), index=True)
    """The procedure by which it is handed over, checked and approved; None of a sheet that was drawn up
    before the city drew one, or whose procedure was withdrawn."""
    version: Mapped[int] = mapped_column(default=1)
    """Raised by each change, so that of two who change it at once the second is told."""


class PayLine(Base):
    """What one member gets; personal. Amounts are in 分."""

    __tablename__ = "pay_line"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "period", "person_id"),
        sa.Index(None, "sheet_id"),
        sa.Index(None, "person_id", "period"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    sheet_id: Mapped[str] = mapped_column(sa.ForeignKey("pay_sheet.id"))
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    period: Mapped[str] = mapped_column(sa.String(7))
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(sa.String(40))
    post: Mapped[str] = mapped_column(sa.String(40))
    grade: Mapped[str] = mapped_column(sa.String(40), default="")
    """Of the assessment of that month; empty where there is none."""
    days: Mapped[int] = mapped_column(default=0)
    """On which he served in the month. The amounts are of the whole month: what is to come off is written by
    hand."""
    base: Mapped[int] = mapped_column(default=0)
    performance: Mapped[int] = mapped_column(default=0)
    """What the grade brings."""
    reward: Mapped[int] = mapped_column(default=0)
    """What was paid out already by the procedure of rewards, so no part of the total; `details` names
    each."""
    allowance: Mapped[int] = mapped_column(default=0)
    """Likewise."""
    other: Mapped[int] = mapped_column(default=0)
    """What was added by hand; `remark` says why."""
    deduction: Mapped[int] = mapped_column(default=0)
    details: Mapped[list[Any]] = mapped_column(default=list)
    """{"instance_id", "number", "kind", "amount"} of each procedure of rewards."""
    remark: Mapped[str] = mapped_column(sa.String(200), default="")

    @property
    def total(self) -> int:
        """应发: what is still to be paid."""
        return self.base + self.performance + self.other - self.deduction


def page_of_sheets(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    before: str = "",
) -> tuple[list[PaySheet], str | None]:
    """Sheets of the places inside the paths, the newest first; the key of the next page."""
    query = sa.select(PaySheet).where(
        PaySheet.tenant_id == tenant_id,
        inside(PaySheet.territory_path, paths),
    )
    if before:
        query = query.where(PaySheet.id < before)
    newest_first = query.order_by(PaySheet.id.desc())
    rows = session.scalars(newest_first.limit(AT_ONCE + 1)).all()
    return page_of(rows, AT_ONCE, lambda sheet: sheet.id)


def lines_of(session: Session, sheet_id: str) -> list[PayLine]:
    """The lines of a sheet, by name."""
    query = sa.select(PayLine).where(PayLine.sheet_id == sheet_id)
    return list(session.scalars(query.order_by(PayLine.name, PayLine.id)))


def digest_of(lines: Sequence[PayLine]) -> str:
    """SHA-256 over all that the lines say, in their order, eight digits a group: it is read and compared by
    people."""
    told = [{name: getattr(line, name) for name in _TOLD} for line in lines]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return " ".join(digest[at : at + 8] for at in range(0, 64, 8))


def of_procedure(
    session: Session, instance: ProcessInstance
) -> PaySheet | None:
    """The sheet that the procedure is of; nothing is read for one that is of none."""
    if instance.process_key != PROCEDURE:
        return None
    return session.scalar(
        sa.select(PaySheet).where(PaySheet.instance_id == instance.id)
    )


def release(session: Session, instance_id: str) -> None:
    """The sheet of a procedure that ended without an approval is a draft again, without one."""
    session.execute(
        sa.update(PaySheet)
        .where(PaySheet.instance_id == instance_id, PaySheet.state != APPROVED)
        .values(
            instance_id=None, state=DRAFT, checked_by=None, checked_at=None
        )
        .execution_options(synchronize_session=False)
    )


def own_lines(session: Session, person_id: int) -> list[PayLine]:
    """What the person got by approved sheets, the newest first."""
    query = (
        sa.select(PayLine)
        .join(PaySheet, PaySheet.id == PayLine.sheet_id)
        .where(PayLine.person_id == person_id, PaySheet.state == APPROVED)
        .order_by(PayLine.period.desc())
    )
    return list(session.scalars(query.limit(AT_ONCE)))
