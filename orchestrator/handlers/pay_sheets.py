"""pay.*: a pay sheet is handed over, checked and approved, or sent back; the sheet stands as its procedure
does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.domain.pay import in_yuan
from orchestrator.handlers.context import (
    CannotCarryOut,
    HandlerContext,
    HandlerRefused,
)
from orchestrator.sentences import say
from orchestrator.store import pay as store
from orchestrator.store.pay import (
    APPROVED,
    CHECKED,
    DRAFT,
    SUBMITTED,
    PayLine,
    PaySheet,
)

APPROVE = "approve"
"""What a form answers that sends nothing back."""


def submit(context: HandlerContext) -> Mapping[str, Any]:
    """The draft goes to be checked, as it stands: how many people, how much, and the sheet's checksum are
    told in the history. Raises CannotCarryOut where it would take money from somebody."""
    sheet = _sheet(context, DRAFT)
    if sheet is None:
        return {"pay_people": 0, "pay_total": in_yuan(0)}
    lines = store.lines_of(context.session, sheet.id)
    told = below_zero(lines)
    if told:
        raise CannotCarryOut("；".join(map(str, told)))
    total = in_yuan(sum(line.total for line in lines))
    actor = _actor(context)
    sheet.state = SUBMITTED
    sheet.returned = ""
    sheet.drafted_by = actor
    sheet.drafted_at = context.now
    sheet.changed_by = sorted({*sheet.changed_by, actor})
    sheet.version += 1
    context.remember(
        "pay-submitted",
        remark=say(
            "{many} 人，应发合计 {total} 元；报酬表校验值 {digest}",
            many=len(lines),
            total=total,
            digest=store.digest_of(lines),
        ),
    )
    return {"pay_people": len(lines), "pay_total": total}


def check(context: HandlerContext) -> Mapping[str, Any]:
    """Another one of the office has checked it, or sends it back. Raises CannotCarryOut for one who wrote in
    it."""
    decision = context.variables.get("check_decision")
    sheet = _sheet(context, SUBMITTED)
    if sheet is None:
        return {}
    actor = _actor(context)
    if actor in sheet.changed_by:
        raise CannotCarryOut(
            say("报酬表应由编制机构的另一个人复核，编制、改动过的人不能复核")
        )
    if decision != APPROVE:
        _send_back(sheet, context.variables.get("check_reason"))
        return {}
    sheet.state = CHECKED
    sheet.checked_by = actor
    sheet.checked_at = context.now
    sheet.version += 1
    return {}


def approve(context: HandlerContext) -> Mapping[str, Any]:
    """Nothing of it is changed any more, or it is sent back. Raises CannotCarryOut for one who had it in his
    hands before."""
    decision = context.variables.get("approval_decision")
    sheet = _sheet(context, CHECKED)
    if sheet is None:
        return {}
    actor = _actor(context)
    if actor in (*sheet.changed_by, sheet.checked_by):
        raise CannotCarryOut(
            say("报酬表复核以后由上级机构批准，编制、改动、复核过的人不能批准")
        )
    if decision != APPROVE:
        _send_back(sheet, context.variables.get("approval_reason"))
        return {}
    sheet.state = APPROVED
    sheet.approved_by = actor
    sheet.approved_at = context.now
    sheet.version += 1
    return {}


def below_zero(lines: Sequence[PayLine]) -> list[str]:
    """A sentence for each who would have to pay."""
    return [
        say("“{name}”的应发合计不能是负数，请核对扣减", name=line.name)
        for line in lines
        if line.total < 0
    ]


def _send_back(sheet: PaySheet, reason: Any) -> None:
    sheet.state = DRAFT
    sheet.checked_by = None
    sheet.checked_at = None
    sheet.returned = str(reason or "")[:300]
    sheet.version += 1


def _sheet(context: HandlerContext, state: str) -> PaySheet | None:
    """The sheet of this procedure, locked, in that state; None where it stands on paper alone. Raises
    HandlerRefused."""
    sheet_id = str(context.variables.get("sheet_id") or "")
    if not sheet_id:
        return None
    sheet = context.session.get(
        PaySheet, sheet_id, with_for_update=True, populate_existing=True
    )
    if (
        sheet is None
        or sheet.instance_id != context.instance.id
        or sheet.state != state
    ):
        raise HandlerRefused(say("找不到这件事项的报酬表"))
    return sheet


def _actor(context: HandlerContext) -> int:
    if context.actor_id is None:
        raise HandlerRefused(say("报酬表由人办理，不能由系统办理"))
    return context.actor_id
