"""Publishing (发布): a draft becomes the version that new matters take, confirmed by a second designer where
the profile asks for one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles, deployments
from orchestrator.services.designing.drafts import record
from orchestrator.services.designing.validation import (
    flows_in_words,
    judge,
    overtaken,
    resources_of,
)
from orchestrator.services.instances import event_starts
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    files,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.drafts import Draft
from orchestrator.store.session import transaction

LONGEST_REMARK = 200
"""Characters that are kept beside a publication."""
FURTHEST = timedelta(days=366)
"""How far ahead a version may be published."""


def needs_second(session: Session, draft: Draft) -> bool:
    """Whether another designer must confirm it, as the profile that would be deployed says."""
    return bundles.profile_of(resources_of(session, draft)).second_designer


def objections(session: Session, draft: Draft) -> list[str]:
    """Every reason why it may not be published as it stands: findings, scenarios, flows nobody crosses, what
    others published since."""
    verdict = judge(session, draft)
    reasons = [finding.message for finding in verdict.errors]
    reasons += (
        [str(failure) for failure in verdict.report.failures]
        if verdict.report
        else []
    )
    missed = flows_in_words(
        session, draft, verdict.uncrossed(draft.process_key)
    )
    reasons += [
        say(
            "流转线{flow}没有情景走过，请补一个情景或写明免走的理由", flow=flow
        )
        for flow in missed
    ]
    reasons += [
        say(
            "「{name}」在这份草稿开始之后又发布过新版，请先核对，再选择「以草稿为准」",
            name=name,
        )
        for name in overtaken(session, draft)
    ]
    return reasons


def propose(
    draft_id: str,
    by: int,
    now: datetime,
    effective_from: datetime | None = None,
    remark: str = "",
) -> None:
    """Asks another designer to confirm the draft as it stands. Raises NotFound, RuleViolated with every
    reason why it may not be published."""
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        judged = _judged(session, draft)
        reasons = [
            *objections(session, draft),
            *_bad_date(session, draft, effective_from, now),
        ]
    if reasons:
        raise RuleViolated(reasons)
    with transaction() as session:
        draft = _unchanged(session, draft_id, judged)
        draft.proposed_by = by
        draft.proposed_revision = draft.revision
        draft.effective_from = effective_from
        draft.remark = remark
        record(
            session,
            draft,
            by,
            now,
            say(
                "提交另一位设计人员确认{part}",
                part=f"：{remark}" if remark else "",
            ),
        )


def hand_back(draft_id: str, by: int, now: datetime) -> None:
    """Takes a proposal back, or declines it: the draft goes on as before."""
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        record(
            session,
            draft,
            by,
            now,
            say("撤回提交") if draft.proposed_by == by else say("退回修改"),
        )
        draft.proposed_by = draft.proposed_revision = draft.effective_from = (
            None
        )


def publish(
    draft_id: str,
    by: int,
    now: datetime,
    effective_from: datetime | None = None,
    remark: str = "",
) -> tuple[str, ...]:
    """Deploys the draft; returns the ids of the definitions that got a new version. Running instances stay
    where they are.

    New instances take it from `effective_from` on, without one from now on. Where the profile asks for a
    second designer, he is `by`, and what was proposed is published. Raises NotFound, Forbidden for one's own
    proposal, RuleViolated with every reason why it may not be published.
    """
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        author = by
        second = None
        if needs_second(session, draft):
            if not draft.proposed or draft.proposed_by is None:
                raise RuleViolated(
                    [say("本辖区要求第二位设计人员确认，请先提交确认")]
                )
            if draft.proposed_by == by:
                raise Forbidden(
                    say("这是您自己提交的，要由另一位设计人员确认")
                )
            author = draft.proposed_by
            second = by
            effective_from = draft.effective_from
            remark = draft.remark
        if (
            effective_from is not None
            and effective_from <= now
            and second is not None
        ):
            effective_from = None
        judged = _judged(session, draft)
        reasons = [
            *objections(session, draft),
            *_bad_date(session, draft, effective_from, now),
        ]
        resources = resources_of(session, draft)
        tenant_id = draft.tenant_id
    if reasons:
        raise RuleViolated(reasons)
    checked = deployments.inspect(resources)
    with transaction() as session:
        draft = _unchanged(session, draft_id, judged)
        draft.state = "published"
        record(
            session, draft, by, now, say("确认发布") if second else say("发布")
        )
        release = deployments.Publication(
            effective_from or now, second, remark
        )
        return deployments.freeze(
            session, checked, tenant_id, author, now, release
        ).definition_ids


def take_over(draft_id: str, by: int, now: datetime) -> None:
    """The designer has looked at what others published since and keeps his own text: the draft now stands on
    the newest version."""
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        newest = version_in_force(
            session, draft.tenant_id, draft.process_key, None
        )
        draft.base_definition_id = newest or draft.base_definition_id
        deployment = newest_deployment(session, draft.tenant_id)
        if deployment:
            draft.base_deployment_id = deployment.id
        draft.revision = draft.revision + 1
        draft.updated_at = now
        record(session, draft, by, now, say("以草稿为准，覆盖其间发布的内容"))


def withdraw(
    deployment_id: str, tenant_id: str, reason: str, by: int, now: datetime
) -> tuple[str, ...]:
    """Undoes a publication: new matters take the version before it again; those begun on it stay there until
    they are moved.

    It takes effect at once and needs no second designer: what comes back was confirmed in its time. Where
    other procedures were deployed since, the files are deployed anew as they were before it. Returns the ids
    of the versions withdrawn. Raises NotFound, RuleViolated where later versions stand on it, or it came from
    the folder.
    """
    with transaction(writing=False) as session:
        restored = _restored(
            session, _published(session, deployment_id, tenant_id)
        )
        newest_then = newest_deployment(session, tenant_id)
    checked = None
    if restored is not None:
        checked = deployments.inspect(restored)
    with transaction() as session:
        row = _published(session, deployment_id, tenant_id, locked=True)
        there = newest_deployment(session, tenant_id)
        if there is None or newest_then is None or there.id != newest_then.id:
            raise RuleViolated(
                [say("刚刚又有人发布了新版，请刷新页面，核对后再撤销")]
            )
        if row.deployed_by is None:
            raise RuleViolated(
                [
                    say(
                        "这一版是随辖区文件夹装入的，不能在页面上撤销，请改文件夹后重新装入"
                    )
                ]
            )
        made = session.scalars(
            sa.select(ProcessDefinition).where(
                ProcessDefinition.deployment_id == deployment_id
            )
        ).all()
        newest = {
            each.key: version_in_force(session, tenant_id, each.key, None)
            for each in made
        }
        later = [each.name for each in made if newest[each.key] != each.id]
        if later:
            raise RuleViolated(
                [
                    say(
                        "「{listed}」在它之后又发布过新版，请先撤销后面的发布",
                        listed="、".join(later),
                    )
                ]
            )
        row.withdrawn_at = now
        row.withdrawn_by = by
        row.withdrawal_reason = reason
        session.flush()
        if checked is not None:
            release = deployments.Publication(now, remark=_undone(row.remark))
            deployments.freeze(session, checked, tenant_id, by, now, release)
        event_starts.resume(
            session, tenant_id, [each.key for each in made], now
        )
        return tuple(each.id for each in made)


def _before(session: Session, row: Deployment) -> dict[str, bytes]:
    """The files as they were deployed before this deployment."""
    query = sa.select(Deployment.id).where(
        Deployment.tenant_id == row.tenant_id,
        Deployment.deployed_at < row.deployed_at,
    )
    live = query.where(Deployment.withdrawn_at.is_(None))
    found = session.scalar(
        live.order_by(Deployment.deployed_at.desc()).limit(1)
    )
    if found:
        return files(session, found)
    return {}


def _restored(session: Session, row: Deployment) -> dict[str, bytes] | None:
    """The newest files with the withdrawn ones put back as they were, so that nobody builds on them; None
    where none is left of them."""
    newest = newest_deployment(session, row.tenant_id, besides=row.id)
    if newest is None or newest.deployed_at < row.deployed_at:
        return None
    before = _before(session, row)
    there = files(session, newest.id)
    withdrawn = files(session, row.id)
    changed = {
        name
        for name, content in withdrawn.items()
        if before.get(name) != content and there.get(name) == content
    }
    restored = {
        name: content for name, content in there.items() if name not in changed
    }
    restored |= {name: before[name] for name in changed if name in before}
    if changed:
        return restored
    return None


def _published(
    session: Session, deployment_id: str, tenant_id: str, locked: bool = False
) -> Deployment:
    row = session.get(Deployment, deployment_id, with_for_update=locked)
    if (
        row is None
        or row.tenant_id != tenant_id
        or row.withdrawn_at is not None
    ):
        raise NotFound(deployment_id)
    return row


def _open(session: Session, draft_id: str) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or draft.state != "open":
        raise NotFound(draft_id)
    return draft


def _judged(session: Session, draft: Draft) -> tuple[int, str]:
    """What a verdict is about: the draft's revision, and the deployment that it stands on."""
    newest = newest_deployment(session, draft.tenant_id)
    return draft.revision, newest.id if newest else ""


