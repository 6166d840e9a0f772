"""Starting a procedure: what one may start, its form, in whose name."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

import forms
from orchestrator.domain.points import read_point
from orchestrator.errors import (
    Forbidden,
    FormInvalid,
    InstanceChanged,
    RuleViolated,
    SubmissionKeyUsed,
)
from orchestrator.services import access, bundles, instances
from orchestrator.services.bundles import Bundle
from orchestrator.services.deployments import form_options
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import (
    applications,
    places,
    remarks,
    timeline,
)
from orchestrator.services.records import purposes
from orchestrator.services.registers import grid_maps, grid_proposals
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.registers import Grid
from orchestrator.store.retirements import retirements
from orchestrator.store.saved_forms import find_purposes
from orchestrator.store.territories import Body
from web.auth import permission, who
from web.errors import sentence
from web.inbox import calls, saving
from web.submissions import filenames, typed
from web.unsent import ShownForm, asks

blueprint = Blueprint("starting", __name__)

LONGEST_PLACE = 120
"""Characters of an address by which a grid is looked for."""
PLAN = {"source_grids", "after"}
"""Fields of a form that plans grids: what it would change is shown on a map."""


@blueprint.get("/start")
@permission("signed-in")
def choose() -> Any:
    session = reading()
    viewer = who()
    startable = instances.startable(session, viewer, datetime.now(UTC))
    names = {
        purposes.of_start(definition.key, body.id, None): (
            definition.key,
            body.id,
        )
        for definition, body in startable
    }
    begun = {
        names[purpose]: at
        for purpose, at in find_purposes(
            session, viewer.person_id, names
        ).items()
    }
    return render_template(
        "inbox/start_list.html",
        startable=startable,
        begun=begun,
        calls=calls.taken(viewer, startable),
    )


def _chosen(
    process_key: str, body_id: str
) -> tuple[Any, Body, ProcessInstance | None]:
    """What is to be started, in whose name, and the instance that it is about. Raises NotFound, Forbidden."""
    viewer = who()
    session = reading()
    now = datetime.now(UTC)
    about = request.args.get("about") or None
    subject = None
    if about:
        subject = access.visible_instance(session, viewer, about)
    if subject:
        pairs = instances.startable_about(session, viewer, subject, now)
    else:
        pairs = instances.startable(session, viewer, now)
    for definition, body in pairs:
        if definition.key == process_key and body.id == body_id:
            return definition, body, subject
    retired = retirements(session, viewer.tenant_id).get(process_key)
    if retired is not None and retired.from_at <= now:
        raise Forbidden(
            _(
                "这个流程已经停用，不再受理新的事项；在办的照常办完。有疑问请联系流程设计人员"
            )
        )
    raise Forbidden(_("您不能以这个机构的名义发起该事项"))


def _asked(process_key: str, body_id: str) -> ShownForm | None:
    """The form that begins a procedure, for the page that gives back what was typed into it."""
    definition, body, subject = _chosen(process_key, body_id)
    bundle = bundles.bundle_of(reading(), definition.id)
    form = bundle.forms.get(definition.start_form_key or "")
    if form is None:
        return None
    options = form_options.for_form(
        reading(), bundle, form, _setting(body, subject)
    )
    purpose = purposes.of_start(
        process_key, body_id, subject.id if subject else None
    )
    return ShownForm(
        form, options, lambda data: filenames(data, None), purpose
    )


def _setting(
    body: Body, subject: ProcessInstance | None
) -> form_options.Setting:
    if subject:
        path = subject.territory_path
    else:
        path = body.territory_path
    return form_options.Setting(
        path,
        who().person_id,
        datetime.now(UTC),
        body.id,
        subject.id if subject else None,
    )


@blueprint.post("/start/<process_key>/<body_id>/saved")
@permission("signed-in")
def save(process_key: str, body_id: str) -> Any:
    """What is typed into the form so far."""
    _definition, _body, subject = _chosen(process_key, body_id)
    about = None
    if subject:
        about = subject.id
    page = url_for(
        "starting.start", process_key=process_key, body_id=body_id, about=about
    )
    return saving.save(purposes.of_start(process_key, body_id, about), page)


@blueprint.route("/start/<process_key>/<body_id>", methods=["GET", "POST"])
@permission("signed-in")
@asks(_asked)
def start(process_key: str, body_id: str) -> Any:
    viewer = who()
    session = reading()
    definition, body, subject = _chosen(process_key, body_id)
    about = subject.id if subject else None
    bundle = bundles.bundle_of(session, definition.id)
    form = bundle.forms.get(definition.start_form_key or "")
    place = _place(bundle, body)
    data: dict[str, Any] = {}
    errors: Mapping[str, Sequence[str]] = {}
    reasons: Sequence[str] = ()
    if request.method == "POST":
        data, errors = typed(
            form,
            viewer.tenant_id,
            purposes.of_start(process_key, body_id, about),
        )
    saved = None
    if request.method == "GET":
        saved = saving.begun(
            purposes.of_start(process_key, body_id, about), form
        )
        if saved:
            data = dict(saved.data)
        else:
            data = _again(process_key, form)
    text = ""
    status = 200
    key = (
        saved.key if saved else request.form.get("_key")
    ) or secrets.token_urlsafe(16)
    pressed = any(
        request.form.get(value)
        for value in ("_add", "_remove", "_preview", "_find")
    )
    earlier = _earlier(process_key)
    if request.method == "POST" and not errors and not pressed:
        try:
            begun = instances.start_at(
                instances.Beginning(
                    viewer.tenant_id,
                    process_key,
                    data,
                    viewer.person_id,
                    body.id,
                    datetime.now(UTC),
                    key=request.form.get("_key") or None,
                    about=about,
                    place=place.code if place else "",
                )
            )
        except FormInvalid as invalid:
            errors = invalid.errors
            text = sentence(invalid)
            status = 422
        except RuleViolated as violated:
            reasons = violated.reasons
            status = 422
        except SubmissionKeyUsed as used:
            text = sentence(used)
            status = 409
            key = secrets.token_urlsafe(16)
        except InstanceChanged as ended:
            text = str(ended)
            status = 409
        else:
            saving.done(purposes.of_start(process_key, body_id, about))
            if not begun.replayed:
                _note_earlier(earlier, begun.instance_id)
            return _on_from(begun, process_key, body_id)
    elif errors:
        status = 422
    filled = _Filled(
        data,
        errors,
        text,
        reasons,
        key,
        saved,
        place,
    )
    return _page((definition, body, subject), bundle, form, filled), status


def _on_from(begun: instances.Started, process_key: str, body_id: str) -> Any:
    """Tells the number, and leads to the instance, or to the empty form for the next call."""
    flash(
        _("已提交，编号 %(number)s", number=begun.business_key),
        "success",
    )
    if request.form.get("_next"):
        return redirect(
            url_for("starting.start", process_key=process_key, body_id=body_id)
        )
    return redirect(url_for("inbox.instance", instance_id=begun.instance_id))


@dataclass(frozen=True, slots=True)
class _Filled:
    """What stands in the form of a page, and what is wrong with it."""

    data: Mapping[str, Any]
    errors: Mapping[str, Sequence[str]]
    told: str
    reasons: Sequence[str]
    key: str
    saved: saving.Begun | None
    place: ChosenGrid | None


@dataclass(frozen=True, slots=True)
class ChosenGrid:
    """The grid of an instance that is started for a wider body."""

    code: str
    """Empty until one is chosen."""
    proposals: Sequence[grid_proposals.Proposal]
    text: str
    """What was typed to find it."""


def _place(bundle: Bundle, body: Body) -> ChosenGrid | None:
    """What was chosen and is proposed; None where the instance stands at the body's own place."""
    if not places.must_name(bundle, body.level):
        return None
    session = reading()
    code = request.values.get("_place", "")[:32]
    text = request.values.get("_place_text", "").strip()[:LONGEST_PLACE]
    point = read_point(request.form.get("coordinates", ""))
    words = text or request.form.get("location", "")[:LONGEST_PLACE]
    proposals = grid_proposals.propose(
        session,
        body.tenant_id,
        body.territory_path,
        words,
        point,
    )
    chosen = grid_proposals.find(
        session, body.tenant_id, body.territory_path, code
    )
    if chosen is None:
        return ChosenGrid("", proposals, text)
    others = [
        proposal for proposal in proposals if proposal.code != chosen.code
    ]
    return ChosenGrid(chosen.code, [chosen, *others], text)


