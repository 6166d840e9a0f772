"""Deployments, their content-addressed resources, and the versions of process definitions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from orchestrator.store.base import Base
from orchestrator.store.kept_statements import kept
from orchestrator.store.once import once
from orchestrator.store.retirements import retired_keys, retirements


class Resource(Base):
    """A file of a deployment, stored once however many deployments hold it."""

    __tablename__ = "resource"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    content: Mapped[bytes]


class Deployment(Base):
    """Diagrams, tables, forms and profile frozen together."""

    __tablename__ = "deployment"
    __table_args__ = (sa.Index(None, "tenant_id", "deployed_at"),)

    id: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    """Over the sorted names and digests of its resources."""
    deployed_at: Mapped[datetime]
    deployed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    """None for what was loaded from the jurisdiction's folder."""
    confirmed_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id")
    )
    """The second designer, where the jurisdiction asks for one."""
    effective_from: Mapped[datetime]
    """From when on its versions were meant to be taken."""
    remark: Mapped[str] = mapped_column(
        sa.String(200), default="", server_default=""
    )
    withdrawn_at: Mapped[datetime | None]
    """Since when its versions are no longer taken by new instances; those that run stay."""
    withdrawn_by: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id")
    )
    withdrawal_reason: Mapped[str] = mapped_column(
        sa.String(200), default="", server_default=""
    )
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What was normalised or ignored, per element."""


class DeploymentResource(Base):
    __tablename__ = "deployment_resource"

    deployment_id: Mapped[str] = mapped_column(
        sa.ForeignKey("deployment.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    """`item_admission.bpmn`, `shared/publish.bpmn`, `item_application.form`, `jurisdiction.toml`."""
    sha256: Mapped[str] = mapped_column(sa.ForeignKey("resource.sha256"))


class ProcessDefinition(Base):
    """One deployed version of a process; never changed once it exists."""

    __tablename__ = "process_definition"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "key", "version"),)

    id: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    """`tenant:key:version`."""
    tenant_id: Mapped[str] = mapped_column(sa.String(40))
    key: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(120))
    deployment_id: Mapped[str] = mapped_column(sa.ForeignKey("deployment.id"))
    resource_name: Mapped[str] = mapped_column(sa.String(200))
    content_sha256: Mapped[str] = mapped_column(sa.String(64))
    """Over everything this definition reads: its diagram, the processes it calls, its forms and the
    profile."""
    effective_from: Mapped[datetime]
    """From when on a new instance takes it: never before the version that it follows."""
    start_form_key: Mapped[str | None] = mapped_column(sa.String(60))
    starter_groups: Mapped[list[Any]] = mapped_column(default=list)
    """camunda:candidateStarterGroups, e.g. `department@county`."""
    elements: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Element id → {name, type, lane, documentation, citations, form_key, process}."""


def procedures(session: Session, tenant_id: str) -> list[str]:
    """Keys of the procedures that people of the jurisdiction can start, or could."""
    started = (
        ProcessDefinition.tenant_id == tenant_id,
        ProcessDefinition.start_form_key.is_not(None),
    )
    return list(
        session.scalars(
            sa.select(ProcessDefinition.key)
            .where(*started)
            .distinct()
            .order_by(ProcessDefinition.key)
        )
    )


def count_of_definitions(tenant_id: Any) -> Any:
    """How many versions the jurisdiction has, for a statement that asks for other things too: as long as the
    number stays, so do their names."""
    count = sa.select(sa.func.count()).select_from(ProcessDefinition)
    return count.where(
        ProcessDefinition.tenant_id == tenant_id
    ).scalar_subquery()


def count_definitions(session: Session, tenant_id: str) -> int:
    """How many versions of procedures the jurisdiction has."""

    def ask() -> int:
        return session.scalar(sa.select(count_of_definitions(tenant_id))) or 0

    return once(session, ("definitions", tenant_id), ask)


