"""Loading a jurisdiction folder (bpmn/KEY): read and checked as a whole, then written in one transaction. May
be repeated."""

from orchestrator.services.jurisdictions.folder import (
    Folder,
    parse,
    read,
    resources,
)
from orchestrator.services.jurisdictions.loading import DEMO_PASSWORD, load

__all__ = ["DEMO_PASSWORD", "Folder", "load", "parse", "read", "resources"]
