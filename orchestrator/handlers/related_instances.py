"""instance.* and deadline.*: what a supervision or an extension does to the instance it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.handlers.context import HandlerContext, HandlerRefused
from orchestrator.sentences import joined, say

KINDS = (
    "supervised",
    "supervision-answered",
    "supervision-reviewed",
    "meeting-held",
    "extension-refused",
)
"""What one instance may write into the record of another."""


def write_entry(context: HandlerContext) -> Mapping[str, Any]:
    """Puts a line into the record of the instance this one is about: the inputs `kind` (one of KINDS) and
    `remark`."""
    kind = str(context.variables.get("kind") or "")
    if kind not in KINDS:
        raise HandlerRefused(
            say(
                "流程图写的记载种类「{kind}」不存在，应为 {names} 之一",
                kind=kind,
                names=joined("、", KINDS),
            ),
        )
    told = {"remark": str(context.variables.get("remark") or "")}
    if kind == "extension-refused":
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
