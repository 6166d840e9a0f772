"""Another version of a procedure for a test: the newest deployment's files with words of them replaced."""

from __future__ import annotations

from orchestrator.services import deployments
from orchestrator.store import definitions
from orchestrator.store.definitions import ProcessDefinition, version_in_force
from orchestrator.store.session import transaction
from tests.handlers.office import TENANT, Office


def files(process: str = "item_admission") -> dict[str, bytes]:
    """What the newest version of the procedure was deployed with."""
    with transaction(writing=False) as session:
        definition = version_in_force(session, TENANT, process, None)
        return definitions.files(
            session,
            session.get_one(ProcessDefinition, definition).deployment_id,
        )


def redeploy(
    office: Office,
    *changes: tuple[str, str],
    process: str = "item_admission",
    profile: tuple[str, str] = ("", ""),
) -> str:
    """Deploys the procedure with (old, new) replaced once each, in its diagram and in the profile; id of the
    new version."""
    resources = files(process)
    name = f"{process}.bpmn"
    text = resources[name].decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    resources[name] = text.encode()
    settings = resources["jurisdiction.toml"].decode()
    assert profile[0] in settings
    resources["jurisdiction.toml"] = (
        settings.replace(*profile, 1).encode()
        if profile[0]
        else settings.encode()
    )
    office.later(seconds=1)
    deployed = deployments.deploy(
        resources, TENANT, office.person("designer"), office.now
    )
    (made,) = [
        each for each in deployed.definition_ids if f":{process}:" in each
    ]
    return made
