"""Rules about what the profile says of dossiers."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.assessments import FILE
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)


def retention_process(deployed: CheckedDeployment) -> Iterator[Finding]:
    """A misspelt procedure would silently have the term of those that are not named."""
    if not deployed.definitions:
        return
    for known in deployed.profile.retention.classes:
        for process in known.processes:
            if process not in deployed.processes:
                yield Finding(
                    "retention-process",
                    None,
                    say(
                        "「retention.classes.{key}」里的「{process}」不是本辖区的流程",
                        key=known.key,
                        process=process,
                    ),
                    resource=FILE,
                )
