"""Loading a jurisdiction folder (bpmn/KEY): read and checked as a whole, then written in one transaction. May
be repeated."""

from orchestrator.services.jurisdictions.folder import (
    Folder,
    parse,
    read,
    resources,
)
from orchestrator.services.jurisdictions.loading import DEMO_PASSWORD, load
from orchestrator.services.jurisdictions.profile_bodies import (
    bodies_in_force,
    take_effect,
)

__all__ = [
    "DEMO_PASSWORD",
    "Folder",
    "bodies_in_force",
    "load",
    "parse",
    "read",
    "resources",
    "take_effect",
]
