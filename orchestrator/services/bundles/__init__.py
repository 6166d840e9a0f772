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
    FRESH,
    forget,
    graded_labels,
    personal_marks,
    profile_lately,
    readable,
    rules_of_sight,
)

__all__ = [
    "FRESH",
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
    "graded_labels",
    "known_bundle",
    "load_forms",
    "personal_marks",
    "rules_of_sight",
    "process_names",
    "profile_in_force",
    "profile_lately",
    "profile_of",
    "readable",
]