def _again(process_key: str, form: forms.Form | None) -> dict[str, Any]:
    """What an earlier instance of the same procedure, named by `again`, was applied for, as far as the form
    still asks for it. Raises NotFound for one that he does not see."""
    instance = _earlier(process_key)
    if form is None or instance is None:
        return {}
    then = bundles.bundle_of(reading(), instance.definition_id)
    result = applications.last_applied_for(reading(), then, instance.id)
    flash(
        _(
            "已带入 %(number)s 的内容，附件请重新上传。请修改后提交",
            number=instance.business_key,
        ),
        "info",
    )
    return {
        key: value for key, value in result.items() if key in form.field_keys
    }


def _earlier(process_key: str) -> ProcessInstance | None:
    """The instance of the same procedure that `again` names. Raises NotFound for one that he does not see."""
    named = request.args.get("again") or ""
    instance = None
    if named:
        instance = access.visible_instance(reading(), who(), named)
    if instance is not None and instance.process_key == process_key:
        return instance
    return None


def _note_earlier(earlier: ProcessInstance | None, instance_id: str) -> None:
    """The new instance says from which one it was applied again; one that has ended already has no reviewer
    to tell."""
    if earlier is not None:
        with contextlib.suppress(InstanceChanged):
            remarks.note_earlier(
                instance_id, earlier.id, who().person_id, datetime.now(UTC)
            )


