"""User tasks, who may do them, and the inbox queries that stay flat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, PathText, one_of


class UserTask(Base):
    __tablename__ = "user_task"
    __table_args__ = (
        one_of("state", "open", "completed", "cancelled"),
        sa.Index(None, "instance_id", "state"),
        sa.Index(
            "ix_user_task_assignee_open",
            "assignee_id",
            "due_sort",
            "id",
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        ),
        sa.Index(
            "ix_user_task_open_due",
            "tenant_id",
            "due_at",
            # What is counted of an area is read from here, without the rows.
            postgresql_include=[
                "territory_path",
                "instance_id",
                "process_key",
            ],
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        ),
        sa.Index(
            "ix_user_task_held",
            "tenant_id",
            "assigned_at",
            postgresql_where=sa.text(
                "state = 'open' AND assignee_id IS NOT NULL",
            ),
            sqlite_where=sa.text("state = 'open' AND assignee_id IS NOT NULL"),
        ),
        sa.Index(None, "closed_by", "closed_at"),
    )

    id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """`instance_id.engine_task_id`."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    definition_id: Mapped[str] = mapped_column(sa.String(120))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    element_id: Mapped[str] = mapped_column(sa.String(120))
    name: Mapped[str] = mapped_column(sa.String(120))
    form_key: Mapped[str | None] = mapped_column(sa.String(60))
    state: Mapped[str] = mapped_column(sa.String(12))
    revision: Mapped[int] = mapped_column(default=1)
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    assigned_at: Mapped[datetime | None]
    """Since when the assignee holds it."""
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """Who delegated it; the task returns to him when resolved."""
    delegation: Mapped[str | None] = mapped_column(sa.String(12))
    """`pending` or `resolved`, Camunda's delegationState."""
    priority: Mapped[int] = mapped_column(default=50)
    due_at: Mapped[datetime | None]
    due_sort: Mapped[datetime]
    """`due_at`, or the far future: keyset paging needs a value."""
    due_provisional: Mapped[bool] = mapped_column(default=False)
    follow_up_at: Mapped[datetime | None]
    variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Local variables, e.g. the item of a multi-instance."""
    business_key: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    """The instance's, for the inbox row."""
    territory_path: Mapped[str] = mapped_column(PathText)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    urged_at: Mapped[datetime | None]
    """When an overseeing body last urged it (催办)."""


SORTED_BY = (
    "opened_at",
    "priority",
    "title",
    "name",
    "business_key",
    "applicant",
)
"""What the inbox sorts offers by, beside the due date."""


def _of_offers(name: str, *columns: str, beside: tuple[str, ...] = ()) -> Any:
    """An index of what is offered; `beside`: what else is read from it, so that the rows need not be."""
    offered = sa.text("offered")
    return sa.Index(
        name,
        "candidate",
        *columns,
        "task_id",
        *beside,
        postgresql_where=offered,
        sqlite_where=offered,
    )


class UserTaskCandidate(Base):
    """A body (or `user:USERNAME`) that may take the task; `offered` while it is open and nobody has claimed
    it."""

    __tablename__ = "user_task_candidate"
    __table_args__ = (
        _of_offers(
            "ix_user_task_candidate_offered",
            "due_sort",
            beside=("opened_at",),
        ),
        _of_offers(
            "ix_user_task_candidate_by_process",
            "process_key",
            "due_sort",
        ),
        *(
            _of_offers(f"ix_user_task_candidate_by_{column}", column)
            for column in SORTED_BY
        ),
        sa.Index(None, "instance_id", "candidate"),
        sa.Index(None, "candidate", "instance_id"),
    )

    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"),
        primary_key=True,
    )
    candidate: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    instance_id: Mapped[str] = mapped_column(sa.String(24))
    offered: Mapped[bool]
    due_sort: Mapped[datetime]
    # The database's triggers keep these equal to the task's, so that each order of the inbox has an index.
    opened_at: Mapped[datetime] = mapped_column(
        server_default="1970-01-01 00:00:00",
    )
    priority: Mapped[int] = mapped_column(server_default="50")
    process_key: Mapped[str] = mapped_column(sa.String(60), server_default="")
    name: Mapped[str] = mapped_column(sa.String(120), server_default="")
    title: Mapped[str] = mapped_column(sa.String(200), server_default="")
    business_key: Mapped[str] = mapped_column(sa.String(40), server_default="")
    applicant: Mapped[str] = mapped_column(sa.String(200), server_default="")
    """The body in whose name the instance was begun, else the person."""


class ReadTask(Base):
    """A person has looked at a task: it is no longer new to him."""

    __tablename__ = "read_task"

    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"),
        primary_key=True,
    )
    read_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKey(Base):
    """A POST already done: a second one with the same key, for the same purpose, gets the first one's
    answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (sa.Index("ix_idempotency_key_at", "at"),)

    person_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    at: Mapped[datetime]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    purpose: Mapped[str] = mapped_column(
        sa.String(240),
        default="",
        server_default="",
    )
    """What it submitted, as services/records/purposes.py names it."""


class Attachment(Base):
    """A file given with a form; the bytes stand outside the database under their hash."""

    __tablename__ = "attachment"
    __table_args__ = (
        sa.Index(
            "ix_attachment_pending",
            "uploaded_by",
            "uploaded_at",
            postgresql_where=sa.text("instance_id IS NULL"),
            sqlite_where=sa.text("instance_id IS NULL"),
        ),
        sa.Index("ix_attachment_sha256", "sha256"),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str | None] = mapped_column(sa.String(24), index=True)
    """None until the form that carries it is accepted."""
    task_id: Mapped[str | None] = mapped_column(sa.String(60))
    field_key: Mapped[str] = mapped_column(sa.String(60))
    filename: Mapped[str] = mapped_column(sa.String(200))
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    uploaded_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    uploaded_at: Mapped[datetime]
    purpose: Mapped[str] = mapped_column(
        sa.String(240),
        default="",
        server_default="",
    )
    """The form it was uploaded for, as services/records/purposes.py names it."""


IS_OPEN = UserTask.state == sa.literal_column("'open'")
"""As the partial indexes say it: compared with a parameter, neither database could tell that they serve."""
IS_OFFERED = sa.text("user_task_candidate.offered")


def candidates_of(
    session: Session,
    task_ids: Sequence[str],
) -> list[tuple[str, str]]:
    """(task id, candidate) for everybody to whom these tasks are offered: body ids, and `user:USERNAME`."""
    rows = session.execute(
        sa.select(
            UserTaskCandidate.task_id,
            UserTaskCandidate.candidate,
        ).where(UserTaskCandidate.task_id.in_(task_ids)),
    )
    return [(row.task_id, row.candidate) for row in rows]
