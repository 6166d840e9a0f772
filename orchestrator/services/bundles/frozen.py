"""Reading a bundle back: what a version was deployed with, cached for the whole process."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Hashable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import forms
from orchestrator import engine
from orchestrator.domain.jurisdiction import Jurisdiction, parse_jurisdiction
from orchestrator.errors import Finding, NotFound
from orchestrator.sentences import joined, say
from orchestrator.services.bundles import (
    bound_rules,
    form_questions,
    profile_fields,
)
from orchestrator.services.bundles.bundle import Bundle
from orchestrator.services.bundles.choice_forms import choice_forms
from orchestrator.store import definitions as queries
from orchestrator.store.definitions import (
    Deployment,
    DeploymentResource,
    ProcessDefinition,
    Resource,
)
from orchestrator.store.session import address

PROFILE = "jurisdiction.toml"
SEARCHED = "searched"
"""In the report of a deployment whose forms search for their patterns; before, the whole text must match."""
EDITION = "conditions"
"""In the report of a deployment: the edition of the rules by which its conditions, scripts, templates and
tables are read; without it, the first."""
EDITIONS = "conditions_of"
"""Beside it: process key → the older edition that its version kept, where only forms or the profile had
changed."""
MOST_PROFILES = 32
_read_profiles: dict[str, Jurisdiction] = {}
"""Digest of a profile's text → the profile, of at most MOST_PROFILES: each page asks for its reader's."""
MOST_KEPT = 200
"""Bundles, and sets of forms, that are kept by what they are made of."""
log = logging.getLogger("gridflow.deployments")


def profile_in_force(
    session: Session, tenant_id: str, now: datetime | None = None
) -> Jurisdiction:
    """The jurisdiction's profile in force at `now`, whatever version an instance runs on; without `now`, as
    it was deployed last, in force already or not. Raises NotFound."""
    digest = queries.digest_in_force(session, tenant_id, PROFILE, now)
    if digest is None:
        raise NotFound(tenant_id)
    profile = _read_profiles.get(digest)
    if profile is None:
        profile = _profile(session.get_one(Resource, digest).content)
        keep(_read_profiles, digest, profile, MOST_PROFILES)
    return profile


def profile_of(resources: Mapping[str, bytes]) -> Jurisdiction:
    """The profile among these resources, which must have one."""
    return _profile(resources[PROFILE])


@lru_cache(maxsize=32)
def _profile(content: bytes) -> Jurisdiction:
    return parse_jurisdiction(content.decode(), PROFILE)


def bundle_of(session: Session, definition_id: str) -> Bundle:
    """The frozen bundle of a process definition, from the process-wide cache. Raises NotFound."""
    cache: dict[str, Bundle] = _cache(address())
    bundle = cache.get(definition_id)
    if bundle is None:
        row = session.get(ProcessDefinition, definition_id)
        if row is None:
            raise NotFound(definition_id)
        bundle = cache[definition_id] = _bundle(session, row)
    return bundle


def known_bundle(definition_id: str) -> Bundle | None:
    """The bundle, when this process has read it before: it asks no database."""
    return _cache(address()).get(definition_id)


def definition_in_force(
    session: Session,
    tenant_id: str,
    process_key: str,
    now: datetime,
) -> str:
    """Id of the version that a new instance takes. Raises NotFound."""
    text = queries.version_in_force(session, tenant_id, process_key, now)
    if text is None:
        raise NotFound(process_key)
    return text


def diagram(session: Session, definition_id: str) -> bytes:
    """The XML of a process definition's own diagram. Raises NotFound."""
    content = session.scalar(
        sa.select(Resource.content)
        .join(DeploymentResource, DeploymentResource.sha256 == Resource.sha256)
        .join(
            ProcessDefinition,
            (
                ProcessDefinition.deployment_id
                == DeploymentResource.deployment_id
            )
            & (ProcessDefinition.resource_name == DeploymentResource.name),
        )
        .where(ProcessDefinition.id == definition_id)
    )
    if content is None:
        raise NotFound(definition_id)
    return content


def process_names(session: Session, tenant_id: str) -> Mapping[str, str]:
    """Process key → name in its newest version, read anew when there is another version."""
    key = (address(), tenant_id)
    count = queries.count_definitions(session, tenant_id)
    known = _names.get(key)
    if known is None or known[0] != count:
        known = _names[key] = (
            count,
            queries.process_names(session, tenant_id),
        )
    return known[1]


_names: dict[tuple[str, str], tuple[int, Mapping[str, str]]] = {}


def forget(but: Collection[str] = ()) -> None:
    """Another database stands at an address that is known: bundles are read again, but for those of the
    process definitions `but`, which it has as the one before had them."""
    kept = {
        definition_id: bundle
        for definition_id in but
        if (bundle := known_bundle(definition_id)) is not None
    }
    _cache.cache_clear()
    _names.clear()
    if kept:
        _cache(address()).update(kept)


@lru_cache(maxsize=64)
def _cache(url: str) -> dict[str, Bundle]:
    return {}


