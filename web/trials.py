"""Trying a draft out: the matter stands in the page itself, as the steps taken; nothing is written until it is kept as a scenario."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

import forms
from orchestrator.errors import FormInvalid, GridflowError, InstanceChanged, RuleViolated
from orchestrator.services import drafts
from orchestrator.services.reading import session as reading
from web.auth import permission, who
from web.drafting import own_draft
from web.errors import sentence

blueprint = Blueprint("trials", __name__, url_prefix="/design")


@blueprint.route("/<draft_id>/try", methods=["GET", "POST"])
@permission("design")
def play(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    steps, reasons, errors, data = _steps(), [], {}, {}
    act, element, by = (request.form.get(each, "") for each in ("_act", "_element", "_by"))
    try:
        rehearsal = drafts.Rehearsal(reading(), draft)
    except RuleViolated as refused:
        return render_template("designer/try.html", draft=draft, trial=None, reasons=refused.reasons), 422
    if request.form.get("_undo"):
        steps = steps[:-1]
    try:
        rehearsal.replay(steps)
    except GridflowError as refused:
        # The draft was changed since: what no longer goes is left out.
        flash(_("草稿改动后，先前的步骤走不通了，已从头开始：%(why)s", why=sentence(refused)), "warning")
        rehearsal, steps = drafts.Rehearsal(reading(), draft), []
    chosen = act if act in ("start", "complete") and by and not request.form.get("_undo") else ""
    form, options = rehearsal.form(element if chosen == "complete" else "", by) if chosen else (None, {})
    status = 200
    submitted = bool(request.form.get("_submit")) or (chosen and form is None) or act == "expire"
    if submitted and act:
        data = forms.parse_submission(form, request.form) if form else {}
        step = drafts.Step(act, element, by, {key: value for key, value in data.items() if value not in ("", [], None)})
        try:
            rehearsal.replay([step])
            steps, chosen = [*steps, step], ""
        except FormInvalid as invalid:
            errors, status = invalid.errors, 422
        except GridflowError as refused:
            reasons, status = [sentence(refused)], 422
            rehearsal = drafts.Rehearsal(reading(), draft)
            rehearsal.replay(steps)
    elif chosen and form:
        data = forms.parse_submission(form, request.form) if request.form.get("_add") or request.form.get("_remove") else {}
    shown = forms.render(form, data, errors, options, {}) if chosen and form else ""
    packed = json.dumps([[each.act, each.element, each.by, dict(each.values or {})] for each in steps], ensure_ascii=False)
    return render_template(
        "designer/try.html",
        draft=draft,
        trial=rehearsal.trial(),
        steps=packed,
        taken=len(steps),
        chosen=chosen,
        element=element,
        by=by,
        form=shown,
        reasons=reasons,
        errors=errors,
    ), status


@blueprint.post("/<draft_id>/try/keep")
@permission("design")
def keep(draft_id: str) -> Any:
    """Keeps the trial as a scenario of the draft: it is played with the others before publishing."""
    draft, name = own_draft(draft_id), request.form.get("name", "").strip()[:80]
    if not name:
        flash(_("请给情景起个名字"), "danger")
        return redirect(url_for("trials.play", draft_id=draft_id), code=307)
    rehearsal = drafts.Rehearsal(reading(), draft)
    text = rehearsal.scenario(name, _steps())
    earlier = drafts.scenarios_of(reading(), draft) or "情景:\n"
    drafts.keep_scenarios(
        draft_id,
        f"{earlier.rstrip()}\n\n{indent(text, '  ')}",
        draft.revision,
        who().person_id,
        datetime.now(UTC),
        f"新增情景「{name}」",
    )
    flash(_("已存为情景「%(name)s」，发布前会和其他情景一起演练", name=name), "success")
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.route("/<draft_id>/scenarios", methods=["GET", "POST"])
@permission("design")
def scenarios(draft_id: str) -> Any:
    """The procedure's scenarios as text; what is kept is played at once."""
    draft, session = own_draft(draft_id), reading()
    text, reasons, status, revision = drafts.scenarios_of(session, draft), [], 200, draft.revision
    if request.method == "POST":
        text = request.form.get("text", "").replace("\r\n", "\n")
        try:
            revision = request.form.get("revision", type=int) or 0
            drafts.keep_scenarios(draft_id, text, revision, who().person_id, datetime.now(UTC))
        except RuleViolated as wrong:
            reasons, status = wrong.reasons, 422
        except InstanceChanged as changed:
            reasons, status = [str(changed)], 409
        else:
            flash(_("情景已保存"), "success")
            return redirect(url_for("releases.review", draft_id=draft_id))
    return render_template("designer/scenarios.html", draft=draft, text=text, reasons=reasons, revision=revision), status


@blueprint.get("/<draft_id>/diagram")
@permission("design")
def diagram(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    return Response(draft.content[drafts.diagram_name(draft)], mimetype="application/xml")


def _steps() -> list[drafts.Step]:
    """The steps as the page carries them; a page that was tampered with begins anew."""
    try:
        given = json.loads(request.form.get("_steps") or "[]")
        return [drafts.Step(str(act), str(element), str(by), dict(values)) for act, element, by, values in given]
    except (ValueError, TypeError):
        return []