def process_names(session: Session, tenant_id: str) -> dict[str, str]:
    """Process key → name in its newest version."""
    query = sa.select(ProcessDefinition.key, ProcessDefinition.name).where(
        ProcessDefinition.tenant_id == tenant_id
    )
    return dict(
        session.execute(query.order_by(ProcessDefinition.version)).all()
    )


def versions_in_force(
    session: Session, tenant_id: str, now: datetime
) -> list[ProcessDefinition]:
    """The version of each procedure that a new instance would take, by name; none of one that is retired."""
    rows = session.scalars(
        sa.select(ProcessDefinition)
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .where(
            ProcessDefinition.tenant_id == tenant_id,
            Deployment.withdrawn_at.is_(None),
        )
        .where(
            ProcessDefinition.effective_from <= now,
            ProcessDefinition.key.not_in(retired_keys(tenant_id, now)),
        )
        .order_by(ProcessDefinition.version)
        # Nobody who chooses among procedures reads their elements, the greatest part of a row.
        .options(defer(ProcessDefinition.elements))
    )
    return sorted(
        {row.key: row for row in rows}.values(), key=lambda row: row.name
    )


def stopped_procedures(
    session: Session,
    tenant_id: str,
    in_force: Sequence[ProcessDefinition],
) -> list[ProcessDefinition]:
    """The newest version of each retired procedure, by name; `in_force`: those that are not retired."""
    keys = set(retirements(session, tenant_id)) - {
        definition.key for definition in in_force
    }
    ids = [version_in_force(session, tenant_id, key, None) for key in keys]
    rows = [
        session.get_one(ProcessDefinition, value) for value in ids if value
    ]
    return sorted(rows, key=lambda row: row.name)


def planned_versions(
    session: Session, tenant_id: str, now: datetime
) -> dict[str, datetime]:
    """Process key → when its next version comes into force, where one is published ahead."""
    rows = session.execute(
        sa.select(
            ProcessDefinition.key,
            sa.func.min(ProcessDefinition.effective_from),
        )
        .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
        .where(
            ProcessDefinition.tenant_id == tenant_id,
            Deployment.withdrawn_at.is_(None),
        )
        .where(ProcessDefinition.effective_from > now)
        .group_by(ProcessDefinition.key)
    )
    return dict(rows.all())


def version_in_force(
    session: Session,
    tenant_id: str,
    process_key: str,
    now: datetime | None,
) -> str | None:
    """Id of the version that a new instance takes, none of a procedure that is retired; without `now`, of the
    newest that was not withdrawn, in force already or not."""
    asked = {"tenant": tenant_id, "key": process_key}
    if now is None:
        return session.scalar(_NOT_WITHDRAWN, asked)
    return session.scalar(_IN_FORCE, {**asked, "now": now})


# Built once: each start, and each page of a procedure, asks for the version.
_TENANT = sa.bindparam("tenant", type_=sa.String())
_NOW = sa.bindparam("now", type_=ProcessDefinition.effective_from.type)
_NOT_WITHDRAWN = (
    sa.select(ProcessDefinition.id)
    .join(Deployment, Deployment.id == ProcessDefinition.deployment_id)
    .where(
        ProcessDefinition.tenant_id == _TENANT,
        ProcessDefinition.key == sa.bindparam("key"),
        Deployment.withdrawn_at.is_(None),
    )
    .order_by(ProcessDefinition.version.desc())
    .limit(1)
)
_IN_FORCE = _NOT_WITHDRAWN.where(
    ProcessDefinition.effective_from <= _NOW,
    ProcessDefinition.key.not_in(retired_keys(_TENANT, _NOW)),
)


def newest_deployment(
    session: Session,
    tenant_id: str,
    *,
    from_folder: bool = False,
    besides: str | None = None,
) -> Deployment | None:
    """The last deployment that was not withdrawn; with `from_folder`, the last that came from the
    jurisdiction's folder.

    `besides`: as if the deployment of this id had not been.
    """
    query = sa.select(Deployment).where(Deployment.tenant_id == tenant_id)
    if besides:
        query = query.where(Deployment.id != besides)
    if from_folder:
        query = query.where(Deployment.deployed_by.is_(None))
    else:
        query = query.where(Deployment.withdrawn_at.is_(None))
    return session.scalar(
        query.order_by(
            Deployment.deployed_at.desc(), Deployment.id.desc()
        ).limit(1)
    )


