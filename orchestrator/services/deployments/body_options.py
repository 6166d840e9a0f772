"""Bodies below a place that a diagram may offer a task to, by their function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import sqlalchemy as sa

from forms import Option
from orchestrator.domain.jurisdiction.functions import (
    COMMUNITY_COMMITTEE,
    COMMUNITY_PARTY,
    LOCAL_GOVERNMENT,
)
from orchestrator.services.deployments.options_request import OptionsRequest
from orchestrator.store.territories import Body

FUNCTIONS: Mapping[str, str] = {
    "township_governments": LOCAL_GOVERNMENT,
    "community_committees": COMMUNITY_COMMITTEE,
    "community_parties": COMMUNITY_PARTY,
}
"""Source → the function of its bodies."""


def _lowest(function: str, place: OptionsRequest) -> list[Option]:
    """The bodies of that function below the place, at the lowest level that has it."""
    profile = place.bundle.jurisdiction
    rows = place.session.execute(
        sa.select(Body.id, Body.name)
        .where(
            Body.tenant_id == place.tenant_id,
            Body.role.in_(profile.roles_of(function)),
            Body.level.in_(profile.levels_of(function)[-1:]),
            Body.territory_path.startswith(place.path),
            Body.dissolved_at.is_(None),
        )
        .order_by(Body.territory_code)
    ).all()
    return [Option(row.id, row.name) for row in rows]


SOURCES: Mapping[str, Callable[[OptionsRequest], list[Option]]] = {
    source: partial(_lowest, function)
    for source, function in FUNCTIONS.items()
}
"""Source → its query."""
