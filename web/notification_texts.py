"""How a notification reads: a line for its kind, and the badge of every page."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_babel import gettext as _

from orchestrator.sentences import spoken
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.notifications import letters
from orchestrator.store.notifications import (
    MOST_COUNTED,
    Notification,
    count_unread_notifications,
)
from web.shown import viewer


def register(app: Flask) -> None:
    """Makes these available in templates."""
    app.jinja_env.globals.update(
        unread_notifications=unread_notifications,
        notification_name=name,
        headline=headline,
        notification_remark=letters.remark,
    )


def name(kind: str) -> str:
    """What notifications of that kind are called."""
    return spoken(letters.KINDS[kind])


def headline(row: Notification) -> str:
    """`新待办：审核申请`."""
    if row.step:
        return _("%(kind)s：%(step)s", kind=name(row.kind), step=row.step)
    return name(row.kind)


def unread_notifications() -> str:
    """What the badge says: a number, `99+` for more, empty for none."""
    if viewer() is None or g.get("without_database"):
        return ""
    count: Any = count_unread_notifications(reading(), viewer().person_id)
    if count > MOST_COUNTED:
        return f"{MOST_COUNTED}+"
    if count:
        return str(count)
    return ""
