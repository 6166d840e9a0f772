"""Withdrawing a publication (撤销发布): new instances take the version before it again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import say
from orchestrator.services import bundles, deployments
from orchestrator.services.designing.publishing import LONGEST_REMARK
from orchestrator.services.instances import event_starts
from orchestrator.services.jurisdictions import bodies_in_force
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    files,
    newest_deployment,
    version_in_force,
)
from orchestrator.store.session import transaction


def withdraw(
    deployment_id: str,
    tenant_id: str,
    reason: str,
    by: int,
    now: datetime,
) -> tuple[str, ...]:
    """Undoes a publication: new instances take the version before it again; those begun on it stay there
    until they are moved.

    It takes effect at once and needs no second designer: what comes back was confirmed in its time. Where
    other procedures were deployed since, the files are deployed anew as they were before it. Returns the ids
    of the versions withdrawn. Raises NotFound, RuleViolated where later versions stand on it, or it came from
    the folder.
    """
    with transaction(writing=False) as session:
        restored = _restored(
            session,
            _published(session, deployment_id, tenant_id),
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
                [say("刚刚又有人发布了新版，请刷新页面，核对后再撤销")],
            )
        if row.deployed_by is None:
            raise RuleViolated(
                [
                    say(
                        "这一版是随辖区文件夹装入的，不能在页面上撤销，请改文件夹后重新装入",
                    ),
                ],
            )
        made = session.scalars(
            sa.select(ProcessDefinition).where(
                ProcessDefinition.deployment_id == deployment_id,
            ),
        ).all()
        newest = {
            definition.key: version_in_force(
                session, tenant_id, definition.key, None
            )
            for definition in made
        }
        later = [
            definition.name
            for definition in made
            if newest[definition.key] != definition.id
        ]
        if later:
            raise RuleViolated(
                [
                    say(
                        "“{listed}”在它之后又发布过新版，请先撤销后面的发布",
                        listed="、".join(later),
                    ),
                ],
            )
        profile = bundles.profile_in_force(session, tenant_id, now)
        row.withdrawn_at = now
        row.withdrawn_by = by
        row.withdrawal_reason = reason
        session.flush()
        if checked is not None:
            release = deployments.Publication(now, remark=_undone(row.remark))
            deployments.freeze(
                session,
                checked,
                tenant_id,
                by,
                now,
                release,
            )
        event_starts.resume(
            session,
            tenant_id,
            [definition.key for definition in made],
            now,
        )
        if bundles.profile_in_force(session, tenant_id, now) is not profile:
            bodies_in_force(session, tenant_id, now)
        return tuple(definition.id for definition in made)


def _before(session: Session, row: Deployment) -> dict[str, bytes]:
    """The files as they were deployed before this deployment."""
    query = sa.select(Deployment.id).where(
        Deployment.tenant_id == row.tenant_id,
        Deployment.deployed_at < row.deployed_at,
    )
    live = query.where(Deployment.withdrawn_at.is_(None))
    text = session.scalar(
        live.order_by(Deployment.deployed_at.desc()).limit(1),
    )
    if text:
        return files(session, text)
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
    session: Session,
    deployment_id: str,
    tenant_id: str,
    locked: bool = False,
) -> Deployment:
    row = session.get(Deployment, deployment_id, with_for_update=locked)
    if (
        row is None
        or row.tenant_id != tenant_id
        or row.withdrawn_at is not None
    ):
        raise NotFound(deployment_id)
    return row


def _undone(remark: str) -> str:
    """What stands beside the files that come back: the publication that is undone, by its remark where both
    fit."""
    if remark:
        sentence = say("撤销 {remark}", remark=remark)
    else:
        sentence = say("撤销前面的发布")
    if len(sentence) <= LONGEST_REMARK:
        return sentence
    return say("撤销前面的发布，说明见该次发布")
