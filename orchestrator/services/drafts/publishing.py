"""Publishing (发布): a draft becomes the version that new matters take, confirmed by a second designer where the profile asks for one."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.services import deployments
from orchestrator.services.drafts.judging import judge, overtaken, resources_of
from orchestrator.store.definitions import Deployment, ProcessDefinition, newest_deployment, version_in_force
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.session import transaction

FURTHEST = timedelta(days=366)
"""How far ahead a version may be published."""


def needs_second(session: Session, draft: Draft) -> bool:
    """Whether another designer must confirm it, as the profile that would be deployed says."""
    return deployments.bundle(session, draft.base_definition_id).jurisdiction.second_designer


def objections(session: Session, draft: Draft) -> list[str]:
    """Every reason why it may not be published as it stands: findings, scenarios, flows nobody crosses, what others published since."""
    verdict = judge(session, draft)
    reasons = [finding.message for finding in verdict.errors]
    reasons += [str(failure) for failure in verdict.report.failures] if verdict.report else []
    reasons += [f"流转线「{flow}」没有情景走过，请补一个情景或写明免走的理由" for flow in verdict.uncrossed(draft.process_key)]
    reasons += [
        f"「{name}」在这份草稿开始之后又发布过新版，请先核对，再选择「以草稿为准」" for name in overtaken(session, draft)
    ]
    return reasons


def propose(draft_id: str, by: int, now: datetime, effective_from: datetime | None = None, remark: str = "") -> None:
    """Asks another designer to confirm the draft as it stands. Raises NotFound, RuleViolated with every reason why it may not be published."""
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        revision = draft.revision
        reasons = [*objections(session, draft), *_bad_date(session, draft, effective_from, now)]
    if reasons:
        raise RuleViolated(reasons)
    with transaction() as session:
        draft = _unchanged(session, draft_id, revision)
        draft.proposed_by, draft.proposed_revision = by, revision
        draft.effective_from, draft.remark = effective_from, remark


def hand_back(draft_id: str) -> None:
    """Takes a proposal back, or declines it: the draft goes on as before."""
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        draft.proposed_by = draft.proposed_revision = draft.effective_from = None


def publish(draft_id: str, by: int, now: datetime, effective_from: datetime | None = None, remark: str = "") -> tuple[str, ...]:
    """Deploys the draft; returns the ids of the definitions that got a new version. Running instances stay where they are.

    New instances take it from `effective_from` on, without one from now on. Where the profile asks for a second designer, he is `by`, and what
    was proposed is published. Raises NotFound, Forbidden for one's own proposal, RuleViolated with every reason why it may not be published.
    """
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        author, second = by, None
        if needs_second(session, draft):
            if not draft.proposed or draft.proposed_by is None:
                raise RuleViolated(["本辖区要求第二位设计人员确认，请先提交确认"])
            if draft.proposed_by == by:
                raise Forbidden("这是您自己提交的，要由另一位设计人员确认")
            author, second = draft.proposed_by, by
            effective_from, remark = draft.effective_from, draft.remark
        if effective_from is not None and effective_from <= now and second is not None:
            effective_from = None
        reasons = [*objections(session, draft), *_bad_date(session, draft, effective_from, now)]
        resources, revision, tenant_id = resources_of(session, draft), draft.revision, draft.tenant_id
    if reasons:
        raise RuleViolated(reasons)
    checked = deployments.inspect(resources)
    with transaction() as session:
        _unchanged(session, draft_id, revision).state = "published"
        release = deployments.Release(effective_from or now, second, remark)
        return deployments.freeze(session, checked, tenant_id, author, now, release).definition_ids


def take_over(draft_id: str, now: datetime) -> None:
    """The designer has looked at what others published since and keeps his own text: the draft now stands on the newest version."""
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        newest = version_in_force(session, draft.tenant_id, draft.process_key, None)
        draft.base_definition_id = newest or draft.base_definition_id
        deployment = newest_deployment(session, draft.tenant_id)
        draft.base_deployment_id = deployment.id if deployment else draft.base_deployment_id
        draft.revision, draft.updated_at = draft.revision + 1, now


def withdraw(deployment_id: str, tenant_id: str, reason: str, by: int, now: datetime) -> tuple[str, ...]:
    """Undoes the last publication: new matters take the version before it again; those begun on it stay there until they are moved.

    Returns the ids of the versions withdrawn. Raises NotFound, RuleViolated where it is not the last one, or came from the folder.
    """
    with transaction() as session:
        row = session.get(Deployment, deployment_id, with_for_update=True)
        if row is None or row.tenant_id != tenant_id or row.withdrawn_at is not None:
            raise NotFound(deployment_id)
        if row.deployed_by is None:
            raise RuleViolated(["这一版是随辖区文件夹装入的，不能在页面上撤销，请改文件夹后重新装入"])
        later = session.scalar(
            sa.select(Deployment.id)
            .where(
                Deployment.tenant_id == tenant_id, Deployment.withdrawn_at.is_(None), Deployment.deployed_at > row.deployed_at
            )
            .limit(1)
        )
        if later is not None:
            raise RuleViolated(["在它之后又发布过别的版本，请先撤销后面的发布"])
        row.withdrawn_at, row.withdrawn_by, row.withdrawal_reason = now, by, reason
        return tuple(session.scalars(sa.select(ProcessDefinition.id).where(ProcessDefinition.deployment_id == deployment_id)))


def running_on(session: Session, definition_ids: tuple[str, ...]) -> int:
    """How many instances run on these versions."""
    query = sa.select(sa.func.count()).where(
        ProcessInstance.definition_id.in_(definition_ids), ProcessInstance.state.in_(("active", "suspended"))
    )
    return session.scalar(query) or 0


def _open(session: Session, draft_id: str) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or draft.state != "open":
        raise NotFound(draft_id)
    return draft


def _unchanged(session: Session, draft_id: str, revision: int) -> Draft:
    draft = session.get_one(Draft, draft_id, with_for_update=True)
    if draft.revision != revision or draft.state != "open":
        raise RuleViolated(["草稿在检查期间有了改动，请重新检查后再发布"])
    return draft


def _bad_date(session: Session, draft: Draft, effective_from: datetime | None, now: datetime) -> list[str]:
    if effective_from is not None and not now < effective_from <= now + FURTHEST:
        return ["生效时间应在现在之后、一年之内；不填表示立即生效"]
    latest = version_in_force(session, draft.tenant_id, draft.process_key, None)
    newest = session.get_one(ProcessDefinition, latest)
    planned = session.get_one(Deployment, newest.deployment_id).effective_from
    if planned > (effective_from or now):
        return [f"第 {newest.version} 版定于 {planned.date()} 生效，新版本不能比它更早，请改生效时间，或先撤销那一版"]
    return []
