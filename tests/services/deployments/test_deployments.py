"""Deployments follow one another strictly, whatever the clock says."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from orchestrator.services import deployments
from orchestrator.store.definitions import Deployment, newest_deployment
from orchestrator.store.session import transaction
from tests.services.world import CITY, TENANT


def test_of_deployments_at_one_instant_the_last_is_the_newest(world) -> None:
    files = {path.name: path.read_bytes() for path in sorted(CITY.iterdir())}
    made = []
    for number, late in enumerate((0, 0, -60, 0)):
        changed = {
            **files,
            "errand.bpmn": files["errand.bpmn"]
            + f"<!-- {number} -->".encode(),
        }
        deployed = deployments.deploy(
            changed, TENANT, None, world.now + timedelta(seconds=late)
        )
        made.append(deployed.deployment_id)
        with transaction(writing=False) as session:
            newest = newest_deployment(session, TENANT)
            assert newest is not None and newest.id == deployed.deployment_id
    rows = world.rows(sa.select(Deployment).where(Deployment.id.in_(made)))
    at = {row.id: row.deployed_at for row in rows}
    instants = [at[deployment_id] for deployment_id in made]
    assert instants == sorted(set(instants)), (
        "each is later than the one before"
    )
