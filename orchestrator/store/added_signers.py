"""加签: people and bodies whose opinion the holder of a task asks for, before he submits it or after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.absences import StandIn
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
    """What a holder of a task submitted for those who sign after him. One of a task waits for them; what
    waits no more is kept for its writer until the task is completed."""

    __tablename__ = "held_submission"
    __table_args__ = (
        one_of(
            "ended",
            "",
            "disagreed",
            "removed",
            "handed-on",
            "refused",
        ),
        sa.Index(
            "ix_held_submission_waiting",
            "task_id",
            unique=True,
            postgresql_where=sa.text("ended = ''"),
            sqlite_where=sa.text("ended = ''"),
        ),
    )

    task_id: Mapped[str] = mapped_column(
        sa.ForeignKey("user_task.id"),
        primary_key=True,
    )
    person_id: Mapped[int] = mapped_column(
        sa.ForeignKey("person.id"),
        primary_key=True,
    )
    data: Mapped[dict[str, Any]]
    held_at: Mapped[datetime]
    ended: Mapped[str] = mapped_column(
        sa.String(12), default="", server_default=""
    )
    """Why it waits no more: somebody disagreed, a signer was taken off, the task came into other hands, or it
    could not be completed. Empty while it waits."""
    reasons: Mapped[str] = mapped_column(
        sa.Text, default="", server_default=""
    )
    """The reasons why it could not be completed."""


_WAITS = sa.exists().where(
    HeldSubmission.task_id == AddedSigner.task_id,
    sa.text("held_submission.ended = ''"),
)
IS_DUE = sa.or_(AddedSigner.turn == "before", _WAITS)
"""Whether the signer's turn has come: who signs after has something to agree to once it is submitted."""


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
        AddedSigner.candidate.in_(sa.bindparam("signing", expanding=True)),
        sa.text("added_signer.state = 'open'"),
        IS_OPEN,
        IS_DUE,
    )
)
IS_ASKED = _ASKED.exists()
"""Whether one of the parameter `signing` is asked to sign on an open task."""
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
        _TO_SIGN, {"signing": list(addresses), "most": limit}
    ).all()


def asked_to_sign(
    addresses: Sequence[str],
    standing_in: Sequence[StandIn] = (),
) -> sa.Select[str]:
    """Ids of the instances of which one of these, or of those stood in for, is asked for an opinion on an
    open task."""
    asked: list[sa.ColumnElement[bool]] = [
        AddedSigner.candidate.in_(addresses)
    ]
    for absent in standing_in:
        conditions = [AddedSigner.candidate.in_(absent.candidates)]
        if absent.process_keys:
            conditions.append(UserTask.process_key.in_(absent.process_keys))
        asked.append(sa.and_(*conditions))
    return (
        sa.select(AddedSigner.instance_id)
        .join(UserTask, UserTask.id == AddedSigner.task_id)
        .where(
            sa.or_(*asked),
            AddedSigner.state.in_(("open", "given", "unneeded")),
            sa.or_(AddedSigner.state != "open", IS_DUE),
            UserTask.state == "open",
        )
    )


def is_asked_to_sign(
    session: Session,
    addresses: Sequence[str],
    instance_id: str,
    standing_in: Sequence[StandIn] = (),
) -> bool:
    """Whether one of these, or of those stood in for, is asked for an opinion on an open task of the
    instance."""
    query = asked_to_sign(addresses, standing_in).where(
        AddedSigner.instance_id == instance_id
    )
    return session.scalar(query.limit(1)) is not None
