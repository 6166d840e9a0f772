"""档案销毁: the lists of dossiers whose term is over, and the register of what was destroyed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as N_

from orchestrator.errors import NotFound
from orchestrator.services import access, listed_instances
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import disposals
from web.auth import permission, who

blueprint = Blueprint("disposals", __name__, url_prefix="/dossier-disposal")

MOST_LISTS = 20
AT_ONCE = 50
"""Entries of the register on one page."""
FURTHEST = 1_000_000
STATES = {
    disposals.LISTED: N_("待定"),
    disposals.KEPT: N_("继续保存"),
    disposals.WITHHELD: N_("没有销毁"),
    disposals.DESTROYED: N_("已销毁"),
}


@blueprint.get("")
@permission("signed-in")
def index() -> Any:
    may_list = listed_instances.may_list(reading(), who())
    number = request.args.get("q", "").strip()[:40]
    skipped = request.args.get("after", 0, type=int)
    if not 0 <= skipped <= FURTHEST:
        skipped = 0
    rows = disposals.register_of(
        reading(),
        may_list,
        number,
        skipped,
        AT_ONCE + 1,
    )
    after = None
    if len(rows) > AT_ONCE:
        after = skipped + AT_ONCE
    return render_template(
        "registers/disposals.html",
        lists=disposals.lists_of(reading(), may_list, MOST_LISTS),
        rows=rows[:AT_ONCE],
        number=number,
        after=after,
    )


@blueprint.get("/<instance_id>")
@permission("signed-in")
def listed(instance_id: str) -> Any:
    """One list, with what was decided of each dossier."""
    session = reading()
    instance = access.visible_instance(session, who(), instance_id)
    entries = disposals.listed_by(session, instance_id)
    if not entries:
        raise NotFound(instance_id)
    return render_template(
        "registers/disposal_list.html",
        instance=instance,
        entries=entries,
        digests=disposals.digests_of(session, instance_id),
        state_names=STATES,
        readable=listed_instances.seen_among(
            session,
            who(),
            [
                entry.dossier_id
                for entry in entries
                if entry.state != disposals.DESTROYED
            ],
        ),
    )
