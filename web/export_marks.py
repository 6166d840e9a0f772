"""What stands on an exported table: who took it out and when."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import gettext as _

from web.auth import who
from web.shown import moment


def export_mark() -> str:
    """The line of who exports now."""
    person = who()
    return _(
        "%(person)s（%(username)s）于 %(moment)s 导出，限工作使用，不得外传",
        person=person.display_name,
        username=person.username,
        moment=moment(datetime.now(UTC)),
    )
