"""The publications that changed a jurisdiction's regulation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.services.bundles import PROFILE
from orchestrator.store.definitions import Deployment, DeploymentResource
from orchestrator.store.people import Person


@dataclass(frozen=True, slots=True)
class RegulationRelease:
    deployment_id: str
    at: datetime
    by: str
    """Name of who published it; empty for what came from the jurisdiction's folder."""
    effective_from: datetime
    remark: str
    withdrawn_at: datetime | None
    newest: bool
    """Whether nothing was published since, so that it can be withdrawn."""


def publications(session: Session, tenant_id: str) -> list[RegulationRelease]:
    """Those whose profile is another than the one before, the latest first."""
    rows = session.execute(
        sa.select(Deployment, DeploymentResource.sha256, Person.display_name)
        .join(
            DeploymentResource,
            DeploymentResource.deployment_id == Deployment.id,
        )
        .outerjoin(Person, Person.id == Deployment.deployed_by)
        .where(
            Deployment.tenant_id == tenant_id,
            DeploymentResource.name == PROFILE,
        )
        .order_by(Deployment.deployed_at, Deployment.id),
    ).all()
    standing = [
        row.Deployment.id
        for row in rows
        if row.Deployment.withdrawn_at is None
    ]
    regulation_releases = []
    last = None
    for row, digest, name in rows:
        if digest != last:
            regulation_releases.append(
                RegulationRelease(
                    row.id,
                    row.deployed_at,
                    name or "",
                    row.effective_from,
                    row.remark,
                    row.withdrawn_at,
                    standing[-1:] == [row.id] and row.deployed_by is not None,
                ),
            )
        if row.withdrawn_at is None:
            last = digest
    return regulation_releases[::-1]
