"""What the workbench's pages share: the draft that a page is about, and what its scripts send."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from functools import wraps
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from flask import abort, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import (
    Finding,
    InstanceChanged,
    NotFound,
    RuleViolated,
)
from orchestrator.services import bundles, designing
from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.drafts import Draft
from web import bounds
from web.auth import who
from web.shown import process_name

View = TypeVar("View", bound=Callable[..., Any])

_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def plays(view: View) -> View:
    """All that the view plays, however often it begins anew, takes its work from one budget."""

    @wraps(view)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        with designing.request_work():
            return view(*args, **kwargs)

    return cast(View, bounded)


def own_draft(draft_id: str) -> Draft:
    """The open draft of a procedure of the person's jurisdiction. Raises NotFound; one that has ended leads
    back to the procedures, or answers a script so."""
    row = any_draft(draft_id)
    if row.of_regulation:
        raise NotFound(draft_id)
    return row


def any_draft(draft_id: str) -> Draft:
    """As `own_draft`, or the draft of the jurisdiction's regulation."""
    row = reading().get(Draft, draft_id)
    if row is None or row.tenant_id != who().tenant_id:
        raise NotFound(draft_id)
    if row.state != "open":
        sentence = _("这份草稿已经发布或作废，请从流程列表重新打开")
        if request.is_json:
            abort(jsonify(told=sentence), InstanceChanged.status)
        flash(sentence, "warning")
        abort(redirect(url_for("designer.procedures")))
    return row


def first_instant(text: str) -> datetime | None:
    """When the day of that text begins in the jurisdiction; None for no text. Raises RuleViolated."""
    if not text:
        return None
    day = bounds.day(text)
    if day is None:
        raise RuleViolated([_("生效日期应写成 2026-12-01 的样子")])
    profile = bundles.profile_in_force(reading(), who().tenant_id)
    midnight = datetime.combine(day, time(), ZoneInfo(profile.timezone))
    return midnight.astimezone(UTC)


def printable(text: str) -> str:
    """The text without what no database and no page can take."""
    return _UNPRINTABLE.sub("", text)


def sent() -> Mapping[str, Any]:
    """The JSON object that the page sent: `name`, `text`, `comment`, `base` and `prefer` as clean texts,
    `revision` a number; empty for anything else."""
    given = request.get_json(silent=True)
    if isinstance(given, dict):
        result = given
    else:
        result = {}
    texts = {
        key: printable(str(result.get(key) or ""))
        for key in ("name", "text", "comment", "base", "prefer")
    }
    revision = result.get("revision")
    return {**texts, "revision": revision if isinstance(revision, int) else 0}


def opened(process_key: str) -> str:
    """Id of the open draft of the procedure, or of the process that only others call; begun where there is
    none. Raises NotFound."""
    given = (who().tenant_id, process_key, who().person_id, datetime.now(UTC))
    try:
        return designing.open_draft(*given)
    except NotFound:
        return designing.open_called(*given)


def wanted_place(draft_id: str) -> str:
    """Address of what the form sent asks for: the draft's `file`, its scenarios, or its diagram at the
    `element`."""
    if name := request.form.get("file"):
        return url_for("draft_files.edit", draft_id=draft_id, name=name)
    if "scenarios" in request.form:
        return url_for("cards.overview", draft_id=draft_id)
    element = request.form.get("element") or None
    return url_for("designer.editor", draft_id=draft_id, _anchor=element)


def located_message(finding: Finding, shown: str) -> str:
    """The finding's sentence; where it stands in another file than the `shown` one, with that file."""
    resource = str(finding.resource or shown)
    message = str(finding.message)
    stem, _dot, kind = resource.rpartition(".")
    if resource == shown or resource in message:
        return message
    named: dict[str, str] = {
        "bpmn": _("“%(name)s”的流程图：", name=process_name(stem)),
        "form": _("表单 %(name)s：", name=resource),
        "dmn": _("决策表 %(name)s：", name=resource),
        "yaml": _(
            "“%(name)s”的情景：",
            name=process_name(stem.rpartition("/")[2]),
        ),
        "toml": _("法规配置："),
    }
    return named.get(kind, f"{resource}：") + message
