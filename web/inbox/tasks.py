"""The official's and the liaison's page of a task; the lists are in lists.py, the pages of a process instance
in instance_pages.py."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

import forms
from orchestrator.domain.jurisdiction.functions import EXTENSION_APPLICANT
from orchestrator.errors import (
    FormInvalid,
    InstanceChanged,
    RuleViolated,
    SubmissionKeyUsed,
)  # fmt: skip
from orchestrator.services import access, bundles, user_tasks
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import give_up as reread
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import (
    case_view,
    proposals,
    subjects,
    timeline,
)
from orchestrator.services.people import pay
from orchestrator.services.records import purposes, sights
from orchestrator.services.registers import grid_maps
from orchestrator.store import disposals
from orchestrator.store.decision_aids import decision_aids
from orchestrator.store.instances import ProcessInstance, variables_of
from orchestrator.store.people import find_colleagues
from orchestrator.store.user_tasks import UserTask
from web.auth import permission, who
from web.errors import sentence
from web.inbox import (
    beginning,
    enclosing,
    holding,
    likenesses,
    neighbours,
    saving,
)
from web.inbox.lists import blueprint
from web.submissions import filenames, typed
from web.unsent import ShownForm, asks

PLAN = {"source_grids", "after"}
"""Variables of an instance that plans grids: what it would change is shown on a map."""


def _now() -> datetime:
    return datetime.now(UTC)


def _asked(task_id: str, action: str = "resolve") -> ShownForm | None:
    """The form of a task, for the page that gives back what was typed into it."""
    row = _own_task(task_id)
    form = _form_of(row)
    if form is None or action != "resolve":
        return None
    purpose = None
    if access.may_work_on(reading(), who(), row):
        purpose = purposes.of_task(task_id)
    return ShownForm(
        form,
        _options(row, variables_of(reading(), row.instance_id)),
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
    form = _form_of(row)
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
            key=request.form.get("_key") or None,
            revision=request.form.get("_revision", type=int),
            enclosed=enclosed,
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
        _form_of(row),
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


def _form_of(row: UserTask) -> forms.Form | None:
    return bundles.bundle_of(reading(), row.definition_id).forms.get(
        row.form_key or ""
    )


def _options(row: UserTask, variables: Mapping[str, Any]) -> dict[str, Any]:
    bundle = bundles.bundle_of(reading(), row.definition_id)
    form = bundle.forms.get(row.form_key or "")
    if form:
        return form_options.for_form(
            reading(),
            bundle,
            form,
            form_options.Setting(
                row.territory_path,
                who().person_id,
                _now(),
                variables={**variables, **row.variables},
            ),
        )
    return {}


def _sight_for(
    form: forms.Form, instance: ProcessInstance
) -> sights.InstanceSight:
    """What the reader sees of what others wrote into fields that the form asks for."""
    graded = sights.graded_fields(reading(), instance)
    if graded.isdisjoint(forms.value_keys(form)):
        return sights.EVERYTHING
    return sights.sight(reading(), who(), instance, _now())


def _may_ask_for_time(bundle: bundles.Bundle, row: UserTask) -> bool:
    """Whether the reader's body applies for an extension or a suspension of what it has."""
    roles = bundle.jurisdiction.roles_of(EXTENSION_APPLICANT)
    return row.due_at is not None and any(
        body.role in roles for body in who().bodies
    )


def _task_page(
    task_id: str,
    data: Mapping[str, Any],
    errors: Mapping[str, Any],
    told: str = "",
    reasons: Any = (),
    key: str = "",
) -> str:
    row = _own_task(task_id)
    viewer = who()
    session = reading()
    bundle = bundles.bundle_of(session, row.definition_id)
    view = case_view.look(
        session,
        viewer,
        row.instance_id,
        _now(),
        before=request.args.get("before", type=int),
    )
    opened = next(
        (
            open_task
            for open_task in view.open_tasks
            if open_task.id == task_id
        ),
        None,
    )
    candidates = sorted(access.asked_for(session, row))
    mine = access.may_work_on(session, viewer, row)
    choices = user_tasks.choices(session, viewer, row)
    form = bundle.forms.get(row.form_key or "")
    handover = user_tasks.last_handover(session, row)
    if data.keys() >= PLAN:
        plan = data
    else:
        plan = view.instance.variables
    listed = request.args.get("in", request.form.get("_in"))
    shown: Any = ""
    saved = None
    proposal = None
    beside = None
    if form is not None and mine:
        purpose = purposes.of_task(task_id)
        aids = decision_aids(session, viewer.person_id, task_id, purpose)
        beside = enclosing.shown(row, form, errors, aids)
        if aids.has_begun and request.method == "GET":
            saved = saving.begun(purpose, form)
        values = data
        if not data:
            proposal = proposals.proposed(
                session, bundle, row, form, view.instance.variables
            )
            written = beginning.to_begin_with(
                bundle,
                row,
                form,
                view.instance.variables,
                handover,
                saved,
                _sight_for(form, view.instance),
            )
            values = {**proposal.values, **written}
        shown = forms.render(
            form,
            values,
            errors,
            _options(row, view.instance.variables),
            filenames(values, row.instance_id),
        )
    return render_template(
        "inbox/task.html",
        task=row,
        opened=opened,
        in_list=neighbours.in_list(listed),
        neighbours=neighbours.around(row, listed),
        instance_view=view,
        has_disposal_list=disposals.is_list(session, view.instance),
        pay_sheet=pay.sheet_of(session, viewer, view.instance),
        subject=subjects.subject_of(session, viewer, view.instance, _now()),
        form=shown,
        mine=mine,
        alike_cases=likenesses.at_task(view, mine),
        handover=handover,
        proposal=proposal,
        delegated=row.delegation == "pending",
        opinion=saved.opinion if saved else request.form.get("reason", ""),
        saved=saved,
        longest_opinion=user_tasks.LONGEST_OPINION,
        told=told,
        reasons=reasons,
        errors=errors,
        key=key
        or (saved.key if saved else request.form.get("_key"))
        or secrets.token_urlsafe(16),
        citations=timeline.citations(bundle, row.element_id),
        element=bundle.definition.elements.get(row.element_id),
        beside=beside,
        preview=grid_maps.preview(session, bundle, plan, row.territory_path)
        if mine and plan.keys() >= PLAN
        else None,
        plan=form is not None and form.field_keys >= PLAN,
        choices=choices,
        now=_now(),
        tomorrow=timedelta(days=1),
        may_ask_for_time=mine and _may_ask_for_time(bundle, row),
        colleagues=find_colleagues(session, candidates, viewer.person_id)
        if mine or choices.lead
        else [],
    )
