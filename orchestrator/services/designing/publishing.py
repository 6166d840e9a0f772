"""Publishing (发布): a draft becomes the version that new instances take, confirmed by a second designer
where the profile asks for one."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from orchestrator.domain.jurisdiction import PLATFORM
from orchestrator.errors import Forbidden, NotFound, RuleViolated
from orchestrator.sentences import joined, say
from orchestrator.services import bundles, deployments
from orchestrator.services.designing.draft_history import record
from orchestrator.services.designing.validation import (
    flows_in_words,
    judge,
    overtaken,
    resources_of,
    together,
)
from orchestrator.services.jurisdictions import bodies_in_force
from orchestrator.store.definitions import (
    Deployment,
    ProcessDefinition,
    newest_deployment,
    procedures,
    version_in_force,
)
from orchestrator.store.drafts import Draft, take_back_proposal
from orchestrator.store.people import bodies_taking_part
from orchestrator.store.session import transaction

_Judged = tuple[tuple[tuple[str, int], ...], str]

LONGEST_REMARK = 200
"""Characters that are kept beside a publication."""
FURTHEST = timedelta(days=366)
"""How far ahead a version may be published."""
MOST_NAMED = 3
"""Bodies that a sentence names."""


def needs_second(session: Session, draft: Draft, by: int) -> str:
    """Why another designer must confirm what this person publishes; empty where nobody must.

    Nobody may make himself the one who decides. Where the person also takes part in instances, or the draft
    changes who runs the platform, two are asked for, whatever the profile says.
    """
    new = bundles.profile_of(resources_of(session, draft))
    now = bundles.profile_in_force(session, draft.tenant_id)
    if new.second_designer or now.second_designer:
        return say("本辖区要求第二位设计人员确认，请先提交确认")
    if any(
        new.functions.get(name) != now.functions.get(name) for name in PLATFORM
    ):
        return say(
            "这份草稿改了由谁管理平台、由谁设计流程，要由另一位设计人员确认，请先提交确认"
        )
    own = bodies_taking_part(session, by)
    if own:
        return say(
            "您同时在{bodies}办理事项，不能一个人发布自己要执行的流程，请先提交，由另一位设计人员确认",
            bodies=joined("、", own[:MOST_NAMED]),
        )
    return ""


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
    for value in together(session, draft):
        uncrossed = verdict.uncrossed(value.process_key)
        reasons += [
            say(
                "流转线{flow}没有情景走过，请补一个情景或写明免走的理由",
                flow=flow,
            )
            for flow in flows_in_words(session, value, uncrossed)
        ]
        reasons += [
            say(
                "“{name}”在这份草稿开始之后又发布过新版，请先核对，再选择“以草稿为准”",
                name=name,
            )
            for name in overtaken(session, value)
        ]
    if draft.joined_to:
        reasons.append(
            say("这份草稿并入了法规修订，请在法规修订里一起发布，或先移出"),
        )
    return [*reasons, *_at_odds(together(session, draft))]


def _at_odds(drafts: list[Draft]) -> list[str]:
    """The files that two of the drafts hold in different states."""
    reasons = []
    for place, one in enumerate(drafts):
        for other in drafts[place + 1 :]:
            shared = one.content.keys() & other.content.keys()
            names = [
                name
                for name in sorted(shared)
                if one.content[name] != other.content[name]
            ]
            reasons += [
                say(
                    "“{name}”在“{one}”和“{other}”的草稿里改得不一样，请先改成一样，或在其中一份里放弃改动",
                    name=name,
                    one=one.name,
                    other=other.name,
                )
                for name in names
            ]
    return reasons


def state_of(session: Session, draft: Draft) -> str:
    """The state of the draft, and of what is published with it, as a page of it shows it."""
    revisions, _deployment = _judged(session, draft)
    return ",".join(f"{each_id}:{number}" for each_id, number in revisions)


def _unseen(session: Session, draft: Draft, seen: str | None) -> list[str]:
    """The objection that the page showed another state of the draft. A page of before states were noted says
    None."""
    if seen is None or seen == state_of(session, draft):
        return []
    return [
        say(
            "打开这一页以后草稿又有了改动，没有发布；页面现在显示的是改动以后的样子，请看过“改了什么”再发布",
        ),
    ]


def propose(
    draft_id: str,
    by: int,
    now: datetime,
    effective_from: datetime | None = None,
    remark: str = "",
    seen: str | None = None,
) -> None:
    """Asks another designer to confirm the draft as it stands. `seen`: its `state_of` when he looked. Raises
    NotFound, RuleViolated with every reason why it may not be published."""
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        judged = _judged(session, draft)
        reasons = _unseen(session, draft, seen) or [
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
    seen: str | None = None,
) -> tuple[str, ...]:
    """Deploys the draft; returns the ids of the definitions that got a new version. Running instances stay
    where they are.

    New instances take it from `effective_from` on, without one from now on. Where another designer proposed
    the draft, `by` confirms it, and what was proposed is published. `seen`: as in `propose`. Raises NotFound,
    Forbidden for one's own proposal, RuleViolated with every reason why it may not be published.
    """
    with transaction(writing=False) as session:
        draft = _open(session, draft_id)
        author = by
        second = None
        proposer = draft.proposed_by if draft.proposed else None
        if proposer not in (None, by):
            author = proposer
            second = by
            effective_from = draft.effective_from
            remark = draft.remark
        elif why := needs_second(session, draft, by):
            if proposer == by:
                raise Forbidden(
                    say("这是您自己提交的，要由另一位设计人员确认"),
                )
            raise RuleViolated(_unseen(session, draft, seen) or [why])
        if (
            effective_from is not None
            and effective_from <= now
            and second is not None
        ):
            effective_from = None
        judged = _judged(session, draft)
        reasons = _unseen(session, draft, seen) or [
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
        sentence = say("确认发布") if second else say("发布")
        for value in together(session, draft):
            value.state = "published"
            record(session, value, by, now, sentence)
        release = deployments.Publication(
            effective_from or now,
            second,
            remark,
        )
        made = deployments.freeze(
            session,
            checked,
            tenant_id,
            author,
            now,
            release,
        )
        if draft.of_regulation:
            bodies_in_force(session, tenant_id, now)
        return made.definition_ids


def take_over(draft_id: str, by: int, now: datetime) -> None:
    """The designer has looked at what others published since and keeps his own text: the draft now stands on
    the newest version."""
    with transaction() as session:
        draft = session.get(Draft, draft_id, with_for_update=True)
        if draft is None or draft.state != "open":
            raise NotFound(draft_id)
        newest = version_in_force(
            session,
            draft.tenant_id,
            draft.process_key,
            None,
        )
        draft.base_definition_id = newest or draft.base_definition_id
        deployment = newest_deployment(session, draft.tenant_id)
        if deployment:
            for value in together(session, draft):
                value.base_deployment_id = deployment.id
        draft.revision = draft.revision + 1
        draft.updated_at = now
        take_back_proposal(session, draft)
        record(session, draft, by, now, say("以草稿为准，覆盖其间发布的内容"))


def _open(session: Session, draft_id: str) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or draft.state != "open":
        raise NotFound(draft_id)
    return draft


def _judged(session: Session, draft: Draft) -> _Judged:
    """What a verdict is about: the revisions of the drafts, and the deployment that they stand on."""
    newest = newest_deployment(session, draft.tenant_id)
    revisions = tuple(
        (value.id, value.revision) for value in together(session, draft)
    )
    return revisions, newest.id if newest else ""


def _unchanged(session: Session, draft_id: str, judged: _Judged) -> Draft:
    """The draft, locked, with the deployment it was judged on. Raises RuleViolated when either is another by
    now."""
    draft = session.get_one(Draft, draft_id, with_for_update=True)
    for each_id, _revision in judged[0]:
        session.get_one(
            Draft,
            each_id,
            with_for_update=True,
            populate_existing=True,
        )
    # Whoever else publishes in the jurisdiction waits here.
    session.get(Deployment, judged[1], with_for_update=True)
    if draft.state != "open" or _judged(session, draft) != judged:
        raise RuleViolated(
            [
                say(
                    "检查期间草稿有了改动，或者别人刚刚发布过新版，请重新检查后再发布",
                ),
            ],
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
    newest = _planned_last(session, draft)
    if newest is not None and newest.effective_from > (effective_from or now):
        zone = ZoneInfo(
            bundles.profile_of(resources_of(session, draft)).timezone,
        )
        planned = f"{newest.effective_from.astimezone(zone):%Y-%m-%d}"
        return [
            say(
                "第 {version} 版定于 {planned} 生效，新版本不能比它更早，请改生效时间，或先撤销那一版",
                version=newest.version,
                planned=planned,
            ),
        ]
    return []


def _planned_last(session: Session, draft: Draft) -> ProcessDefinition | None:
    """Of the newest versions that the draft would follow, the one that comes into force last."""
    if draft.of_regulation:
        keys = procedures(session, draft.tenant_id)
    else:
        keys = [draft.process_key]
    ids = [
        version_in_force(session, draft.tenant_id, key, None) for key in keys
    ]
    rows = [
        session.get_one(ProcessDefinition, value) for value in ids if value
    ]
    return max(rows, key=lambda row: row.effective_from, default=None)
