"""Trying a draft out: the instance stands in the page itself, as the steps taken; nothing is written until it
is kept as a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

import forms
from orchestrator.errors import (
    AttachmentRefused,
    FormInvalid,
    GridflowError,
    InstanceChanged,
    RuleViolated,
    TooMuchWork,
)
from orchestrator.services import designing
from orchestrator.services.designing import awaited_events
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import examined_files
from orchestrator.store.drafts import Draft
from web import bounds
from web.auth import permission, who
from web.designing.cards_page import WrongLine, wrong_lines
from web.designing.drafting import own_draft, plays
from web.errors import sentence
from web.unsent import ShownForm, asks

blueprint = Blueprint("trials", __name__, url_prefix="/design")

ACTS = ("start", "complete", "expire", "receive")
LONGEST_NAME = 80
"""Characters of a scenario's name."""


def _asked(draft_id: str) -> ShownForm | None:
    """The form that a trial asks for, for the page that gives back what was typed into it."""
    act, element, by = (
        request.form.get(value, "") for value in ("_act", "_element", "_by")
    )
    rehearsal, _steps_gone, _refusal = _walked(
        designing.TrialSetup(reading(), own_draft(draft_id)),
        _steps(),
    )
    form, options = rehearsal.form(element if act == "complete" else "", by)
    if form:
        return ShownForm(form, options)
    return None


def _warn_of_stop(refusal: GridflowError | None, number: int) -> None:
    # The draft was changed since: what still goes stays.
    if refusal is None:
        return
    flash(
        _(
            "第 %(number)d 步走不通，已停在它之前：%(why)s",
            number=number,
            why=sentence(refusal),
        ),
        "warning",
    )


