"""Deploying diagrams, forms and profile as one frozen bundle, and reading a bundle back, cached."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.domain.jurisdiction import Jurisdiction, parse_jurisdiction
from orchestrator.errors import DeploymentRefused, Finding, NotFound
from orchestrator.services import form_questions, profile_checks, start_rows
from orchestrator.services.bundles import Bundle
from orchestrator.services.choosing import choice_forms
from orchestrator.services.ids import new_id
from orchestrator.store import definitions as queries
from orchestrator.store.definitions import Deployment, DeploymentResource, ProcessDefinition, Resource
from orchestrator.store.session import db, transaction
from orchestrator.store.writing import heavy

PROFILE = "jurisdiction.toml"
SEARCHED = "searched"
"""Written into the report of a deployment whose forms search for their patterns; before, the whole text had
to match."""
log = logging.getLogger("gridflow.deployments")


@dataclass(frozen=True, slots=True)
class Deployed:
    deployment_id: str
    definition_ids: tuple[str, ...]
    """The process definitions that got a new version."""
    notes: tuple[Finding, ...]


@dataclass(frozen=True)
class Inspected:
    """Resources that may be deployed, with what was noted about them."""

    resources: Mapping[str, bytes]
    notes: tuple[Finding, ...]


def inspect(resources: Mapping[str, bytes]) -> Inspected:
    """Checks diagrams, tables and forms against each other. Raises DeploymentRefused with all reasons."""
    found = findings(resources)
    if any(finding.severity == "error" for finding in found):
        raise DeploymentRefused(found)
    return Inspected(resources, tuple(found))


@heavy
def findings(resources: Mapping[str, bytes]) -> list[Finding]:
    """Everything there is to say about diagrams, tables, forms and profile together."""
    loaded, found = _load_forms(resources)
    found += engine.check(resources, {key: form.field_keys for key, form in loaded.items()})
    return found + _agreement(resources, loaded, found)


@dataclass(frozen=True, slots=True)
class Release:
    """What a publication says of itself."""

    effective_from: datetime
    confirmed_by: int | None = None
    remark: str = ""
    folder: Mapping[str, str] | None = None
    """Of what was loaded from a folder: its files as they were there, name → digest."""


def deploy(resources: Mapping[str, bytes], tenant_id: str, by: int | None, now: datetime) -> Deployed:
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
    release: Release | None = None,
) -> Deployed:
    """`deploy` inside the caller's transaction; its versions are in force at once where no release says from
    when on."""
    resources, release = checked.resources, release or Release(now)
    digests = digests_of(resources)
    whole = hashlib.sha256(
        "\n".join(f"{name} {digest}" for name, digest in sorted(digests.items())).encode()
    ).hexdigest()
    latest = queries.newest_deployment(session, tenant_id)
    if latest is not None and latest.sha256 == whole:
        return Deployed(latest.id, (), checked.notes)
    notes = [{"element": f.element_id, "message": f.message, "resource": f.resource} for f in checked.notes]
    deployment = Deployment(
        id=new_id(now),
        tenant_id=tenant_id,
        sha256=whole,
        # Strictly after the last: which of two is the newer is never in doubt.
        deployed_at=max(now, latest.deployed_at + timedelta(microseconds=1)) if latest else now,
        deployed_by=by,
        confirmed_by=release.confirmed_by,
        effective_from=release.effective_from,
        remark=release.remark,
        report={"notes": notes, "patterns": SEARCHED}
        | ({"folder": dict(release.folder)} if release.folder else {}),
    )
    session.add(deployment)
    known = set(session.scalars(sa.select(Resource.sha256).where(Resource.sha256.in_(digests.values()))))
    contents = {digest: resources[name] for name, digest in digests.items() if digest not in known}
    session.add_all(Resource(sha256=digest, content=content) for digest, content in contents.items())
    session.flush()
    session.add_all(
        DeploymentResource(deployment_id=deployment.id, name=name, sha256=digest)
        for name, digest in digests.items()
    )
    made = tuple(
        filter(
            None, (_version(session, deployment, key, resources, digests) for key in process_keys(resources))
        )
    )
    return Deployed(deployment.id, made, checked.notes)


def digests_of(resources: Mapping[str, bytes]) -> dict[str, str]:
    """Name → sha256 in hexadecimal."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in resources.items()}


def profile_in_force(session: Session, tenant_id: str) -> Jurisdiction:
    """The jurisdiction's profile as it was deployed last: what concerns people now, whatever version a matter
    runs on. Raises NotFound."""
    newest = queries.newest_deployment(session, tenant_id)
    content = queries.file(session, newest.id, PROFILE) if newest is not None else None
    if content is None:
        raise NotFound(tenant_id)
    return _profile(content)


