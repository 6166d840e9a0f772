"""Rules about what the profile says of dossiers."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.errors import Finding
from orchestrator.sentences import say
from orchestrator.services.deployments.profile_checks.assessments import FILE
from orchestrator.services.deployments.profile_checks.deployed import (
    CheckedDeployment,
)

DESTROYS = "archive.destroy"


def retention_register(deployed: CheckedDeployment) -> Iterator[Finding]:
    """The procedure that destroys holds the register of what was destroyed, which is kept for ever."""
    rules = deployed.profile.retention
    for key, process in deployed.processes.items():
        topics = {element.topic for element in process.elements.values()}
        kept_as = rules.class_of(key)
        if DESTROYS not in topics or kept_as is None:
            continue
        if kept_as.years is not None:
            yield Finding(
                "retention-register",
                None,
                say(
                    "“{process}”销毁档案，销毁清册要永久保管；请把它列入“retention.classes”里没有年限的一类",
                    process=key,
                ),
                resource=FILE,
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
                        "“retention.classes.{key}”里的“{process}”不是本辖区的流程",
                        key=known.key,
                        process=process,
                    ),
                    resource=FILE,
                )
