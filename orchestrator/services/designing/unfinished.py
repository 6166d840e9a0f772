"""What a draft changes while it still has errors: what can be read is compared, the rest is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from orchestrator import engine
from orchestrator.errors import NotFound
from orchestrator.sentences import say
from orchestrator.services import bundles
from orchestrator.services.bundles import Bundle, unchecked
from orchestrator.services.designing.profile_comparison import compare_profiles
from orchestrator.services.designing.validation import (
    all_findings,
    assembled,
    base_of,
    findings,
    resources_of,
)
from orchestrator.services.designing.version_comparison import (
    PROFILE_PART,
    Difference,
    compare,
)
from orchestrator.store.definitions import (
    ProcessDefinition,
    files,
    newest_deployment,
)
from orchestrator.store.drafts import Draft, joined


@dataclass(frozen=True)
class DraftComparison:
    differences: list[Difference]
    unread: list[str]
    """Names of files that cannot be read and are therefore not compared."""
    errors: list[str]
    """What publishing would refuse."""


def differences(session: Session, draft: Draft) -> DraftComparison:
    """What the draft changes against the version it began from; the regulation's, against what is deployed,
    with what the drafts change that are published with it."""
    if draft.of_regulation:
        return _regulation(session, draft)
    base = base_of(session, draft)
    if base is not None:
        return between(session, draft.tenant_id, base, draft.id)
    if draft.process_key not in engine.processes(resources_of(session, draft)):
        unread = [name for name in draft.content if name.endswith(".bpmn")]
        return DraftComparison(
            [],
            unread,
            [finding.message for finding in findings(session, draft)],
        )
    new = _side(session, draft.tenant_id, draft.id)
    before = files(session, draft.base_deployment_id)
    if draft.process_key not in engine.processes(before):
        return DraftComparison([], new.unread, new.errors)
    old = unchecked.read_unchecked(before, draft.process_key)
    return DraftComparison(compare(old, new.bundle), new.unread, new.errors)


def _regulation(session: Session, draft: Draft) -> DraftComparison:
    newest = newest_deployment(session, draft.tenant_id)
    before = bundles.profile_of(
        files(session, newest.id if newest else draft.base_deployment_id),
    )
    after = bundles.profile_of(resources_of(session, draft))
    sentences = [
        Difference(profile.kind, "", profile.told, PROFILE_PART)
        for profile in compare_profiles(before, after)
    ]
    unread: list[str] = []
    for part in joined(session, draft):
        comparison = differences(session, part)
        unread += comparison.unread
        sentences += [
            replace(
                difference,
                told=say(
                    "{name}：{told}", name=part.name, told=difference.told
                ),
            )
            for difference in comparison.differences
            if difference.type != PROFILE_PART
        ]
    return DraftComparison(sentences, unread, [])


def between(
    session: Session,
    tenant_id: str,
    before: str,
    after: str,
) -> DraftComparison:
    """What differs between two versions, either of which may be a draft by its id. Raises NotFound."""
    old, new = (
        _side(session, tenant_id, reference) for reference in (before, after)
    )
    results = compare(old.bundle, new.bundle)
    return DraftComparison(
        results,
        sorted({*old.unread, *new.unread}),
        [*old.errors, *new.errors],
    )


@dataclass(frozen=True)
class _Side:
    bundle: Bundle
    unread: list[str]
    errors: list[str]


def _side(session: Session, tenant_id: str, reference: str) -> _Side:
    draft = session.get(Draft, reference)
    if draft is None:
        if not reference.startswith(f"{tenant_id}:"):
            raise NotFound(reference)
        return _Side(bundles.bundle_of(session, reference), [], [])
    if draft.tenant_id != tenant_id:
        raise NotFound(reference)
    resources = resources_of(session, draft)
    errors = [
        finding.message
        for finding in all_findings(draft, resources)
        if finding.severity == "error"
    ]
    if not errors:
        return _Side(assembled(session, draft, resources), [], [])
    unread = [
        name
        for name in draft.content
        if not unchecked.is_readable(name, resources[name])
    ]
    base = _base(session, draft)
    kept = {
        name: base.get(name, b"") if name in unread else content
        for name, content in resources.items()
    }
    try:
        bundle = unchecked.read_unchecked(kept, draft.process_key)
    except KeyError:
        # Its own process is not in its diagram any more.
        name = next(name for name in draft.content if name.endswith(".bpmn"))
        unread.append(name)
        bundle = unchecked.read_unchecked(
            {**kept, name: base.get(name, b"")},
            draft.process_key,
        )
    return _Side(bundle, unread, errors)


def _base(session: Session, draft: Draft) -> Mapping[str, bytes]:
    """The files of the version that it began from."""
    base = base_of(session, draft)
    if base is None:
        return files(session, draft.base_deployment_id)
    row = session.get_one(ProcessDefinition, base)
    return files(session, row.deployment_id)