def profile_of(resources: Mapping[str, bytes]) -> Jurisdiction:
    """The profile among these resources, which must have one."""
    return _profile(resources[PROFILE])


@lru_cache(maxsize=32)
def _profile(content: bytes) -> Jurisdiction:
    return parse_jurisdiction(content.decode(), PROFILE)


def _agreement(
    resources: Mapping[str, bytes], loaded: Mapping[str, forms.Form], known: Sequence[Finding]
) -> list[Finding]:
    """What the profile's own rules find, once the diagrams can be read at all."""
    broken = {finding.resource for finding in known if finding.severity == "error"}
    if PROFILE not in resources or any(str(name).endswith(".bpmn") for name in broken):
        return []
    profile = _profile(resources[PROFILE])
    definitions = [engine.load_definition(resources, key) for key in process_keys(resources)]
    return profile_checks.check(profile_checks.Deployed(profile, loaded, definitions))


def bundle(session: Session, definition_id: str) -> Bundle:
    """The frozen bundle of a process definition, from the process-wide cache. Raises NotFound."""
    cache: dict[str, Bundle] = _cache(str(db.engine.url))
    found = cache.get(definition_id)
    if found is None:
        row = session.get(ProcessDefinition, definition_id)
        if row is None:
            raise NotFound(definition_id)
        found = cache[definition_id] = _bundle(session, row)
    return found


def known_bundle(definition_id: str) -> Bundle | None:
    """The bundle, when this process has read it before: it asks no database."""
    return _cache(str(db.engine.url)).get(definition_id)


def definition_in_force(session: Session, tenant_id: str, process_key: str, now: datetime) -> str:
    """Id of the version that a new instance takes. Raises NotFound."""
    found = queries.version_in_force(session, tenant_id, process_key, now)
    if found is None:
        raise NotFound(process_key)
    return found


def diagram(session: Session, definition_id: str) -> bytes:
    """The XML of a process definition's own diagram. Raises NotFound."""
    content = session.scalar(
        sa.select(Resource.content)
        .join(DeploymentResource, DeploymentResource.sha256 == Resource.sha256)
        .join(
            ProcessDefinition,
            (ProcessDefinition.deployment_id == DeploymentResource.deployment_id)
            & (ProcessDefinition.resource_name == DeploymentResource.name),
        )
        .where(ProcessDefinition.id == definition_id)
    )
    if content is None:
        raise NotFound(definition_id)
    return content


def forget() -> None:
    """Another database stands at an address that is known: bundles are read again."""
    _cache.cache_clear()


@lru_cache(maxsize=64)
def _cache(url: str) -> dict[str, Bundle]:
    return {}


def _bundle(session: Session, row: ProcessDefinition) -> Bundle:
    resources = queries.files(session, row.deployment_id)
    report = session.get_one(Deployment, row.deployment_id).report
    return _assembled(resources, row.key, _deployed_forms(resources, report.get("patterns") != SEARCHED))


def assemble(resources: Mapping[str, bytes], process_key: str) -> Bundle:
    """The bundle of one process of these resources, as they would be deployed. Raises KeyError when there is
    no such process."""
    return _assembled(resources, process_key, _load_forms(resources)[0])


def _assembled(resources: Mapping[str, bytes], process_key: str, loaded: Mapping[str, forms.Form]) -> Bundle:
    profile = _profile(resources[PROFILE])
    lists = form_questions.lists(profile)
    asked = {key: forms.with_questions(form, lists) for key, form in loaded.items()}
    definition = engine.load_definition(resources, process_key)
    return Bundle(definition, profile, {**asked, **choice_forms(definition)})


def _deployed_forms(resources: Mapping[str, bytes], whole: bool) -> dict[str, forms.Form]:
    """The forms as they count since they were deployed; what today's rules set aside is logged for the
    administrator."""
    found = {}
    for name, content in resources.items():
        if not name.endswith(".form"):
            continue
        try:
            form = forms.load_deployed(content.decode(), whole)
        except (forms.FormUnsupported, UnicodeDecodeError):
            log.warning("已发布的表单 %s 无法读取，用到它的步骤打不开，请修改后重新发布", name)
            continue
        if form.set_aside:
            log.warning(
                "已发布的表单 %s 有现在不再支持的内容，办理时不起作用：%s", name, "；".join(form.set_aside)
            )
        found[name.rpartition("/")[2].removesuffix(".form")] = form
    return found