def digest_in_force(
    session: Session,
    tenant_id: str,
    name: str,
    now: datetime | None,
) -> str | None:
    """The digest of that file in force at `now`; without `now`, as it was deployed last. A file that was
    published ahead comes with its day, and so does what was deployed after it and holds it unchanged."""
    rows = session.execute(
        kept(_files_named), {"tenant": tenant_id, "name": name}
    ).all()
    text = None
    since = None
    last = None
    for begins, digest in rows:
        if since is None or digest != last:
            since = max(begins, since or begins)
        last = digest
        if now is None or text is None or since <= now:
            text = digest
    return text


def file_in_force(
    session: Session,
    tenant_id: str,
    name: str,
    now: datetime | None,
) -> bytes | None:
    """The content of the file that `digest_in_force` names."""
    digest = digest_in_force(session, tenant_id, name, now)
    if digest is None:
        return None
    return session.get_one(Resource, digest).content


def _files_named() -> Any:
    return (
        sa.select(Deployment.effective_from, DeploymentResource.sha256)
        .join(
            DeploymentResource,
            DeploymentResource.deployment_id == Deployment.id,
        )
        .where(
            Deployment.tenant_id == sa.bindparam("tenant"),
            Deployment.withdrawn_at.is_(None),
            DeploymentResource.name == sa.bindparam("name"),
        )
        .order_by(Deployment.deployed_at, Deployment.id)
    )


def published_ahead(session: Session, now: datetime) -> list[Deployment]:
    """Deployments that were published for a later day, which has come, and that nobody has noted yet."""
    rows = session.scalars(
        sa.select(Deployment)
        .where(
            Deployment.withdrawn_at.is_(None),
            Deployment.effective_from > Deployment.deployed_at,
            Deployment.effective_from <= now,
        )
        .order_by(Deployment.deployed_at)
    )
    return [row for row in rows if not row.report.get("in_effect")]


def newest_deployment_of(tenant_id: Any) -> Any:
    """The same as `newest_deployment_id`, for a statement that asks for other things too."""
    return (
        sa.select(Deployment.id)
        .where(
            Deployment.tenant_id == tenant_id,
            Deployment.withdrawn_at.is_(None),
        )
        .order_by(Deployment.deployed_at.desc(), Deployment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def newest_deployment_id(session: Session, tenant_id: str) -> str | None:
    """Id of the last deployment that was not withdrawn."""
    return session.scalar(sa.select(newest_deployment_of(tenant_id)))


def files(session: Session, deployment_id: str) -> dict[str, bytes]:
    """Name → content of everything a deployment holds."""
    rows = session.execute(
        sa.select(DeploymentResource.name, Resource.content)
        .join(Resource, Resource.sha256 == DeploymentResource.sha256)
        .where(DeploymentResource.deployment_id == deployment_id)
    )
    return dict(rows.all())


def file(session: Session, deployment_id: str, name: str) -> bytes | None:
    """The content of one file of a deployment."""
    query = (
        sa.select(Resource.content)
        .join(DeploymentResource, DeploymentResource.sha256 == Resource.sha256)
        .where(
            DeploymentResource.deployment_id == deployment_id,
            DeploymentResource.name == name,
        )
    )
    return session.scalar(query)


def versions(
    session: Session, tenant_id: str, process_key: str
) -> list[ProcessDefinition]:
    """Every version of a procedure, the first one first."""
    query = sa.select(ProcessDefinition).where(
        ProcessDefinition.tenant_id == tenant_id,
        ProcessDefinition.key == process_key,
    )
    return list(session.scalars(query.order_by(ProcessDefinition.version)))
