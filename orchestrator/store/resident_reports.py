"""Reports of residents by the code of a grid's board, before and after the office accepted them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText, one_of
from orchestrator.store.inbox import read_key
from orchestrator.store.paging import page_of
from orchestrator.store.registers import Grid, GridCase
from orchestrator.store.territories import inside


class ResidentReport(Base):
    """What somebody without an account reported; content, place and phone are personal data."""

    __tablename__ = "resident_report"
    __table_args__ = (
        one_of("state", "received", "accepted", "refused"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("tenant_id", "grid_code", "key"),
        sa.Index(None, "tenant_id", "state", "received_at"),
        sa.Index(None, "sender", "received_at"),
        sa.Index(None, "grid_code", "received_at"),
        sa.Index(None, "instance_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20))
    """What the resident follows it by; nobody guesses it."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    grid_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    key: Mapped[str] = mapped_column(sa.String(80))
    """Of the submission: sent twice, it is one report."""
    content: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.String(120))
    point: Mapped[str] = mapped_column(sa.String(60), default="")
    """Latitude and longitude where the phone told them; else empty."""
    phone: Mapped[str] = mapped_column(sa.String(20), default="")
    sender: Mapped[str] = mapped_column(sa.String(64))
    """A keyed digest of the network, for the limit alone."""
    state: Mapped[str] = mapped_column(sa.String(12))
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it was not accepted, in words for the resident."""
    instance_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    """The case that it became."""


class ResidentPhoto(Base):
    """A photograph of a report: downsized, without what the camera wrote into it."""

    __tablename__ = "resident_photo"

    report_id: Mapped[str] = mapped_column(
        sa.ForeignKey("resident_report.id"),
        primary_key=True,
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
    """JPEG."""


class ReportAttempt(Base):
    """Somebody tried to send a report, whether it was kept or not; remembered for the hour of the limit."""

    __tablename__ = "report_attempt"
    __table_args__ = (sa.Index(None, "sender"), sa.Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    sender: Mapped[str] = mapped_column(sa.String(64))
    """As that of a report."""
    at: Mapped[datetime]


def count_attempts(session: Session, sender: str) -> int:
    """How many attempts of the sender are remembered."""
    query = sa.select(sa.func.count()).where(ReportAttempt.sender == sender)
    return int(session.scalar(query) or 0)


def count_since(
    session: Session,
    since: datetime,
    *conditions: sa.ColumnElement[bool],
) -> int:
    """How many reports were received since then that meet the conditions."""
    query = sa.select(sa.func.count()).where(
        ResidentReport.received_at > since,
        *conditions,
    )
    return int(session.scalar(query) or 0)


def find_by_number(session: Session, number: str) -> Any:
    """(report, grid's name), by the number that the resident has."""
    return session.execute(
        sa.select(ResidentReport, Grid.name)
        .join(
            Grid,
            (Grid.tenant_id == ResidentReport.tenant_id)
            & (Grid.code == ResidentReport.grid_code),
        )
        .where(ResidentReport.number == number),
    ).first()


def case_state(session: Session, instance_id: str | None) -> str:
    """The state of the case; of one that was merged into another, that one's. Empty without a case."""
    seen: set[str] = set()
    state = ""
    while instance_id and instance_id not in seen:
        seen.add(instance_id)
        case = session.get(GridCase, instance_id)
        if case is None:
            break
        state = case.state
        instance_id = case.merged_into
    return state


def page_reports(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
    state: str,
    after: str = "",
    size: int = 50,
) -> tuple[list[Any], str | None]:
    """(report, grid's name) of these places in that state, what waits oldest first, the rest newest first;
    and the key of the next page."""
    query = (
        sa.select(ResidentReport, Grid.name)
        .join(
            Grid,
            (Grid.tenant_id == ResidentReport.tenant_id)
            & (Grid.code == ResidentReport.grid_code),
        )
        .where(
            ResidentReport.tenant_id == tenant_id,
            ResidentReport.state == state,
            inside(ResidentReport.territory_path, paths),
        )
    )
    place = sa.tuple_(ResidentReport.received_at, ResidentReport.id)
    bound = None
    if key := read_key(after):
        instant = sa.literal(key[0], ResidentReport.received_at.type)
        bound = sa.tuple_(instant, sa.literal(key[1]))
    if state == "received":
        query = query.order_by(ResidentReport.received_at, ResidentReport.id)
        if bound is not None:
            query = query.where(place > bound)
    else:
        query = query.order_by(
            ResidentReport.received_at.desc(), ResidentReport.id.desc()
        )
        if bound is not None:
            query = query.where(place < bound)
    rows = session.execute(query.limit(size + 1)).all()
    return page_of(rows, size, lambda row: _place_of(row[0]))


def _place_of(report: ResidentReport) -> str:
    """As `read_key` reads it."""
    return f"{report.received_at.isoformat()}_{report.id}"


def count_received(
    session: Session,
    tenant_id: str,
    paths: Sequence[str],
) -> int:
    """How many reports of these places wait to be accepted or refused."""
    query = sa.select(sa.func.count()).where(
        ResidentReport.tenant_id == tenant_id,
        ResidentReport.state == "received",
        inside(ResidentReport.territory_path, paths),
    )
    return int(session.scalar(query) or 0)


def grid_name(session: Session, report: ResidentReport) -> str:
    """What the grid of a report is called."""
    grid = session.get(Grid, (report.tenant_id, report.grid_code))
    if grid is None:
        return report.grid_code
    return grid.name


def photo_positions(session: Session, report_id: str) -> Sequence[int]:
    """Which photographs a report has."""
    return session.scalars(
        sa.select(ResidentPhoto.position)
        .where(ResidentPhoto.report_id == report_id)
        .order_by(ResidentPhoto.position),
    ).all()


def active_grids_with_code(session: Session, code: str) -> Sequence[Grid]:
    """Active grids of that code, one in each jurisdiction that issued it."""
    return session.scalars(
        sa.select(Grid)
        .where(Grid.code == code, Grid.state == "active")
        .order_by(Grid.tenant_id),
    ).all()
