"""Bundles: everything a running instance reads, frozen with its deployment, read back from a cache."""

from orchestrator.services.bundles.bundle import Bundle
from orchestrator.services.bundles.frozen import (
    EDITION,
    EDITIONS,
    PROFILE,
    SEARCHED,
    assemble,
    bundle_of,
    definition_in_force,
    diagram,
    edition_in,
    known_bundle,
    load_forms,
    process_names,
    profile_in_force,
    profile_of,
)
from orchestrator.services.bundles.readable import (
    forget,
    personal_marks,
    readable,
)

__all__ = [
    "EDITION",
    "EDITIONS",
    "PROFILE",
    "SEARCHED",
    "Bundle",
    "assemble",
    "bundle_of",
    "definition_in_force",
    "diagram",
    "edition_in",
    "forget",
    "known_bundle",
    "load_forms",
    "personal_marks",
    "process_names",
    "profile_in_force",
    "profile_of",
    "readable",
]
