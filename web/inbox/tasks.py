"""The official's and the liaison's page of a task; the lists are in lists.py, the pages of a process instance
in instance_pages.py."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import (
    flash,
    redirect,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import (
    FormInvalid,
    InstanceChanged,
    RuleViolated,
    SubmissionKeyUsed,
)  # fmt: skip
from orchestrator.services import access, user_tasks
from orchestrator.services.installation.read_session import give_up as reread
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.records import purposes
from orchestrator.store.instances import variables_of
from orchestrator.store.user_tasks import UserTask
from web.auth import permission, who
from web.errors import sentence
from web.inbox import (
    enclosing,
    holding,
    neighbours,
    saving,
    task_page,
)
from web.inbox.lists import blueprint
from web.inbox.task_page import form_of, options_of
from web.submissions import filenames, typed
from web.unsent import ShownForm, asks


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(task_id: str, action: str = "resolve") -> ShownForm | None:
    """The form of a task, for the page that gives back what was typed into it."""
    row = _own_task(task_id)
    form = form_of(row)
    if form is None or action != "resolve":
        return None
    purpose = None
    if access.may_work_on(reading(), who(), row):
        purpose = purposes.of_task(task_id)
    return ShownForm(
        form,
        options_of(row, variables_of(reading(), row.instance_id)),
        lambda data: filenames(data, row.instance_id),
        purpose,
        row.revision,
    )


# ---- task


@blueprint.get("/task/<task_id>")
@permission("signed-in")
def task(task_id: str) -> Any:
    return _task_page(task_id, {}, {})


@blueprint.post("/task/<task_id>/complete")
@permission("signed-in")
@asks(_asked)
def complete(task_id: str) -> Any:
    viewer = who()
    row = _own_task(task_id)
    form = form_of(row)
    his = access.may_work_on(reading(), viewer, row)
    data, errors = typed(
        form, viewer.tenant_id, purposes.of_task(task_id) if his else None
    )
    enclosed, refused = enclosing.typed_beside(row, form, his)
    errors = {**errors, **refused}
    if errors or any(
        request.form.get(value) for value in ("_add", "_remove", "_preview")
    ):
        return _task_page(task_id, data, errors), 422 if errors else 200
    if his and row.delegation == "pending":
        return _task_page(
            task_id,
            data,
            {},
            told=_(
                "这项任务是委派给您的，请填写意见后交回委派人，由委派人办结"
            ),
        ), 409
    listed = request.form.get("_in")
    following = neighbours.around(row, listed).after
    try:
        user_tasks.complete(
            task_id,
            data,
            viewer.person_id,
            _now(),
            user_tasks.SubmittedWith(
                key=request.form.get("_key") or None,
                revision=request.form.get("_revision", type=int),
                enclosed=enclosed,
            ),
        )
    except FormInvalid as invalid:
        return _task_page(
            task_id, data, invalid.errors, told=sentence(invalid)
        ), 422
    except RuleViolated as violated:
        return _task_page(task_id, data, {}, reasons=violated.reasons), 422
    except SubmissionKeyUsed as used:
        return _task_page(
            task_id,
            data,
            {},
            told=sentence(used),
            key=secrets.token_urlsafe(16),
        ), 409
    except InstanceChanged as changed:
        reread()
        if not access.may_work_on(reading(), viewer, _own_task(task_id)):
            raise
        return _task_page(
            task_id,
            data,
            {},
            told=sentence(changed),
            key=secrets.token_urlsafe(16),
        ), 409
    saving.done(purposes.of_task(task_id))
    flash(_("“%(name)s”已提交", name=row.name), "success")
    kept: dict[str, Any] = dict(neighbours.list_of(listed) or {})
    return redirect(url_for("inbox.to_do", **kept, next=following or ""))


@blueprint.post("/task/<task_id>/saved")
@permission("signed-in")
def save(task_id: str) -> Any:
    """What is typed into the task's form so far."""
    row = _own_task(task_id)
    if not access.may_work_on(reading(), who(), row):
        raise InstanceChanged(_("这项任务现在不由您办理，没有自动保存"))
    return saving.save(
        purposes.of_task(task_id), url_for("inbox.task", task_id=task_id)
    )


@blueprint.post("/task/<task_id>/<action>")
@permission("signed-in")
@asks(_asked)
def act(task_id: str, action: str) -> Any:
    if action == "resolve":
        return _resolve(task_id)
    return holding.act(task_id, action, who().person_id)


def _resolve(task_id: str) -> Any:
    """The delegate gives the task back, with his opinion and what he filled in."""
    row = _own_task(task_id)
    viewer = who()
    his = access.may_work_on(reading(), viewer, row)
    data, errors = typed(
        form_of(row),
        viewer.tenant_id,
        purposes.of_task(task_id) if his else None,
    )
    opinion = request.form.get("reason", "").strip()
    if errors or any(
        request.form.get(value) for value in ("_add", "_remove", "_preview")
    ):
        return _task_page(task_id, data, errors), 422 if errors else 200
    if his and not opinion:
        return _task_page(task_id, data, {}, told=_("请填写意见后交回")), 422
    if len(opinion) > user_tasks.LONGEST_OPINION:
        return _task_page(
            task_id,
            data,
            {},
            told=_("意见最多 %(most)d 字", most=user_tasks.LONGEST_OPINION),
        ), 422
    try:
        user_tasks.resolve(
            task_id,
            viewer.person_id,
            _now(),
            opinion,
            data,
            key=request.form.get("_key") or None,
        )
    except FormInvalid as invalid:
        return _task_page(
            task_id, data, invalid.errors, told=sentence(invalid)
        ), 422
    saving.done(purposes.of_task(task_id))
    flash(_("已交回委派人"), "success")
    return redirect(url_for("inbox.to_do"))


def _own_task(task_id: str) -> UserTask:
    return access.visible_task(reading(), who(), task_id)


def _task_page(
    task_id: str,
    data: Mapping[str, Any],
    errors: Mapping[str, Any],
    **refused: Any,
) -> str:
    given = task_page.TypedAnswers(data, errors, **refused)
    return task_page.draw(_own_task(task_id), given)
