"""Of which instances a person may read the title: a designer's pages show the numbers of all."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services import access
from orchestrator.store.instances import ProcessInstance


def seen_among(
    session: Session, viewer: access.Viewer, instance_ids: Iterable[str]
) -> frozenset[str]:
    """Those of the instances that he may see by himself, without a grant: as he does his work, not because he
    designs."""
    wanted = list(instance_ids)
    if not wanted:
        return frozenset()
    query = sa.select(ProcessInstance.id).where(
        ProcessInstance.id.in_(wanted), access.may_see(viewer)
    )
    return frozenset(session.scalars(query))