def _load_forms(resources: Mapping[str, bytes]) -> tuple[dict[str, forms.Form], list[Finding]]:
    loaded, findings = {}, []
    for name, content in resources.items():
        if not name.endswith(".form"):
            continue
        try:
            form = loaded[name.rpartition("/")[2].removesuffix(".form")] = forms.load(content.decode())
            findings += [Finding("form-unread", None, told, "note", name) for told in form.ignored]
        except (forms.FormUnsupported, UnicodeDecodeError) as refused:
            reasons = refused.reasons if isinstance(refused, forms.FormUnsupported) else ("文件不是 UTF-8",)
            findings += [Finding("form-unsupported", None, reason, resource=name) for reason in reasons]
    return loaded, findings


def process_keys(resources: Mapping[str, bytes]) -> list[str]:
    """Keys of the processes that start by themselves or by people: those that say who may, and those that an
    event starts."""
    names = [name for name in resources if name.endswith(".bpmn")]
    keys = []
    for name in names:
        key = name.rpartition("/")[2].removesuffix(".bpmn")
        try:
            definition = engine.load_definition(resources, key)
        except KeyError:
            continue
        if definition.starter_groups or definition.triggered_starts:
            keys.append(key)
    return sorted(keys)


def _version(
    session: Session,
    deployment: Deployment,
    key: str,
    resources: Mapping[str, bytes],
    digests: Mapping[str, str],
) -> str | None:
    definition = engine.load_definition(resources, key)
    content = _content(definition, resources, digests)
    if not _is_new(session, deployment.tenant_id, key, content):
        return None
    given = ProcessDefinition.tenant_id == deployment.tenant_id, ProcessDefinition.key == key
    before = queries.version_in_force(session, deployment.tenant_id, key, None)
    # It carries what the version before it changed: it does not come into force before that one.
    planned = (
        session.get_one(ProcessDefinition, before).effective_from if before else deployment.effective_from
    )
    version = (session.scalar(sa.select(sa.func.max(ProcessDefinition.version)).where(*given)) or 0) + 1
    row = ProcessDefinition(
        id=f"{deployment.tenant_id}:{key}:{version}",
        tenant_id=deployment.tenant_id,
        key=key,
        version=version,
        name=definition.name,
        deployment_id=deployment.id,
        resource_name=definition.process.resource,
        content_sha256=content,
        effective_from=max(deployment.effective_from, planned),
        start_form_key=definition.start_form_key,
        starter_groups=list(definition.starter_groups),
        elements={element_id: _describe(element) for element_id, element in definition.elements.items()},
    )
    session.add(row)
    session.flush()
    bundle = Bundle(definition, _profile(resources[PROFILE]), {}) if PROFILE in resources else None
    start_rows.listen(session, row, definition, bundle, deployment.effective_from)
    return row.id


def changed_keys(session: Session, resources: Mapping[str, bytes], tenant_id: str) -> list[str]:
    """Keys of the processes that would get a new version if these resources were deployed."""
    digests = digests_of(resources)
    definitions = {key: engine.load_definition(resources, key) for key in process_keys(resources)}
    return [
        key
        for key, definition in definitions.items()
        if _is_new(session, tenant_id, key, _content(definition, resources, digests))
    ]


def _is_new(session: Session, tenant_id: str, key: str, content: str) -> bool:
    newest = queries.version_in_force(session, tenant_id, key, None)
    return newest is None or session.get_one(ProcessDefinition, newest).content_sha256 != content


def _content(
    definition: engine.Definition, resources: Mapping[str, bytes], digests: Mapping[str, str]
) -> str:
    """One digest over everything an instance of the process reads."""
    used = sorted(_read_by(definition, resources))
    return hashlib.sha256("\n".join(f"{name} {digests[name]}" for name in used).encode()).hexdigest()


def _read_by(definition: engine.Definition, resources: Mapping[str, bytes]) -> set[str]:
    """Names of the files that an instance of the process reads: diagrams, their forms, decision tables, the
    profile."""
    diagrams = {process.resource for process in definition.processes.values()}
    elements = [element for process in definition.processes.values() for element in process.elements.values()]
    keys = {element.form_key for element in elements} | {definition.start_form_key}
    forms_used = {
        n for n in resources if n.endswith(".form") and n.rpartition("/")[2].removesuffix(".form") in keys
    }
    decisions = {element.decision for element in elements if element.decision}
    tables = {
        n
        for n in resources
        if n.endswith(".dmn") and decisions & {key for key, _ in engine.decision_names(resources[n])}
    }
    return diagrams | forms_used | tables | {PROFILE} & resources.keys()


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
