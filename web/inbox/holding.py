"""What the task's page does about who holds a task: 领取, 放回, 转办, 委派, 接办, 收回委派, and the head's
放回 and 转交."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_

from orchestrator.errors import NotFound
from orchestrator.services import user_tasks
from web import bounds, pressed
from web.auth import who

_TO_NOBODY: Mapping[str, tuple[Callable[..., None], Any]] = {
    "take-over": (user_tasks.take_over, N_("已接办，现在由您办理")),
    "release": (user_tasks.release, N_("已放回，机构内的同事可以领取")),
}
"""Action → what carries it out (task, person, now, reason, revision), and what is said then."""
_TO_SOMEBODY: Mapping[str, tuple[Callable[..., None], Any]] = {
    "assign": (user_tasks.assign, N_("已转交")),
    "delegate": (user_tasks.delegate, N_("已转交")),
}
"""The same for (task, to whom, person, now, reason, key)."""


def act(task_id: str, action: str, person: int) -> Any:
    """Carries out the action that the form asks for; the page that follows. Raises NotFound for an action
    that there is not."""
    now = datetime.now(UTC)
    reason = bounds.reason()
    to = request.form.get("to", type=int)
    revision = request.form.get("_revision", type=int)
    if action in _TO_SOMEBODY and to is not None:
        carry_out, said = _TO_SOMEBODY[action]
        key = pressed.key(action, task_id, str(to), reason)
        carry_out(
            task_id,
            to,
            person,
            now,
            reason,
            key,
        )
        flash(str(said), "success")
        return redirect(url_for("inbox.to_do"))
    if action in _TO_NOBODY:
        carry_out, said = _TO_NOBODY[action]
        carry_out(task_id, person, now, reason, revision)
        flash(str(said), "success")
    elif action == "claim":
        user_tasks.claim(task_id, person, now)
        flash(_("已领取"), "success")
    elif action == "unclaim":
        user_tasks.unclaim(task_id, person, now, pressed.key(action, task_id))
        flash(_("已放回，机构内的同事可以领取"), "success")
    elif action == "aside":
        day = bounds.day_given("aside_until")
        note = request.form.get("note", "")
        user_tasks.setting_aside.set_aside(who(), task_id, day, note, now)
        flash(_("已暂放，到这一天回到待办；期限不变"), "success")
        return redirect(url_for("inbox.to_do"))
    elif action == "take-up":
        user_tasks.setting_aside.take_up(who(), task_id)
        flash(_("已取回，任务回到待办"), "success")
    elif action == "take-back":
        user_tasks.take_back(task_id, person, now, reason)
        flash(_("已收回，现在由您办理"), "success")
    elif action == "hand-over" and to is not None:
        user_tasks.hand_over(
            task_id,
            to,
            person,
            now,
            reason,
            revision,
        )
        flash(_("已转交"), "success")
    else:
        raise NotFound(action)
    return redirect(url_for("inbox.task", task_id=task_id))
