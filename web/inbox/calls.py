"""Who takes the calls of the hotline, and in which procedures he registers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator.domain.jurisdiction import Jurisdiction
from orchestrator.domain.jurisdiction.functions import HOTLINE
from orchestrator.services import bundles
from orchestrator.services.access import Viewer
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import places
from orchestrator.store.territories import Body


def takes(profile: Jurisdiction, body: Body) -> bool:
    """Whether the body takes the hotline's calls, as the profile says."""
    return body.role in profile.functions.get(HOTLINE, ())


def taken(
    who: Viewer, startable: Sequence[tuple[Any, Body]]
) -> list[tuple[Any, Body]]:
    """Those of the procedures that the person may start which are registered for a caller at a place that he
    names."""
    session = reading()
    profile = bundles.profile_in_force(session, who.tenant_id)
    return [
        (definition, body)
        for definition, body in startable
        if takes(profile, body)
        and places.must_name(
            bundles.bundle_of(session, definition.id), body.level
        )
    ]
