"""Lists of dossiers whose term is over, what was decided of each, and what is left of those destroyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.instances import RUNNING, ProcessInstance

LISTED = "listed"
KEPT = "kept"
WITHHELD = "withheld"
DESTROYED = "destroyed"
ENTRY = "dossier-destroyed"
"""Kind of the entry by which the history of the procedure names what it destroyed."""


class DisposalEntry(Base):
    """A dossier on the list of a procedure; those destroyed are the 销毁清册, which is kept for ever."""

    __tablename__ = "disposal_entry"
    __table_args__ = (
        one_of("state", LISTED, KEPT, WITHHELD, DESTROYED),
        sa.Index(None, "dossier_id"),
        sa.Index(None, "tenant_id", "state", "destroyed_at"),
    )

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    """The procedure that decides."""
    dossier_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[str] = mapped_column(sa.String(40))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    name: Mapped[str] = mapped_column(sa.String(120))
    """Of the procedure that the dossier is of."""
    kept_as: Mapped[str] = mapped_column(sa.String(20))
    """Name of its class."""
    until: Mapped[date]
    """The last day of its term."""
    state: Mapped[str] = mapped_column(sa.String(12))
    kept_until: Mapped[date | None]
    """Not listed again before that day is over."""
    reason: Mapped[str] = mapped_column(
        sa.String(200), default="", server_default=""
    )
    """Why it was withheld."""
    entries: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of the history, with those about it."""
    files: Mapped[int] = mapped_column(default=0, server_default="0")
    destroyed_at: Mapped[datetime | None]


class Tombstone(Base):
    """What is left of the history of an instance whose dossier was destroyed: its entries without what was
    in them, and their hashes."""

    __tablename__ = "tombstone"

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    destroyed_by: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    """The procedure whose history names it."""
    destroyed_at: Mapped[datetime]
    entries: Mapped[int]
    """How many of the history were emptied: all that there were."""
    digest: Mapped[str] = mapped_column(sa.String(64))
    """Over what is left, as store.erasing counts it."""


def listed_by(session: Session, instance_id: str) -> list[DisposalEntry]:
    """The dossiers on the procedure's list, by number."""
    query = sa.select(DisposalEntry).where(
        DisposalEntry.instance_id == instance_id
    )
    return list(
        session.scalars(
            query.order_by(DisposalEntry.number, DisposalEntry.dossier_id),
        )
    )


def has_list(session: Session, ids: Sequence[str]) -> bool:
    """Whether one of these procedures has a list: the register of what it destroyed, which is kept for
    ever."""
    entries = sa.select(DisposalEntry.instance_id).where(
        DisposalEntry.instance_id.in_(ids)
    )
    return session.scalar(entries.limit(1)) is not None


def is_list(session: Session, instance: ProcessInstance) -> bool:
    """Whether the procedure decides on a list of dossiers; nothing is read for one without the variable."""
    if not instance.variables.get("listed"):
        return False
    return has_list(session, [instance.id])


def digests_of(session: Session, instance_id: str) -> dict[str, str]:
    """Instance → checksum of what is left of it, of those that the procedure destroyed."""
    rows = session.execute(
        sa.select(Tombstone.instance_id, Tombstone.digest).where(
            Tombstone.destroyed_by == instance_id
        )
    )
    return {row.instance_id: row.digest for row in rows}


def is_occupied(today: date, year_began: datetime) -> sa.ColumnElement[bool]:
    """The condition that a ProcessInstance is on a list that is not decided or was begun this year, kept for
    longer, or destroyed."""
    procedure = aliased(ProcessInstance)
    entries = (
        sa.select(DisposalEntry.dossier_id)
        .join(procedure, procedure.id == DisposalEntry.instance_id)
        .where(
            DisposalEntry.dossier_id == ProcessInstance.id,
            sa.or_(
                DisposalEntry.state == DESTROYED,
                DisposalEntry.kept_until >= today,
                sa.and_(
                    DisposalEntry.state == LISTED,
                    procedure.state.in_(RUNNING),
                ),
                procedure.started_at >= year_began,
            ),
        )
    )
    return entries.exists()


@dataclass(frozen=True, slots=True)
class DisposalList:
    """A procedure that decides on dossiers, and how many of them stand how."""

    instance: ProcessInstance
    counts: Mapping[str, int]
    """State of the entries → how many."""


def lists_of(
    session: Session,
    condition: sa.ColumnElement[bool],
    most: int,
) -> list[DisposalList]:
    """The latest procedures with a list, where the condition on the procedure (ProcessInstance) holds."""
    query = (
        sa.select(ProcessInstance)
        .where(
            sa.exists().where(DisposalEntry.instance_id == ProcessInstance.id),
            condition,
        )
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
        .limit(most)
    )
    procedures = session.scalars(query).all()
    counts: dict[str, dict[str, int]] = {}
    rows = session.execute(
        sa.select(
            DisposalEntry.instance_id,
            DisposalEntry.state,
            sa.func.count(),
        )
        .where(DisposalEntry.instance_id.in_([row.id for row in procedures]))
        .group_by(DisposalEntry.instance_id, DisposalEntry.state)
    )
    for instance_id, state, many in rows:
        counts.setdefault(instance_id, {})[state] = many
    return [DisposalList(row, counts.get(row.id, {})) for row in procedures]


def register_of(
    session: Session,
    condition: sa.ColumnElement[bool],
    number: str,
    skipped: int,
    most: int,
) -> list[tuple[DisposalEntry, str]]:
    """销毁清册: what was destroyed, and the number of the procedure, where the condition on the procedure
    (ProcessInstance) holds, the latest first. `number`: how the dossiers' numbers begin; empty for all."""
    query = (
        sa.select(DisposalEntry, ProcessInstance.business_key)
        .join(ProcessInstance, ProcessInstance.id == DisposalEntry.instance_id)
        .where(DisposalEntry.state == DESTROYED, condition)
    )
    if number:
        query = query.where(
            DisposalEntry.number.startswith(number, autoescape=True),
        )
    latest = query.order_by(
        DisposalEntry.destroyed_at.desc(),
        DisposalEntry.number,
        DisposalEntry.dossier_id,
    )
    rows = session.execute(latest.offset(skipped).limit(most))
    return [(row[0], row[1]) for row in rows]
