"""Process instances and their append-only, hash-chained history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText, one_of

RUNNING = ("active", "suspended")
"""States of an instance that has not ended."""
KEPT_BACK = "state = 'suspended' OR (restricted AND state = 'active')"
"""Those of them whose tasks nobody counts for overseeing their place; the condition of an index."""


ASKING = "state = 'active' AND about_id IS NOT NULL"
"""Those that run and are about another one."""


class ProcessInstance(Base):
    __tablename__ = "process_instance"
    __table_args__ = (
        one_of("state", "active", "suspended", "completed", "cancelled"),
        sa.UniqueConstraint("tenant_id", "business_key"),
        sa.Index(None, "tenant_id", "process_key", "state", "started_at"),
        sa.Index(None, "started_by", "started_at"),
        sa.Index(
            "ix_process_instance_running_of",
            "started_by",
            "started_at",
            postgresql_where=sa.text("state = 'active'"),
            sqlite_where=sa.text("state = 'active'"),
        ),
        sa.Index(
            "ix_process_instance_kept_back",
            "tenant_id",
            "id",
            postgresql_where=sa.text(KEPT_BACK),
            sqlite_where=sa.text(KEPT_BACK),
        ),
        sa.Index(None, "territory_path"),
        sa.Index(None, "started_by_body", "id"),
        sa.Index(None, "definition_id", "state"),
        sa.Index(
            "ix_process_instance_about_id",
            "about_id",
            postgresql_where=sa.text("about_id IS NOT NULL"),
            sqlite_where=sa.text("about_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_process_instance_asking",
            "id",
            postgresql_where=sa.text(ASKING),
            sqlite_where=sa.text(ASKING),
        ),
        sa.Index(
            "ix_process_instance_asks_for",
            "tenant_id",
            "asks_for",
            postgresql_where=sa.text("asks_for IS NOT NULL"),
            sqlite_where=sa.text("asks_for IS NOT NULL"),
        ),
        sa.Index(
            "ix_process_instance_unnotified",
            "id",
            postgresql_where=sa.text("history_seq > notified_seq"),
            sqlite_where=sa.text("history_seq > notified_seq"),
        ),
        sa.Index(
            "ix_process_instance_uncounted",
            "id",
            postgresql_where=sa.text("history_seq > counted_seq"),
            sqlite_where=sa.text("history_seq > counted_seq"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    definition_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_definition.id")
    )
    process_key: Mapped[str] = mapped_column(sa.String(60))
    business_key: Mapped[str] = mapped_column(sa.String(40))
    """The number people use, e.g. `镇网事准〔2026〕12号` or `ZR-2026-00012`."""
    title: Mapped[str] = mapped_column(sa.String(200))
    territory_code: Mapped[str] = mapped_column(sa.String(32))
    territory_path: Mapped[str] = mapped_column(PathText)
    state: Mapped[str] = mapped_column(sa.String(12))
    revision: Mapped[int]
    """Raised by every command; a stale one is refused."""
    engine_state: Mapped[bytes | None]
    """None once the instance has ended: its story is the history."""
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Empty once the instance has ended, as what came in stands in the history."""
    started_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    started_by_body: Mapped[str | None] = mapped_column(sa.String(120))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_element_id: Mapped[str | None] = mapped_column(sa.String(120))
    about_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    """The instance that this one is about: a supervision, an extension."""
    asks_for: Mapped[str | None] = mapped_column(sa.String(64))
    """What no other running instance may ask for at the same time, see services.list_changes; None for
    most."""
    restricted: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false()
    )
    """限知悉: of those who oversee the place, only those who were asked see it."""
    history_seq: Mapped[int]
    """Number of the last history entry."""
    history_hash: Mapped[bytes]
    """Hash of the last history entry: the chain's head."""
    notified_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """Up to which history entry the people concerned have been notified."""
    destroyed_at: Mapped[datetime | None]
    """When what was written in it was destroyed, its term being over."""
    counted_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """Up to which history entry the figures know it."""


class HistoryEntry(Base):
    """What happened, in order; never updated, never deleted."""

    __tablename__ = "history_entry"
    __table_args__ = (sa.Index(None, "actor_id", "at"),)

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(40))
    """`started`, `user-task-completed`, `timer-fired`, `claimed`, `incident`…"""
    element_id: Mapped[str | None] = mapped_column(sa.String(120))
    actor_id: Mapped[int | None]
    actor_body_id: Mapped[str | None] = mapped_column(sa.String(120))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was submitted or found; in the first entry of each command also `path` (the flows taken, an
    element where none left it) and `opened` (the user tasks that it opened)."""
    hash: Mapped[bytes]
    """sha256 over the previous hash and this entry's canonical JSON."""


def variables_of(session: Session, instance_id: str) -> dict[str, Any]:
    """The instance's variables; empty when there is no such instance or it has ended."""
    query = sa.select(ProcessInstance.variables).where(
        ProcessInstance.id == instance_id
    )
    return dict(session.scalar(query) or {})


class Copy(Base):
    """抄送: a body is told of an instance without being asked for anything; it may read it from then on."""

    __tablename__ = "copy"
    __table_args__ = (sa.Index(None, "body_id", "sent_at"),)

    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"), primary_key=True
    )
    body_id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.String(200))
    sent_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    read_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))


class Printout(Base):
    """A dossier that was printed: never updated, never deleted."""

    __tablename__ = "printout"
    __table_args__ = (sa.Index(None, "sha256"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    printed_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    printed_at: Mapped[datetime]
    history_seq: Mapped[int]
    """Of the record as it was printed."""
    history_hash: Mapped[bytes]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Of the file."""


class NumberSeries(Base):
    """The last number given out in a yearly series."""

    __tablename__ = "number_series"

    tenant_id: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    prefix: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class EventSubscription(Base):
    """An instance waits for a message or a signal."""

    __tablename__ = "event_subscription"
    __table_args__ = (
        sa.Index(None, "tenant_id", "kind", "name", "correlation"),
        sa.Index(None, "instance_id"),
    )

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """`instance_id.engine_task_id`."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    element_id: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[str] = mapped_column(sa.String(12))
    name: Mapped[str] = mapped_column(sa.String(120))
    correlation: Mapped[str | None] = mapped_column(sa.String(200))
