"""The official's and the liaison's pages: inbox, task, matter, starting a procedure."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

import forms
from orchestrator.errors import (
    AttachmentRefused,
    Forbidden,
    FormInvalid,
    InstanceChanged,
    NotFound,
    RuleViolated,
    TaskAlreadyClosed,
    TaskClaimedByAnother,
)  # fmt: skip
from orchestrator.services import access, attachments, deployments, form_options, instances, matters, story, user_tasks
from orchestrator.services.reading import session as reading
from orchestrator.store import inbox as queries
from orchestrator.store.definitions import procedures
from orchestrator.store.people import find_colleagues
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import Attachment, UserTask, UserTaskCandidate
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("inbox", __name__)


def _now() -> datetime:
    return datetime.now(UTC)


# ------------------------------------------------------------------------------------------------------------ lists


@blueprint.get("/")
@permission("signed-in")
def to_do() -> Any:
    return _list("to_do")


@blueprint.get("/done")
@permission("signed-in")
def done() -> Any:
    return _list("done")


@blueprint.get("/started")
@permission("signed-in")
def started() -> Any:
    return _list("started")


def _list(tab: str) -> Any:
    viewer, session = who(), reading()
    filters = queries.Filters(viewer.tenant_id, request.args.get("q", "").strip()[:60], request.args.get("process", ""))
    after = request.args.get("after", "")
    candidates = [*viewer.body_ids, f"user:{viewer.username}"]
    if tab == "to_do":
        page = queries.page_to_do(session, viewer.person_id, candidates, filters, after)
    elif tab == "done":
        page = queries.page_done(session, viewer.person_id, filters, after)
    else:
        page = queries.page_started(session, viewer.person_id, filters, after)
    count = queries.count_to_do(session, viewer.person_id, candidates, queries.Filters(viewer.tenant_id))
    bodies = {body.id: body.name for body in viewer.bodies}
    reasons = _reasons(page.rows, bodies) if tab == "to_do" else {}
    return render_template(
        "inbox/list.html",
        tab=tab,
        page=page,
        filters=filters,
        count=count,
        cap=queries.COUNT_CAP,
        reasons=reasons,
        procedures=procedures(session, viewer.tenant_id),
    )


def _reasons(rows: Any, bodies: Mapping[str, str]) -> dict[str, str]:
    """Why each task is in this inbox: the body it is offered to."""
    found = reading().execute(
        UserTaskCandidate.__table__.select().where(UserTaskCandidate.task_id.in_([row.id for row in rows]))
    )
    return {row.task_id: bodies[row.candidate] for row in found if row.candidate in bodies}


# ------------------------------------------------------------------------------------------------------------- task


@blueprint.get("/task/<task_id>")
@permission("signed-in")
def task(task_id: str) -> Any:
    return _task_page(task_id, {}, {})


@blueprint.post("/task/<task_id>/complete")
@permission("signed-in")
def complete(task_id: str) -> Any:
    viewer = who()
    row = _own_task(task_id)
    form = _form_of(row)
    data, errors = _typed(form, viewer.tenant_id)
    if errors or request.form.get("_add") or request.form.get("_remove"):
        return _task_page(task_id, data, errors), 422 if errors else 200
    try:
        user_tasks.complete(
            task_id,
            data,
            viewer.person_id,
            _now(),
            key=request.form.get("_key") or None,
            revision=request.form.get("_revision", type=int),
        )
    except FormInvalid as invalid:
        return _task_page(task_id, data, invalid.errors, told=sentence(invalid)), 422
    except RuleViolated as violated:
        return _task_page(task_id, data, {}, reasons=violated.reasons), 422
    except (TaskAlreadyClosed, TaskClaimedByAnother, InstanceChanged) as conflict:
        typed = forms.summarise(form, data, _options(row)) if form else []
        return render_template("inbox/conflict.html", told=sentence(conflict), typed=typed, instance_id=row.instance_id), 409
    flash(_("「%(name)s」已提交", name=row.name), "success")
    return redirect(url_for("inbox.to_do"))


@blueprint.post("/task/<task_id>/<action>")
@permission("signed-in")
def act(task_id: str, action: str) -> Any:
    person, now, reason = who().person_id, _now(), request.form.get("reason", "").strip()[:200]
    to = request.form.get("to", type=int)
    match action:
        case "claim":
            user_tasks.claim(task_id, person, now)
            flash(_("已签收"), "success")
        case "unclaim":
            user_tasks.unclaim(task_id, person, now)
            flash(_("已退回待签收"), "success")
        case "resolve":
            user_tasks.resolve(task_id, person, now, reason)
            flash(_("已交回委派人"), "success")
        case "assign" | "delegate" if to is not None:
            (user_tasks.assign if action == "assign" else user_tasks.delegate)(task_id, to, person, now, reason)
            flash(_("已转交"), "success")
        case _:
            raise NotFound(action)
    if action in ("claim", "unclaim"):
        return redirect(url_for("inbox.task", task_id=task_id))
    return redirect(url_for("inbox.to_do"))


def _own_task(task_id: str) -> UserTask:
    row = reading().get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    access.visible_instance(reading(), who(), row.instance_id)
    return row


def _form_of(row: UserTask) -> forms.Form | None:
    return deployments.bundle(reading(), row.definition_id).forms.get(row.form_key or "")


def _options(row: UserTask) -> dict[str, Any]:
    bundle = deployments.bundle(reading(), row.definition_id)
    form = bundle.forms.get(row.form_key or "")
    return form_options.for_form(reading(), bundle, form, row.territory_path, who().person_id, _now()) if form else {}


def _task_page(task_id: str, data: Mapping[str, Any], errors: Mapping[str, Any], told: str = "", reasons: Any = ()) -> str:
    row, viewer, session = _own_task(task_id), who(), reading()
    bundle = deployments.bundle(session, row.definition_id)
    matter = matters.look(session, viewer, row.instance_id)
    opened = next((each for each in matter.open_tasks if each.id == task_id), None)
    candidates = list(
        session.scalars(
            UserTaskCandidate.__table__.select()
            .with_only_columns(UserTaskCandidate.candidate)
            .where(UserTaskCandidate.task_id == task_id)
        )
    )
    mine = row.state == "open" and (
        row.assignee_id == viewer.person_id
        or (row.assignee_id is None and bool({*viewer.body_ids, f"user:{viewer.username}"} & set(candidates)))
    )
    form = bundle.forms.get(row.form_key or "")
    shown: Any = ""
    if form is not None and mine:
        typed = data or _applied_for(bundle, row, form, matter.instance.variables)
        shown = forms.render(form, typed, errors, _options(row), _filenames(typed, row.instance_id))
    return render_template(
        "inbox/task.html",
        task=row,
        opened=opened,
        matter=matter,
        form=shown,
        mine=mine,
        told=told,
        reasons=reasons,
        errors=errors,
        key=request.form.get("_key") or secrets.token_urlsafe(16),
        citations=story.citations(bundle, row.element_id),
        element=bundle.definition.elements.get(row.element_id),
        colleagues=find_colleagues(session, candidates, viewer.person_id) if mine else [],
    )


def _applied_for(bundle: deployments.Bundle, row: UserTask, form: forms.Form, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What a task that returns to the applicant begins from: his application. Decisions and opinions of others begin empty."""
    element = bundle.definition.elements.get(row.element_id)
    start = bundle.forms.get(bundle.definition.start_form_key or "")
    if element is None or start is None or "initiator_body" not in (element.candidate_groups or ""):
        return {}
    return {key: variables[key] for key in form.field_keys & start.field_keys & variables.keys()}


