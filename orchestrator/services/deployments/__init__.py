"""Deployments: what is checked before one, how it is frozen, and what its forms and profile say."""

from orchestrator.services.deployments.deploying import (
    Deployed,
    Publication,
    changed_keys,
    deploy,
    digests_of,
    freeze,
    older_editions,
)
from orchestrator.services.deployments.inspection import (
    Inspected,
    findings,
    inspect,
    process_keys,
)

__all__ = [
    "Deployed",
    "Inspected",
    "Publication",
    "changed_keys",
    "older_editions",
    "deploy",
    "digests_of",
    "findings",
    "freeze",
    "inspect",
    "process_keys",
]