def _bundle(session: Session, row: ProcessDefinition) -> Bundle:
    resources = queries.files(session, row.deployment_id)
    report = session.get_one(Deployment, row.deployment_id).report
    whole = report.get("patterns") != SEARCHED
    bound = bound_rules.are_bound(report)
    edition = edition_in(report, row.key)
    digest = digest_of(resources)
    made_of = (digest, row.key, whole, bound, edition)
    known = _bundles.get(made_of)
    if known is None:
        asked = _forms.get((digest, whole, bound))
        if asked is None:
            loaded = deployed_forms(resources, whole)
            if bound:
                loaded = bound_rules.with_bound(loaded)
            asked = _asked(_profile(resources[PROFILE]), loaded)
            keep(_forms, (digest, whole, bound), asked)
        known = _assembled(
            resources,
            row.key,
            asked,
            edition,
        )
        keep(_bundles, made_of, known)
    return known


_forms: dict[tuple[str, bool, bool], Mapping[str, forms.Form]] = {}
"""Digest of a deployment's files, whether patterns match the whole text, and whether files' names bind rules
→ its forms: all processes of the deployment have the same."""
_bundles: dict[tuple[str, str, bool, bool, engine.Edition], Bundle] = {}
"""The same with the key of a process and the edition of its rules → its bundle."""


def keep(
    kept: dict[Any, Any],
    made_of: Hashable,
    value: object,
    most: int = MOST_KEPT,
) -> None:
    """Puts in what was made; a cache that holds `most` begins anew."""
    if len(kept) >= most:
        kept.clear()
    kept[made_of] = value


def digest_of(resources: Mapping[str, bytes]) -> str:
    """One digest of all files and their names, in hexadecimal."""
    digest = hashlib.sha256()
    for name, content in resources.items():
        digest.update(f"{name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


def edition_in(report: Mapping[str, Any], process_key: str) -> engine.Edition:
    """The edition of the rules for the version of that process that was deployed with this report."""
    kept = report.get(EDITIONS, {})
    return engine.edition_of(kept.get(process_key, report.get(EDITION)))


def assemble(
    resources: Mapping[str, bytes],
    process_key: str,
    edition: engine.Edition = engine.CURRENT,
) -> Bundle:
    """The bundle of one process of these resources, as they would be deployed with that edition of the rules.
    Raises KeyError when there is no such process."""
    loaded = load_forms(resources)[0]
    asked = _asked(_profile(resources[PROFILE]), loaded)
    return _assembled(
        resources,
        process_key,
        asked,
        edition,
    )


def _asked(
    profile: Jurisdiction, loaded: Mapping[str, forms.Form]
) -> dict[str, forms.Form]:
    """The forms with what the profile completes in them."""
    lists = form_questions.lists(profile)
    return {
        key: profile_fields.fitted(
            key, forms.with_questions(form, lists), profile
        )
        for key, form in loaded.items()
    }


def _assembled(
    resources: Mapping[str, bytes],
    process_key: str,
    asked: Mapping[str, forms.Form],
    edition: engine.Edition,
) -> Bundle:
    definition = engine.load_definition(resources, process_key, edition)
    return Bundle(
        definition,
        _profile(resources[PROFILE]),
        {**asked, **choice_forms(definition)},
    )


def deployed_forms(
    resources: Mapping[str, bytes], whole: bool = False
) -> dict[str, forms.Form]:
    """The forms as they count since they were deployed, by their keys; what today's rules set aside is logged
    for the administrator. `whole`: a pattern must match the whole text."""
    result = {}
    for name, content in resources.items():
        if not name.endswith(".form"):
            continue
        try:
            form = forms.load_deployed(content.decode(), whole)
        except (forms.FormUnsupported, UnicodeDecodeError):
            log.warning(
                "已发布的表单 %s 无法读取，用到它的步骤打不开，请修改后重新发布",
                name,
            )
            continue
        if form.set_aside:
            log.warning(
                "已发布的表单 %s 有现在不再支持的内容，办理时不起作用：%s",
                name,
                joined("；", form.set_aside),
            )
        result[name.rpartition("/")[2].removesuffix(".form")] = form
    return result


def load_forms(
    resources: Mapping[str, bytes],
) -> tuple[dict[str, forms.Form], list[Finding]]:
    loaded = {}
    findings = []
    for name, content in resources.items():
        if not name.endswith(".form"):
            continue
        try:
            form = loaded[name.rpartition("/")[2].removesuffix(".form")] = (
                forms.load(content.decode())
            )
            findings += [
                Finding("form-unread", None, sentence, "note", name)
                for sentence in form.ignored
            ]
        except (forms.FormUnsupported, UnicodeDecodeError) as refused:
            if isinstance(refused, forms.FormUnsupported):
                reasons = refused.reasons
            else:
                reasons = (say("文件不是 UTF-8"),)
            findings += [
                Finding("form-unsupported", None, reason, resource=name)
                for reason in reasons
            ]
    return loaded, findings
