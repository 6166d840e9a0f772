"""Several tasks of the same step decided with one form, where the form allows it (`batch`). Each task has a
transaction and a result of its own."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _

import forms
from orchestrator.errors import Destroyed, GridflowError, NotFound
from orchestrator.services import access, bundles, user_tasks
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import give_up as reread
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import purposes
from orchestrator.store.user_tasks import UserTask
from web import pressed
from web.auth import permission, who
from web.errors import sentence
from web.inbox import kept_place, saving
from web.unsent import ShownForm, asks

blueprint = Blueprint("together", __name__, url_prefix="/together")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tasks that were chosen."""

    form: forms.Form | None
    """The form of the first; None where none can be decided so."""
    options: forms.Options
    tasks: Sequence[UserTask]
    """The tasks that the form serves."""
    unfit: Mapping[str, str]
    """Title and number → why it is not among them."""


def _asked() -> ShownForm | None:
    chosen = _chosen()
    if chosen.form is not None:
        return ShownForm(chosen.form, chosen.options)
    return None


@blueprint.get("")
@permission("signed-in")
def look() -> Any:
    return _page(_chosen(), {}, {}, {})


@blueprint.post("")
@permission("signed-in")
@asks(_asked)
def decide() -> Any:
    # Whether a task is still his, the submission of each says, with who was first; sent twice, it gets the
    # same answer.
    chosen = _chosen(workable=False)
    if chosen.form is None:
        return _page(chosen, {}, {}, {}), 409
    data = forms.parse_submission(chosen.form, request.form)
    try:
        forms.validate(chosen.form, data, chosen.options)
    except forms.Invalid as invalid:
        return _page(chosen, data, invalid.errors, {}), 422
    refused = _decide_each(chosen.tasks, data, datetime.now(UTC))
    done = len(chosen.tasks) - len(refused)
    if done:
        flash(_("已办结 %(count)d 项", count=done), "success")
    for title, why in chosen.unfit.items():
        flash(
            _("“%(title)s”没有办成：%(why)s", title=title, why=why), "danger"
        )
    if not refused:
        return redirect(kept_place.back_to_list())
    reread()
    left = replace(
        _chosen(list(refused)),
        form=chosen.form,
        options=chosen.options,
        unfit={},
    )
    return _page(left, data, {}, refused), 409


def _decide_each(
    tasks: Sequence[UserTask], data: Mapping[str, Any], now: datetime
) -> dict[str, str]:
    """Task id → what it is called and why it was refused."""
    refused = {}
    for row_id, revision, title in [
        (row.id, row.revision, row.title) for row in tasks
    ]:
        seen = request.form.get(f"_revision.{row_id}", type=int)
        try:
            user_tasks.complete(
                row_id,
                data,
                who().person_id,
                now,
                user_tasks.SubmittedWith(
                    key=pressed.key(row_id), revision=seen or revision
                ),
            )
        except GridflowError as error:
            refused[row_id] = _(
                "“%(title)s”没有办成：%(why)s",
                title=title,
                why=sentence(error),
            )
        else:
            saving.done(purposes.of_task(row_id))
    return refused


def _chosen(wanted: Sequence[str] = (), *, workable: bool = True) -> Chosen:
    """The tasks that the request names, or those wanted. `workable`: only those that the reader may do
    now."""
    form: forms.Form | None = None
    options: forms.Options = {}
    step = ""
    tasks = []
    unfit = {}
    for task_id in list(
        dict.fromkeys(wanted or request.values.getlist("_task"))
    )[: kept_place.MOST]:
        row = _visible(task_id)
        if row is None:
            continue
        bundle = bundles.bundle_of(reading(), row.definition_id)
        own = bundle.forms.get(row.form_key or "")
        why = _objection(row, own, workable)
        if not why and own is not None and form is None:
            form = own
            step = row.element_id
            setting = form_options.Setting(
                row.territory_path, who().person_id, datetime.now(UTC)
            )
            options = form_options.for_form(reading(), bundle, own, setting)
        if not why and (row.element_id != step or own != form):
            why = _("不是同一步骤，请分开办理")
        if why:
            unfit[f"{row.title} {row.business_key}"] = why
        else:
            tasks.append(row)
    return Chosen(form, options, tasks, unfit)


def _visible(task_id: str) -> UserTask | None:
    row = reading().get(UserTask, task_id)
    try:
        if row is not None:
            access.visible_instance(reading(), who(), row.instance_id)
    except (Destroyed, NotFound):
        return None
    return row


def _objection(row: UserTask, form: forms.Form | None, workable: bool) -> str:
    """Why the task can't be decided together with others; empty when it can."""
    if workable and not access.may_work_on(reading(), who(), row):
        return _("这项任务现在不由您办理")
    if row.delegation == "pending":
        return _("这项任务是委派给您的，请打开任务填写意见后交回")
    if form is None or not form.batch:
        return _("“%(step)s”要逐件办理", step=row.name)
    return ""


def _page(
    chosen: Chosen,
    data: Mapping[str, Any],
    errors: Mapping[str, Any],
    refused: Mapping[str, str],
) -> str:
    return render_template(
        "inbox/together.html",
        chosen=chosen,
        refused=refused,
        errors=errors,
        query=kept_place.query(),
        back=kept_place.back_to_list([row.id for row in chosen.tasks]),
        key=secrets.token_urlsafe(16)
        if refused
        else request.form.get("_key") or secrets.token_urlsafe(16),
        form=forms.render(chosen.form, data, errors, chosen.options)
        if chosen.form
        else "",
        typed=forms.summarise(chosen.form, data, chosen.options)
        if chosen.form
        else [],
    )
