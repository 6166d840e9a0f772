"""What became of the instances that a designer chose to move to another version, kept for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.definitions import ProcessDefinition
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person


class MoveResult(Base):
    """One chosen instance of one attempt."""

    __tablename__ = "move_result"
    __table_args__ = (sa.Index(None, "tenant_id", "process_key", "at"),)

    run_id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    """The attempt: all instances that were chosen together."""
    number: Mapped[int] = mapped_column(primary_key=True)
    """In the order in which they were chosen."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    process_key: Mapped[str] = mapped_column(sa.String(60))
    definition_id: Mapped[str] = mapped_column(
        sa.ForeignKey("process_definition.id"),
    )
    """The version it was to be moved to."""
    instance_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("process_instance.id"),
    )
    """None for one that the jurisdiction's procedure does not have."""
    refused: Mapped[list[Any]]
    """Why it stays as it was; empty when it was moved."""
    changed: Mapped[list[Any]]
    """What the people concerned will notice."""
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]


def attempts(
    session: Session,
    tenant_id: str,
    process_key: str,
    limit: int = 20,
) -> Sequence[Any]:
    """(run_id, version, at, person's name, how many were chosen) of the attempts, the latest first."""
    return session.execute(
        sa.select(
            MoveResult.run_id,
            ProcessDefinition.version,
            MoveResult.at,
            Person.display_name,
            sa.func.count().label("chosen"),
        )
        .join(
            ProcessDefinition,
            ProcessDefinition.id == MoveResult.definition_id,
        )
        .join(Person, Person.id == MoveResult.person_id)
        .where(
            MoveResult.tenant_id == tenant_id,
            MoveResult.process_key == process_key,
        )
        .group_by(
            MoveResult.run_id,
            ProcessDefinition.version,
            MoveResult.at,
            Person.display_name,
        )
        .order_by(MoveResult.at.desc(), MoveResult.run_id.desc())
        .limit(limit),
    ).all()


def results(
    session: Session,
    tenant_id: str,
    process_key: str,
    run_id: str,
) -> Sequence[Any]:
    """(MoveResult, version, person's name, instance's number, title, restricted) of an attempt, in order."""
    return session.execute(
        sa.select(
            MoveResult,
            ProcessDefinition.version,
            Person.display_name,
            ProcessInstance.business_key,
            ProcessInstance.title,
            ProcessInstance.restricted,
        )
        .join(
            ProcessDefinition,
            ProcessDefinition.id == MoveResult.definition_id,
        )
        .join(Person, Person.id == MoveResult.person_id)
        .join(
            ProcessInstance,
            ProcessInstance.id == MoveResult.instance_id,
            isouter=True,
        )
        .where(
            MoveResult.tenant_id == tenant_id,
            MoveResult.process_key == process_key,
        )
        .where(MoveResult.run_id == run_id)
        .order_by(MoveResult.number),
    ).all()