@blueprint.route("/<draft_id>/try", methods=["GET", "POST"])
@permission("design")
@asks(_asked)
@plays
def play(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    steps = _steps()
    undo = bool(request.form.get("_undo"))
    row_pressed = any(request.form.get(value) for value in ("_add", "_remove"))
    act, element, by = (
        request.form.get(value, "") for value in ("_act", "_element", "_by")
    )
    try:
        rehearsal = designing.TrialSetup(reading(), draft)
    except RuleViolated as refused:
        return _page(draft, None, steps, reasons=refused.reasons), 422
    rehearsal, steps, refusal = _walked(
        rehearsal,
        steps[:-1] if undo else steps,
    )
    _warn_of_stop(refusal, len(steps) + 1)
    status = 200
    form = None
    chosen = ""
    reasons: Sequence[str] = ()
    errors: Mapping[str, Sequence[str]] = {}
    data: dict[str, Any] = {}
    options: dict[str, Any] = {}
    if act in ("start", "complete") and by and not undo:
        try:
            form, options = rehearsal.form(
                element if act == "complete" else "",
                by,
            )
            chosen = act
        except RuleViolated as refused:
            reasons = [sentence(refused)]
            status = 422
    submitted = bool(
        chosen and (request.form.get("_submit") or form is None),
    ) or (act in ("expire", "receive") and not undo)
    if submitted:
        data, errors = _submitted(form)
        if act == "receive":
            data = _brought()
        step = designing.TrialStep(
            act,
            element,
            by,
            {
                key: value
                for key, value in data.items()
                if value not in ("", [], None)
            },
        )
        try:
            if errors:
                raise FormInvalid(errors)
            rehearsal.replay([step])
            steps = [*steps, step]
            chosen = ""
        except FormInvalid as invalid:
            errors = invalid.errors
            status = 422
        except GridflowError as refused:
            reasons = [sentence(refused)]
            status = 422
            if not isinstance(refused, TooMuchWork):
                rehearsal = _walked(
                    designing.TrialSetup(reading(), draft),
                    steps,
                )[0]
    elif chosen and form and row_pressed:
        data = forms.parse_submission(form, request.form)
    shown = ""
    named = ""
    if chosen and form:
        shown = forms.render(form, data, errors, options, {})
        named = form.id
    return _page(
        draft,
        rehearsal,
        steps,
        chosen=chosen,
        element=element,
        by=by,
        form=shown,
        form_id=named,
        reasons=reasons,
    ), status


@blueprint.post("/<draft_id>/try/keep")
@permission("design")
@plays
def keep(draft_id: str) -> Any:
    """Keeps the trial as a scenario of the draft: it is played with the others before publishing. What is
    refused stays on the page."""
    draft = own_draft(draft_id)
    steps = _steps()
    name = request.form.get("name", "").strip()
    try:
        if not name:
            raise RuleViolated([_("请给情景起个名字")])
        if len(name) > LONGEST_NAME:
            raise RuleViolated([bounds.too_long(name, LONGEST_NAME)])
        text = designing.TrialSetup(reading(), draft).scenario(name, steps)
        designing.keep_trial(
            draft_id,
            text,
            name,
            who().person_id,
            datetime.now(UTC),
        )
    except GridflowError as refused:
        reasons = (
            refused.reasons
            if isinstance(refused, RuleViolated)
            else [sentence(refused)]
        )
        return _page(
            draft,
            _standing(draft, steps),
            steps,
            reasons=reasons,
            name=name,
        ), refused.status
    flash(
        _("已存为情景“%(name)s”，发布前会和其他情景一起演练", name=name),
        "success",
    )
    return redirect(url_for("releases.review", draft_id=draft_id))


@blueprint.route("/<draft_id>/scenarios", methods=["GET", "POST"])
@permission("design")
def scenarios(draft_id: str) -> Any:
    """The procedure's scenarios as text; what is kept is played at once. With `line`, at that line."""
    draft = own_draft(draft_id)
    session = reading()
    text = designing.scenarios_of(session, draft)
    status = 200
    revision = draft.revision
    reasons: Sequence[WrongLine] = ()
    if request.method == "POST":
        text = request.form.get("text", "").replace("\r\n", "\n")
        try:
            revision = request.form.get("revision", type=int) or 0
            designing.keep_scenarios(
                draft_id,
                text,
                revision,
                who().person_id,
                datetime.now(UTC),
            )
        except RuleViolated as wrong:
            reasons = wrong_lines(text, draft.process_key, wrong.reasons)
            status = 422
        except InstanceChanged as changed:
            reasons = [WrongLine(sentence(changed))]
            status = 409
        else:
            flash(_("情景已保存"), "success")
            return redirect(url_for("releases.review", draft_id=draft_id))
    return render_template(
        "designer/scenarios.html",
        draft=draft,
        text=text,
        reasons=reasons,
        revision=revision,
        line=reasons[0].line
        if reasons
        else request.args.get("line", type=int),
        verbs=designing.scenario_verbs(),
    ), status


@blueprint.get("/<draft_id>/diagram")
@permission("design")
def diagram(draft_id: str) -> Any:
    draft = own_draft(draft_id)
    return Response(
        draft.content[designing.diagram_name(draft)],
        mimetype="application/xml",
    )


def _submitted(
    form: forms.Form | None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed, files by their names: a trial keeps none. Refused files, and what was no file, as
    errors at their field."""
    data = forms.parse_submission(form, request.form) if form else {}
    errors = {}
    for key in (
        [field.key for field in form.inputs() if field.type == "filepicker"]
        if form
        else ()
    ):
        if data.get(key):
            errors[key] = [_("请重新选择文件")]
        chosen = [
            upload
            for upload in request.files.getlist(f"file:{key}")
            if upload.filename
        ]
        try:
            data[key] = [
                examined_files.examine(
                    upload.read(), upload.filename or ""
                ).name
                for upload in chosen
            ]
        except AttachmentRefused as refused:
            data[key], errors[key] = [], [refused.reason]
    return data, errors


def _brought() -> dict[str, Any]:
    """What a message brings by the page: values by their names, and the text by which it is found."""
    names = request.form.getlist("value.name")[: awaited_events.MOST_VALUES]
    texts = request.form.getlist("value.text")
    given = {
        name.strip(): awaited_events.typed_value(text.strip())
        for name, text in zip(names, texts, strict=False)
        if name.strip() and text.strip()
    }
    brought = {"data": given, "correlation": request.form.get("_key", "")}
    return {name: value for name, value in brought.items() if value}


def _page(
    draft: Draft,
    rehearsal: designing.TrialSetup | None,
    steps: list[designing.TrialStep],
    **more: Any,
) -> str:
    """The trial with the steps it carries; without a rehearsal, only these."""
    packed = json.dumps(
        [
            [step.act, step.element, step.by, dict(step.values or {})]
            for step in steps
        ],
        ensure_ascii=False,
    )
    trial = None
    if rehearsal:
        trial = rehearsal.trial()
    return render_template(
        "designer/try.html",
        draft=draft,
        trial=trial,
        brought=_sent_again(more),
        steps=packed,
        taken=len(steps),
        **more,
    )


def _sent_again(more: Mapping[str, Any]) -> dict[str, Any]:
    """What a refused message was to bring, so that nothing is typed twice; empty for any other page."""
    if request.form.get("_act") != "receive" or not more.get("reasons"):
        return {}
    names = request.form.getlist("value.name")[: awaited_events.MOST_VALUES]
    texts = request.form.getlist("value.text")
    return {
        "element": request.form.get("_element", ""),
        "rows": list(zip(names, texts, strict=False)),
        "key": request.form.get("_key", ""),
    }


def _walked(
    rehearsal: designing.TrialSetup,
    steps: list[designing.TrialStep],
) -> tuple[
    designing.TrialSetup,
    list[designing.TrialStep],
    GridflowError | None,
]:
    """The trial as far as the steps go, these steps, and why it did not go on."""
    try:
        rehearsal.replay(steps)
    except GridflowError as refused:
        gone = steps[: rehearsal.taken]
        if isinstance(refused, TooMuchWork):
            # There is no work left to begin anew with.
            return rehearsal, gone, refused
        again = designing.TrialSetup(reading(), rehearsal.draft)
        again.replay(gone)
        return again, gone, refused
    return rehearsal, steps, None


def _standing(
    draft: Draft,
    steps: list[designing.TrialStep],
) -> designing.TrialSetup | None:
    """Where the steps lead, as far as they go; None for a draft that cannot be tried."""
    try:
        return _walked(designing.TrialSetup(reading(), draft), steps)[0]
    except RuleViolated:
        return None


def _steps() -> list[designing.TrialStep]:
    """The steps as the page carries them; a page that was tampered with, so that it cannot carry them on,
    begins anew."""
    try:
        given = current_app.json.loads(request.form.get("_steps") or "[]")
        json.dumps(given, ensure_ascii=False).encode()
        steps = [
            designing.TrialStep(str(act), str(element), str(by), dict(values))
            for act, element, by, values in given
        ]
    except (ValueError, TypeError, RecursionError):
        return []
    if all(_could_be_carried(step) for step in steps):
        return steps
    return []


def _could_be_carried(step: designing.TrialStep) -> bool:
    if step.act == "receive":
        return awaited_events.could_be_sent(step.values or {})
    return step.act in ACTS