def _page(
    chosen: tuple[Any, Body, ProcessInstance | None],
    bundle: Bundle,
    form: forms.Form | None,
    filled: _Filled,
) -> str:
    definition, body, subject = chosen
    data = filled.data
    setting = _setting(body, subject)
    if filled.place and filled.place.code:
        grid = reading().get_one(Grid, (body.tenant_id, filled.place.code))
        setting = replace(setting, path=grid.territory_path)
    if form and filled.place:
        form = forms.in_order_of_intake(form)
    if form:
        options = form_options.for_form(reading(), bundle, form, setting)
    else:
        options = {}
    if form:
        plan = form.field_keys >= PLAN
    else:
        plan = False
    start_event = next(
        (
            e
            for e in bundle.definition.process.elements.values()
            if e.type == "startEvent"
        ),
        None,
    )
    return render_template(
        "inbox/start.html",
        definition=definition,
        body=body,
        subject=subject,
        saved=filled.saved,
        form=_drawn(form, filled, options),
        place=filled.place,
        call=filled.place is not None
        and calls.takes(bundle.jurisdiction, body),
        offline=bool(bundle.definition.place_level),
        told=filled.told,
        reasons=filled.reasons,
        errors=filled.errors,
        key=filled.key,
        citations=timeline.citations(
            bundle, start_event.id if start_event else None
        ),
        element=start_event,
        regulation=bundle.jurisdiction.regulation,
        plan=plan,
        preview=grid_maps.preview(reading(), bundle, data, setting.path)
        if plan and data
        else None,
    )


def _drawn(
    form: forms.Form | None, filled: _Filled, options: forms.Options
) -> str:
    """The form as the page shows it: short for who reports himself, whole for who registers for others."""
    if form is None:
        return ""
    draw = forms.render_short
    if filled.place:
        draw = forms.render
    return draw(
        form,
        filled.data,
        filled.errors,
        options,
        filenames(filled.data, None),
    )