# ---------------------------------------------------------------------------------------------------------- matters


@blueprint.get("/matter/<instance_id>")
@permission("signed-in")
def matter(instance_id: str) -> Any:
    found = matters.look(reading(), who(), instance_id)
    may_cancel = found.instance.state == "active" and found.instance.started_by == who().person_id
    return render_template("inbox/matter.html", matter=found, may_cancel=may_cancel)


@blueprint.post("/matter/<instance_id>/cancel")
@permission("signed-in")
def cancel(instance_id: str) -> Any:
    instances.cancel(instance_id, request.form.get("reason", "").strip()[:200], who().person_id, _now())
    flash(_("已撤回，记录保留"), "success")
    return redirect(url_for("inbox.matter", instance_id=instance_id))


@blueprint.get("/matter/<instance_id>/diagram")
@permission("signed-in")
def diagram(instance_id: str) -> Any:
    found = access.visible_instance(reading(), who(), instance_id)
    return Response(deployments.diagram(reading(), found.definition_id), mimetype="application/xml")


@blueprint.get("/attachment/<attachment_id>")
@permission("signed-in")
def attachment(attachment_id: str) -> Any:
    row = access.visible_attachment(reading(), who(), attachment_id)
    content = io.BytesIO(attachments.read(row.sha256))
    return send_file(content, mimetype=row.content_type, as_attachment=True, download_name=row.filename)


