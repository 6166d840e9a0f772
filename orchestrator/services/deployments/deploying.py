"""Deploying diagrams, forms and profile, frozen together; each changed process gets a new version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.errors import Finding
from orchestrator.services.bundles import (
    EDITION,
    EDITIONS,
    PROFILE,
    SEARCHED,
    Bundle,
    edition_in,
    profile_of,
)
from orchestrator.services.bundles.bound_rules import NAMED, RULES
from orchestrator.services.deployments import contents, start_events
from orchestrator.services.deployments.inspection import (
    Inspected,
    inspect,
    process_keys,
)
from orchestrator.services.records.ids import new_id
from orchestrator.store import definitions as queries
from orchestrator.store.definitions import (
    Deployment,
    DeploymentResource,
    ProcessDefinition,
    Resource,
)
from orchestrator.store.session import transaction


@dataclass(frozen=True, slots=True)
class Deployed:
    deployment_id: str
    definition_ids: tuple[str, ...]
    """The process definitions that got a new version."""
    notes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A process that gets a new version."""

    definition: engine.Definition
    content: str
    """One digest over everything an instance of it reads."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication says of itself."""

    effective_from: datetime
    confirmed_by: int | None = None
    remark: str = ""
    folder: Mapping[str, str] | None = None
    """Of what was loaded from a folder: its files as they were there, name → digest."""


def deploy(
    resources: Mapping[str, bytes],
    tenant_id: str,
    by: int | None,
    now: datetime,
) -> Deployed:
    """Freezes the resources (name → bytes: .bpmn, .dmn, .form and jurisdiction.toml) and versions each
    startable process.

    A process whose diagram, called diagrams, forms and profile are unchanged keeps its version. Raises
    DeploymentRefused with all reasons.
    """
    checked = inspect(resources)
    with transaction() as session:
        return freeze(session, checked, tenant_id, by, now)


def freeze(
    session: Session,
    checked: Inspected,
    tenant_id: str,
    by: int | None,
    now: datetime,
    release: Publication | None = None,
) -> Deployed:
    """`deploy` inside the caller's transaction; its versions are in force at once where no release says from
    when on."""
    resources = checked.resources
    release = release or Publication(now)
    digests = digests_of(resources)
    whole = hashlib.sha256(
        "\n".join(
            f"{name} {digest}" for name, digest in sorted(digests.items())
        ).encode(),
    ).hexdigest()
    latest = queries.newest_deployment(session, tenant_id)
    if latest is not None and latest.sha256 == whole:
        return Deployed(latest.id, (), checked.notes)
    notes = [
        {"element": f.element_id, "message": f.message, "resource": f.resource}
        for f in checked.notes
    ]
    changed = _changed(session, resources, tenant_id, digests)
    definitions = {key: change.definition for key, change in changed.items()}
    kept = _kept_editions(session, tenant_id, definitions, resources, digests)
    deployment = Deployment(
        id=new_id(now),
        tenant_id=tenant_id,
        sha256=whole,
        # Strictly after the last: which of two is the newer is never in doubt.
        deployed_at=max(now, latest.deployed_at + timedelta(microseconds=1))
        if latest
        else now,
        deployed_by=by,
        confirmed_by=release.confirmed_by,
        effective_from=release.effective_from,
        remark=release.remark,
        report={
            "notes": notes,
            "patterns": SEARCHED,
            RULES: NAMED,
            EDITION: int(engine.CURRENT),
        }
        | ({EDITIONS: kept} if kept else {})
        | ({"folder": dict(release.folder)} if release.folder else {}),
    )
    session.add(deployment)
    known = set(
        session.scalars(
            sa.select(Resource.sha256).where(
                Resource.sha256.in_(digests.values()),
            ),
        ),
    )
    contents = {
        digest: resources[name]
        for name, digest in digests.items()
        if digest not in known
    }
    session.add_all(
        Resource(sha256=digest, content=content)
        for digest, content in contents.items()
    )
    session.flush()
    session.add_all(
        DeploymentResource(
            deployment_id=deployment.id,
            name=name,
            sha256=digest,
        )
        for name, digest in digests.items()
    )
    made = tuple(
        _version(session, deployment, key, resources, change)
        for key, change in changed.items()
    )
    return Deployed(deployment.id, made, checked.notes)


def digests_of(resources: Mapping[str, bytes]) -> dict[str, str]:
    """Name → sha256 in hexadecimal."""
    return {
        name: hashlib.sha256(content).hexdigest()
        for name, content in resources.items()
    }


