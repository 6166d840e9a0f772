"""The item lists as the database has them, for what stands against a change of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.domain.items import Stay
from orchestrator.services import bundles
from orchestrator.services.registers import list_changes
from orchestrator.store.instances import RUNNING, ProcessInstance
from orchestrator.store.item_lists import lock_list, stays_of


@dataclass(frozen=True, slots=True)
class RegisteredLists:
    """A jurisdiction's `list_changes.Lists` in the caller's transaction."""

    session: Session
    tenant_id: str

    def lock(self, place: str) -> None:
        lock_list(self.session, self.tenant_id, place)

    def stays(self, place: str, item_id: str | None = None) -> Sequence[Stay]:
        return [
            stay.stay
            for stay in stays_of(
                self.session,
                self.tenant_id,
                [place],
                item_id,
            )
        ]

    def rival(self, asks_for: str, except_for: str | None) -> str | None:
        return self.session.scalar(
            sa.select(ProcessInstance.business_key)
            .where(
                ProcessInstance.tenant_id == self.tenant_id,
                ProcessInstance.asks_for == asks_for,
                ProcessInstance.state.in_(RUNNING),
                ProcessInstance.id != (except_for or ""),
            )
            .order_by(ProcessInstance.started_at)
            .limit(1),
        )

    def refused_at(self, asks_for: str) -> datetime | None:
        """One that ended keeps what it asked for only where the profile bars it: `rows` sees to that."""
        return self.session.scalar(
            sa.select(sa.func.max(ProcessInstance.ended_at)).where(
                ProcessInstance.tenant_id == self.tenant_id,
                ProcessInstance.asks_for == asks_for,
                ProcessInstance.state == "completed",
            ),
        )


def note_what_is_asked_for(session: Session, tenant_id: str) -> int:
    """Fills `asks_for` of running instances that were begun before it was kept; how many."""
    waiting = (
        ProcessInstance.tenant_id == tenant_id,
        ProcessInstance.state.in_(RUNNING),
        ProcessInstance.asks_for.is_(None),
    )
    noted = 0
    for definition_id in session.scalars(
        sa.select(ProcessInstance.definition_id).where(*waiting).distinct(),
    ).all():
        bundle = bundles.bundle_of(session, definition_id)
        if not bundle.definition.topics & list_changes.TOPICS:
            continue
        rows = sa.select(
            ProcessInstance.id,
            ProcessInstance.variables,
            ProcessInstance.territory_path,
        )
        for row in session.execute(
            rows.where(
                *waiting,
                ProcessInstance.definition_id == definition_id,
            ),
        ).all():
            wanted = list_changes.asks_for(
                bundle,
                row.variables,
                row.territory_path,
            )
            if wanted is not None:
                session.execute(
                    sa.update(ProcessInstance)
                    .where(ProcessInstance.id == row.id)
                    .values(asks_for=wanted),
                )
                noted += 1
    return noted