# ----------------------------------------------------------------------------------------------------------- starting


@blueprint.get("/start")
@permission("signed-in")
def start_list() -> Any:
    return render_template("inbox/start_list.html", startable=instances.startable(reading(), who().person_id))


@blueprint.route("/start/<process_key>/<body_id>", methods=["GET", "POST"])
@permission("signed-in")
def start(process_key: str, body_id: str) -> Any:
    viewer, session = who(), reading()
    pairs = instances.startable(session, viewer.person_id)
    chosen = next(
        ((definition, body) for definition, body in pairs if definition.key == process_key and body.id == body_id), None
    )
    if chosen is None:
        raise Forbidden(_("您不能以这个机构的名义发起该事项"))
    definition, body = chosen
    bundle = deployments.bundle(session, definition.id)
    form = bundle.forms.get(definition.start_form_key or "")
    data, errors = _typed(form, viewer.tenant_id) if request.method == "POST" else ({}, {})
    told, reasons, status = "", (), 200
    if request.method == "POST" and not errors and not request.form.get("_add") and not request.form.get("_remove"):
        try:
            begun = instances.start(
                viewer.tenant_id, process_key, data, viewer.person_id, body.id, _now(), key=request.form.get("_key") or None
            )
        except FormInvalid as invalid:
            errors, told, status = invalid.errors, sentence(invalid), 422
        except RuleViolated as violated:
            reasons, status = violated.reasons, 422
        else:
            flash(_("已提交，编号 %(number)s", number=begun.business_key), "success")
            return redirect(url_for("inbox.matter", instance_id=begun.instance_id))
    elif errors:
        status = 422
    return _start_page(definition, body, bundle, form, data, errors, told, reasons), status


def _start_page(
    definition: Any,
    body: Body,
    bundle: deployments.Bundle,
    form: forms.Form | None,
    data: Mapping[str, Any],
    errors: Mapping[str, Any],
    told: str,
    reasons: Any,
) -> str:
    options = form_options.for_form(reading(), bundle, form, body.territory_path, who().person_id, _now()) if form else {}
    start_event = next((e for e in bundle.definition.process.elements.values() if e.type == "startEvent"), None)
    return render_template(
        "inbox/start.html",
        definition=definition,
        body=body,
        form=forms.render(form, data, errors, options, _filenames(data, None)) if form else "",
        told=told,
        reasons=reasons,
        errors=errors,
        key=request.form.get("_key") or secrets.token_urlsafe(16),
        citations=story.citations(bundle, start_event.id if start_event else None),
        element=start_event,
        regulation=bundle.jurisdiction.regulation,
    )


# ------------------------------------------------------------------------------------------------------------- forms


def _typed(form: forms.Form | None, tenant_id: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What was typed, with uploaded files kept and named by their ids; refused files as errors at their field."""
    if form is None:
        return {}, {}
    data, errors = forms.parse_submission(form, request.form), {}
    for item in form.inputs():
        if item.type != "filepicker":
            continue
        kept = list(data.get(item.key) or [])
        for upload in request.files.getlist(f"file:{item.key}"):
            if not upload.filename:
                continue
            try:
                kept.append(attachments.keep(upload.read(), upload.filename, item.key, tenant_id, who().person_id, _now()))
            except AttachmentRefused as refused:
                errors[item.key] = [refused.reason]
        data[item.key] = kept
    return data, errors


def _filenames(data: Mapping[str, Any], instance_id: str | None) -> dict[str, str]:
    """Names of the files in a form: those he uploaded himself, and those of the matter it belongs to."""
    ids = [each for value in data.values() if isinstance(value, list) for each in value if isinstance(each, str)]
    if not ids:
        return {}
    his = sa.or_(Attachment.uploaded_by == who().person_id, Attachment.instance_id == instance_id)
    rows = reading().execute(sa.select(Attachment.id, Attachment.filename).where(Attachment.id.in_(ids), his))
    return {row.id: row.filename for row in rows}
