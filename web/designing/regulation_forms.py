"""A form of the regulation and the draft that it was filled in for: which draft is meant, and what changed
meanwhile."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import request
from flask_babel import gettext as _

from orchestrator.errors import InstanceChanged, NotFound
from orchestrator.services.designing import regulation
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store import drafts as queries
from orchestrator.store.drafts import Draft
from web.auth import who


def standing(
    draft: Draft,
    of: regulation.ProfileSection,
    entry: regulation.ProfileEntry | None,
) -> str:
    """A digest of what the section or the entry has in the draft."""
    values: dict[str, Any] = {}
    if entry is None or not entry.new:
        there = regulation.ProfileText(draft.content[queries.REGULATION])
        try:
            values = regulation.shown(of, entry, there)
        except NotFound:
            values = {}
    written = json.dumps(values, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode()).hexdigest()


def what_changed(draft: Draft, overwrites: bool) -> str:
    """The sentence for a form that is stale; `overwrites`: whether saving again would undo what another has
    saved."""
    if draft.state != "open":
        return _(
            "这次法规修订已经发布或作废。您写的内容在下面，请先复制下来，重新开始修订后再填",
        )
    if draft.id != request.form.get("draft"):
        return _(
            "原来的法规修订已经发布或作废，现在打开的是另一次修订。您写的内容在下面，核对后再保存，就写进现在的修订",
        )
    if overwrites:
        return _(
            "有人刚刚保存过。您写的内容在下面，再保存会覆盖别人刚才的改动，请先核对",
        )
    return _(
        "有人刚刚保存过。您写的内容在下面，核对后再保存一次即可，别人的改动会保留",
    )


def same_draft() -> Draft:
    """The open draft, which the form was filled in for. Raises InstanceChanged where it is another by now, or
    none is open."""
    draft = queries.regulation_draft(reading(), who().tenant_id)
    if draft is None or draft.id != request.form.get("draft"):
        raise InstanceChanged(queries.REGULATION)
    return draft


def shown_draft() -> Draft:
    """The draft that a refused form is shown with: the open one, or else the one that it was filled in for.
    Raises NotFound."""
    session = reading()
    draft = queries.regulation_draft(session, who().tenant_id)
    if draft is None:
        draft = session.get(Draft, request.form.get("draft", "")[:24])
    if (
        draft is None
        or draft.tenant_id != who().tenant_id
        or not draft.of_regulation
    ):
        raise NotFound(queries.REGULATION)
    return draft
