"""Deadlines that stand still (挂账): who approved it, and when he looks at it again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.instances import EventSubscription, ProcessInstance
from orchestrator.store.user_tasks import IS_OPEN, UserTask

REVIEW = "suspension.review"
"""Name of the message with which a procedure begins that reviews a suspension."""
ENDED = "suspension.ended"
"""Name of the message, correlated by the deadline's id, that ends a procedure which would review it."""


class Suspension(Base):
    """A deadline stands still while its row is there."""

    __tablename__ = "suspension"
    __table_args__ = (
        sa.Index(None, "body_id", "review_at"),
        sa.Index(None, "instance_id"),
        sa.Index(
            "ix_suspension_untold",
            "tenant_id",
            "review_at",
            postgresql_where=sa.text("told_at IS NULL"),
            sqlite_where=sa.text("told_at IS NULL"),
        ),
    )

    deadline_id: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    """The user task's id; a timer's own deadline has no row here."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id")
    )
    body_id: Mapped[str | None] = mapped_column(sa.String(120))
    """The body that approved it and reviews it."""
    review_at: Mapped[datetime | None]
    """Beginning of the day of review."""
    told_at: Mapped[datetime | None]
    """Since when the body has been notified of the review."""


def is_suspended(task_id: object) -> sa.Exists:
    """The condition that the task's own deadline stands still."""
    return sa.exists().where(Suspension.deadline_id == task_id)


def awaited_ends(
    session: Session,
    tenant_id: str,
    deadline_ids: Collection[str],
    but: str = "",
) -> Sequence[str]:
    """Those of the deadlines whose suspension a running procedure reviews, another one than the instance
    `but`."""
    awaited = session.scalars(
        sa.select(EventSubscription.correlation)
        .where(
            EventSubscription.tenant_id == tenant_id,
            EventSubscription.kind == "message",
            EventSubscription.name == ENDED,
            EventSubscription.correlation.in_(deadline_ids),
            EventSubscription.instance_id != but,
        )
        .distinct()
    )
    return [key for key in awaited if key is not None]


_REVIEWED = sa.exists().where(
    EventSubscription.tenant_id == Suspension.tenant_id,
    EventSubscription.kind == "message",
    EventSubscription.name == ENDED,
    EventSubscription.correlation == Suspension.deadline_id,
)
"""A procedure has the review, or will have it on its day."""


_WAITING = (
    sa.select(UserTask)
    .join(Suspension, Suspension.deadline_id == UserTask.id)
    .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
    .where(
        Suspension.body_id.in_(sa.bindparam("bodies", expanding=True)),
        Suspension.review_at <= sa.bindparam("now"),
        IS_OPEN,
        ProcessInstance.state == "active",
        ~_REVIEWED,
    )
)
IS_TO_REVIEW = _WAITING.exists()
"""Whether one of the parameter's `bodies` has a suspension to review at the instant `now`."""
_TO_REVIEW = _WAITING.order_by(Suspension.review_at, UserTask.id).limit(
    sa.bindparam("most", type_=sa.Integer())
)


def to_review(
    session: Session,
    bodies: Sequence[str],
    now: datetime,
    limit: int = 50,
) -> Sequence[UserTask]:
    """Open tasks whose suspension one of these bodies has to review by now without a task of its own for it,
    the longest waiting first."""
    if not bodies:
        return ()
    return session.scalars(
        _TO_REVIEW, {"bodies": list(bodies), "now": now, "most": limit}
    ).all()


def untold(
    session: Session,
    tenant_id: str,
    now: datetime,
    limit: int = 500,
    of_a_body: bool | None = None,
) -> Sequence[tuple[Suspension, UserTask]]:
    """Suspensions whose day of review has come and of which nobody has been notified, with their open tasks,
    under the lock of their instances.

    `of_a_body`: those alone that a body decided, or those alone that none did.
    """
    query = (
        sa.select(Suspension, UserTask)
        .join(UserTask, UserTask.id == Suspension.deadline_id)
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(
            Suspension.tenant_id == tenant_id,
            Suspension.told_at.is_(None),
            Suspension.review_at <= now,
            IS_OPEN,
            ProcessInstance.state == "active",
        )
        # Who resumes locks the instance first: whoever held the suspension alone would wait for him.
        .with_for_update(of=(ProcessInstance, Suspension), skip_locked=True)
    )
    if of_a_body is not None:
        decided = Suspension.body_id.is_not(None)
        query = query.where(decided == of_a_body)
    rows = session.execute(query.order_by(Suspension.review_at).limit(limit))
    return [(row.Suspension, row.UserTask) for row in rows]
