"""Whose daily work and registers somebody may read and write: those of the grids that he serves, and of the
places that he oversees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.errors import Forbidden, NotFound
from orchestrator.sentences import say
from orchestrator.services import access, bundles
from orchestrator.store.registers import Grid


def paths(who: access.Viewer, profile: Jurisdiction) -> list[str]:
    """Paths of the territories that he reaches, each with all below it."""
    return [*who.overseen_paths, *served(who, profile)]


def served(who: access.Viewer, profile: Jurisdiction) -> list[str]:
    """Paths of the grids that he serves."""
    return [
        body.territory_path
        for body in who.bodies
        if body.role in profile.grid_roles
    ]


def lies_in(path: str, places: Sequence[str]) -> bool:
    return any(path.startswith(place) for place in places)


def writer(
    session: Session,
    person_id: int,
) -> tuple[access.Viewer, Jurisdiction]:
    """Who writes, and the profile in force. Raises Forbidden."""
    who = access.viewer(session, person_id)
    if who is None:
        raise Forbidden(say("您的账号已经停用"))
    return who, bundles.profile_in_force(session, who.tenant_id)


def grid(
    session: Session,
    who: access.Viewer,
    profile: Jurisdiction,
    code: str,
) -> Grid:
    """The active grid. Raises NotFound for one that he does not reach."""
    result = session.get(Grid, (who.tenant_id, code))
    if (
        result is None
        or result.state != "active"
        or not lies_in(result.territory_path, paths(who, profile))
    ):
        raise NotFound(code)
    return result
