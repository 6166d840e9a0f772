"""Several tasks of the inbox at once: claim, release, hand over, urge, mark as read. Each task by itself,
with its own result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from orchestrator.errors import GridflowError, NotFound
from orchestrator.services import user_tasks
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import oversight
from orchestrator.services.user_tasks.marking_read import mark_read
from orchestrator.store.user_tasks import UserTask
from web import bounds, pressed
from web.auth import permission, who
from web.errors import sentence
from web.inbox import kept_place

blueprint = Blueprint("several", __name__, url_prefix="/several")

MOST_TOLD = 10
"""Refused tasks whose reasons are told one by one."""
CarryOut = Callable[[str, int, datetime], None]


def _hand_over(task_id: str, by: int, now: datetime) -> None:
    to = request.form.get("to", 0, type=int)
    reason = bounds.reason()
    user_tasks.assign(
        task_id,
        to,
        by,
        now,
        reason,
        pressed.key("assign", task_id, str(to), reason),
    )


def _release(task_id: str, by: int, now: datetime) -> None:
    user_tasks.unclaim(task_id, by, now, pressed.key("unclaim", task_id))


def _urge(task_id: str, by: int, now: datetime) -> None:
    row = reading().get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    reason = bounds.reason()
    oversight.urge(
        row.instance_id,
        reason,
        by,
        now,
        pressed.key("urge", row.instance_id, reason),
    )


_EACH: Mapping[str, tuple[CarryOut, Any]] = {
    "claim": (user_tasks.claim, N_("已领取 %(count)d 项")),
    "unclaim": (_release, N_("已放回 %(count)d 项")),
    "assign": (_hand_over, N_("已转办 %(count)d 项")),
    "urge": (_urge, N_("已催办 %(count)d 项")),
}
"""Action → what carries it out for one task, and what is said of those that succeeded."""


@blueprint.post("/<action>")
@permission("signed-in")
def act(action: str) -> Any:
    """The list again; what was refused says why and stays selected."""
    now = datetime.now(UTC)
    chosen = list(dict.fromkeys(request.form.getlist("task")))[
        : kept_place.MOST
    ]
    refused: dict[str, str] = {}
    if not chosen:
        flash(_("请先选择任务"), "warning")
    elif action == "together":
        return redirect(
            url_for("together.look", _task=chosen, _query=kept_place.query())
        )
    elif action == "read":
        flash(
            _("已标为已读 %(count)d 项", count=mark_read(who(), chosen, now)),
            "success",
        )
    elif action in _EACH:
        carry_out, said = _EACH[action]
        refused = one_by_one(
            carry_out, _once(chosen) if action == "urge" else chosen, now
        )
        if len(refused) < len(chosen):
            flash(str(said) % {"count": len(chosen) - len(refused)}, "success")
    else:
        raise NotFound(action)
    for why in list(refused.values())[:MOST_TOLD]:
        flash(why, "danger")
    return redirect(
        kept_place.back_to_list(
            list(refused), request.form.get("reason", "") if refused else ""
        )
    )


def _once(chosen: list[str]) -> list[str]:
    """One task of each instance: what is done to the instance is done once."""
    return list(
        {task_id.partition(".")[0]: task_id for task_id in chosen}.values()
    )


def one_by_one(
    carry_out: CarryOut, chosen: list[str], now: datetime
) -> dict[str, str]:
    """Task id → why it was refused; each task has a transaction of its own."""
    refused = {}
    for task_id in chosen:
        try:
            carry_out(task_id, who().person_id, now)
        except NotFound as error:
            refused[task_id] = sentence(
                error
            )  # what it is called is not for a stranger
        except GridflowError as error:
            title = reading().get_one(UserTask, task_id).title
            refused[task_id] = _(
                "“%(title)s”没有办成：%(why)s",
                title=title,
                why=sentence(error),
            )
    return refused
