"""What was done to an account, in words; and what of it concerns how its person signs in, told to him at each
sign-in for a while, for he may not have done it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import flash
from flask_babel import gettext as _

from orchestrator.sentences import spoken
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people.credential_changes import CREDENTIALS
from orchestrator.store import accounts
from web.shown import moment

MOST = 10
ANNOUNCED = timedelta(days=14)
SETTING_UP = timedelta(hours=1)
"""What an account gets in its first hour is its set-up, no change."""


def announce(person_id: int, now: datetime) -> None:
    """Shows on the next page what has changed lately."""
    # Not only what changed since the sign-in before: a stranger who signed in twice would have taken the
    # notice away.
    since = now - ANNOUNCED
    set_up = accounts.set_up_at(reading(), person_id)
    if set_up is not None:
        since = max(since, set_up + SETTING_UP)
    changes = accounts.changes_since(
        reading(),
        person_id,
        since,
        tuple(CREDENTIALS),
        MOST,
    )
    if not changes:
        return
    words = names()
    flash(
        _(
            "最近 %(days)d 天，账号的登录方式有变动：%(changes)s。不是您本人办的，请马上告诉管理员",
            days=ANNOUNCED.days,
            changes="；".join(
                f"{moment(change.at)} {words[change.kind]}"
                for change in changes
            ),
        ),
        "warning",
    )


def names() -> dict[str, str]:
    """Kind of an account event → what was done."""
    return {
        "added": _("新建账号"),
        "changed": _("改动资料"),
        "retired": _("停用"),
        "leaving-planned": _("登记离岗"),
        "leaving-cancelled": _("取消离岗"),
        "leaving-dropped": _("任职已变，登记的离岗未办理"),
        "restored": _("恢复"),
        **{kind: spoken(words) for kind, words in CREDENTIALS.items()},
        "unlocked": _("解除等待"),
        "sessions-ended": _("退出全部登录"),
    }