def _unchanged(
    session: Session, draft_id: str, judged: tuple[int, str]
) -> Draft:
    """The draft, locked, with the deployment it was judged on. Raises RuleViolated when either is another by
    now."""
    draft = session.get_one(Draft, draft_id, with_for_update=True)
    # Whoever else publishes in the jurisdiction waits here.
    session.get(Deployment, judged[1], with_for_update=True)
    if draft.state != "open" or _judged(session, draft) != judged:
        raise RuleViolated(
            [
                say(
                    "检查期间草稿有了改动，或者别人刚刚发布过新版，请重新检查后再发布"
                )
            ]
        )
    return draft


def _bad_date(
    session: Session,
    draft: Draft,
    effective_from: datetime | None,
    now: datetime,
) -> list[str]:
    if (
        effective_from is not None
        and not now < effective_from <= now + FURTHEST
    ):
        return [say("生效时间应在现在之后、一年之内；不填表示立即生效")]
    newest_id = version_in_force(
        session, draft.tenant_id, draft.process_key, None
    )
    newest = None
    if newest_id:
        newest = session.get(ProcessDefinition, newest_id)
    if newest is not None and newest.effective_from > (effective_from or now):
        zone = ZoneInfo(
            bundles.profile_of(resources_of(session, draft)).timezone
        )
        planned = f"{newest.effective_from.astimezone(zone):%Y-%m-%d}"
        return [
            say(
                "第 {version} 版定于 {planned} 生效，新版本不能比它更早，请改生效时间，或先撤销那一版",
                version=newest.version,
                planned=planned,
            )
        ]
    return []


def _undone(remark: str) -> str:
    """What stands beside the files that come back: the publication that is undone, by its remark where both
    fit."""
    if remark:
        told = say("撤销 {remark}", remark=remark)
    else:
        told = say("撤销前面的发布")
    if len(told) <= LONGEST_REMARK:
        return told
    return say("撤销前面的发布，说明见该次发布")
