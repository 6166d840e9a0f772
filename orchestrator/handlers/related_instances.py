"""instance.* and deadline.*: what a supervision, an extension or a suspension does to the instance it is
about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.sentences import joined, say
from orchestrator.store.instances import HistoryEntry

KINDS = (
    "supervised",
    "supervision-answered",
    "supervision-reviewed",
    "meeting-held",
    "extension-refused",
    "suspension-refused",
)
"""What one instance may write into the record of another."""
OF_A_TASK = ("extension-refused", "suspension-refused")
"""Those that are about one step of it: whoever has that step is told."""


def write_entry(context: HandlerContext) -> Mapping[str, Any]:
    """Puts a line into the record of the instance this one is about: the inputs `kind` (one of KINDS) and
    `remark`."""
    kind = str(context.variables.get("kind") or "")
    if kind not in KINDS:
        raise HandlerRefused(
            say(
                "流程图写的记载种类“{kind}”不存在，应为 {names} 之一",
                kind=kind,
                names=joined("、", KINDS),
            ),
        )
    told = {"remark": str(context.variables.get("remark") or "")}
    if kind in OF_A_TASK:
        told["of_task"] = str(context.variables.get("task") or "")
    context.tell_about(kind, **told)
    return {}


def extend(context: HandlerContext) -> Mapping[str, Any]:
    """Extends the deadline of the task `task` by `amount`, in the profile's unit; `extended` is false when
    the task was done meanwhile."""
    rule = context.jurisdiction.extension
    if rule:
        unit = rule.unit
    else:
        unit = "working_days"
    amount = context.variables.get("amount")
    if not isinstance(amount, int) or amount <= 0:
        raise HandlerRefused(
            say("延期时长不是正整数，请核对申请后由管理员处理"),
        )
    reason = str(context.variables.get("extension_reason") or "")
    return {
        "extended": context.extend_about(
            str(context.variables.get("task") or ""),
            amount,
            unit,
            reason,
        ),
    }


def suspend(context: HandlerContext) -> Mapping[str, Any]:
    """挂账 of the task `task` until the day `review_on`, for the input `reason`; `suspended` is false when
    the task was done meanwhile. `reviewing_body` is the body that looks at it again: the one that decided.

    Where the clock or an administrator tries again, that is the body of the last completed task.
    """
    try:
        review_on = date.fromisoformat(
            str(context.variables.get("review_on") or "")
        )
    except ValueError as wrong:
        raise HandlerRefused(
            say("没有写明复查日期，请核对审批意见后由管理员处理"),
        ) from wrong
    reviewer = (
        context.variables.get("reviewing_body")
        or context.actor_body_id
        or _last_body(context)
    )
    if not reviewer:
        raise HandlerRefused(
            say("没有查到由哪个机构决定挂账、到期复查；请由办理机构重新审批"),
        )
    return {
        "suspended": context.suspend_about(
            str(context.variables.get("task") or ""),
            str(context.variables.get("reason") or ""),
            review_on,
            str(reviewer),
        ),
        "reviewing_body": reviewer,
    }


def _last_body(context: HandlerContext) -> str | None:
    """The body in whose name the last task of the instance was completed."""
    return context.session.scalar(
        sa.select(HistoryEntry.actor_body_id)
        .where(
            HistoryEntry.instance_id == context.instance.id,
            HistoryEntry.kind == "user-task-completed",
            HistoryEntry.actor_body_id.is_not(None),
        )
        .order_by(HistoryEntry.seq.desc())
        .limit(1),
    )


def resume(context: HandlerContext) -> Mapping[str, Any]:
    """The end of 挂账 of the task `task`; `resumed` is false when it did not stand still any more."""
    return {
        "resumed": context.resume_about(
            str(context.variables.get("task") or ""),
        ),
    }