def _version(
    session: Session,
    deployment: Deployment,
    key: str,
    resources: Mapping[str, bytes],
    change: _Change,
) -> str:
    definition = change.definition
    edition = edition_in(deployment.report, key)
    if edition != engine.CURRENT:
        definition = engine.load_definition(resources, key, edition)
    given = (
        ProcessDefinition.tenant_id == deployment.tenant_id,
        ProcessDefinition.key == key,
    )
    before = queries.version_in_force(session, deployment.tenant_id, key, None)
    # It carries what the version before it changed: it does not come into force before that one.
    if before:
        planned = session.get_one(ProcessDefinition, before).effective_from
    else:
        planned = deployment.effective_from
    version = (
        session.scalar(
            sa.select(sa.func.max(ProcessDefinition.version)).where(*given),
        )
        or 0
    ) + 1
    row = ProcessDefinition(
        id=f"{deployment.tenant_id}:{key}:{version}",
        tenant_id=deployment.tenant_id,
        key=key,
        version=version,
        name=definition.name,
        deployment_id=deployment.id,
        resource_name=definition.process.resource,
        content_sha256=change.content,
        effective_from=max(deployment.effective_from, planned),
        start_form_key=definition.start_form_key,
        starter_groups=_starters(definition, resources),
        elements={
            element_id: _describe(element)
            for element_id, element in definition.elements.items()
        },
    )
    session.add(row)
    session.flush()
    bundle = None
    if PROFILE in resources:
        bundle = Bundle(definition, profile_of(resources), {})
    start_events.listen(
        session,
        row,
        definition,
        bundle,
        deployment.effective_from,
    )
    return row.id


def _starters(
    definition: engine.Definition,
    resources: Mapping[str, bytes],
) -> list[str]:
    """Who may start it, in the profile's roles."""
    if PROFILE not in resources:
        return list(definition.starter_groups)
    return profile_of(resources).spelled_out(definition.starter_groups)


def changed_keys(
    session: Session,
    resources: Mapping[str, bytes],
    tenant_id: str,
) -> list[str]:
    """Keys of the processes that would get a new version if these resources were deployed."""
    digests = digests_of(resources)
    return list(_changed(session, resources, tenant_id, digests))


def _changed(
    session: Session,
    resources: Mapping[str, bytes],
    tenant_id: str,
    digests: Mapping[str, str],
) -> dict[str, _Change]:
    changes = {}
    for key in process_keys(resources):
        definition = engine.load_definition(resources, key)
        content = contents.digest(definition, resources, digests)
        if _is_new(session, tenant_id, key, content):
            changes[key] = _Change(definition, content)
    return changes


def older_editions(
    session: Session,
    resources: Mapping[str, bytes],
    tenant_id: str,
) -> dict[str, engine.Edition]:
    """By process key the older edition of the rules that it would go on with if these resources were
    deployed; the newest counts for all others."""
    kept = _kept_editions(
        session,
        tenant_id,
        {
            key: engine.load_definition(resources, key)
            for key in process_keys(resources)
        },
        resources,
        digests_of(resources),
    )
    return {key: engine.edition_of(number) for key, number in kept.items()}


def _kept_editions(
    session: Session,
    tenant_id: str,
    definitions: Mapping[str, engine.Definition],
    resources: Mapping[str, bytes],
    digests: Mapping[str, str],
) -> dict[str, int]:
    """By process key the older edition of the rules that stays, since nobody has touched what is read by it:
    the diagrams and tables are those of the version before, and only forms or the profile have changed."""
    kept = {}
    former: dict[str, set[str]] = {}
    reports: dict[str, Any] = {}
    for key, definition in definitions.items():
        before = queries.version_in_force(session, tenant_id, key, None)
        if before is None:
            continue
        # Neither the elements nor a report twice: both are long.
        deployment_id = session.scalars(
            sa.select(ProcessDefinition.deployment_id).where(
                ProcessDefinition.id == before
            )
        ).one()
        if deployment_id not in reports:
            reports[deployment_id] = session.get_one(
                Deployment, deployment_id
            ).report
        edition = edition_in(reports[deployment_id], key)
        if edition == engine.CURRENT:
            continue
        if deployment_id not in former:
            former[deployment_id] = set(
                session.scalars(
                    sa.select(DeploymentResource.sha256).where(
                        DeploymentResource.deployment_id == deployment_id
                    )
                )
            )
        read = contents.read_by_edition(definition, resources)
        if {digests[name] for name in read} <= former[deployment_id]:
            kept[key] = int(edition)
    return kept


def _is_new(session: Session, tenant_id: str, key: str, content: str) -> bool:
    newest = queries.version_in_force(session, tenant_id, key, None)
    return (
        newest is None
        or session.get_one(ProcessDefinition, newest).content_sha256 != content
    )


def _describe(element: engine.Element) -> dict[str, Any]:
    return {
        "name": element.name,
        "type": element.type,
        "lane": element.lane,
        "documentation": element.documentation,
        "citations": list(element.citations),
        "form_key": element.form_key,
        "process": element.process,
    }
