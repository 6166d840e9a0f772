"""加签: people and bodies whose opinion the holder of a task asks for, before he submits it or after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base, one_of
from orchestrator.store.user_tasks import IS_OPEN, UserTask


class AddedSigner(Base):
    """One person (`user:NAME`) or body that is asked for an opinion on a task."""

    __tablename__ = "added_signer"
    __table_args__ = (
        one_of("turn", "before", "after"),
        one_of("way", "all", "any"),
        one_of("state", "open", "given", "removed", "unneeded"),
        sa.Index(None, "task_id", "state"),
        sa.Index(None, "instance_id"),
        sa.Index(
            "ix_added_signer_open",
            "candidate",
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    instance_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    task_id: Mapped[str] = mapped_column(sa.ForeignKey("user_task.id"))
    request_id: Mapped[str] = mapped_column(sa.String(24))
    """Those who were asked together."""
    turn: Mapped[str] = mapped_column(sa.String(8))
    """`before`: the holder submits once they have answered. `after`: what he submitted counts once they
    have agreed."""
    way: Mapped[str] = mapped_column(sa.String(8))
    """Whether `all` who were asked together must answer, or `any` one of them."""
    candidate: Mapped[str] = mapped_column(sa.String(120))
    name: Mapped[str] = mapped_column(sa.String(120))
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    state: Mapped[str] = mapped_column(sa.String(12), default="open")
    agrees: Mapped[bool | None]
    opinion: Mapped[str] = mapped_column(sa.Text, default="")
    answered_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[datetime | None]


class HeldSubmission(Base):
    """What the holder of a task submitted and what waits for those who sign after him."""

    __tablename__ = "held_submission"

    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"),
        primary_key=True,
    )
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    data: Mapped[dict[str, Any]]
    held_at: Mapped[datetime]


def signers_of(session: Session, task_id: str) -> Sequence[AddedSigner]:
    """Everybody who was asked about the task and not taken off again, in the order of asking."""
    query = sa.select(AddedSigner).where(
        AddedSigner.task_id == task_id,
        AddedSigner.state != "removed",
    )
    return session.scalars(
        query.order_by(AddedSigner.asked_at, AddedSigner.id),
    ).all()


_ASKED = (
    sa.select(AddedSigner, UserTask)
    .join(UserTask, UserTask.id == AddedSigner.task_id)
    .where(
        AddedSigner.candidate.in_(sa.bindparam("addresses", expanding=True)),
        sa.text("added_signer.state = 'open'"),
        IS_OPEN,
    )
)
IS_ASKED = _ASKED.exists()
"""Whether one of the parameter's `addresses` is asked to sign on an open task."""
_TO_SIGN = _ASKED.order_by(UserTask.due_sort, AddedSigner.id).limit(
    sa.bindparam("most", type_=sa.Integer())
)


def tasks_to_sign(
    session: Session,
    addresses: Sequence[str],
    limit: int = 50,
) -> Sequence[Any]:
    """(signer, task) of the open tasks on which one of these (bodies, `user:NAME`) is asked to sign."""
    return session.execute(
        _TO_SIGN, {"addresses": list(addresses), "most": limit}
    ).all()


def asked_to_sign(
    addresses: Sequence[str],
) -> sa.Select[str]:
    """Ids of the instances of which one of these is asked for an opinion on an open task."""
    return (
        sa.select(AddedSigner.instance_id)
        .join(UserTask, UserTask.id == AddedSigner.task_id)
        .where(
            AddedSigner.candidate.in_(addresses),
            AddedSigner.state.in_(("open", "given", "unneeded")),
            UserTask.state == "open",
        )
    )


def is_asked_to_sign(
    session: Session,
    addresses: Sequence[str],
    instance_id: str,
) -> bool:
    """Whether one of these is asked for an opinion on an open task of the instance."""
    query = asked_to_sign(addresses).where(
        AddedSigner.instance_id == instance_id
    )
    return session.scalar(query.limit(1)) is not None
