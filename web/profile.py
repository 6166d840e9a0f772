"""One's own page: password, devices, the portrait on the notice boards of one's grids."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user

from orchestrator.errors import AttachmentRefused, FormInvalid, SignInBusy
from orchestrator.services import people
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import photos
from orchestrator.store.accounts import open_sessions
from orchestrator.store.people import photo_of
from web.auth import ACTING_FOR, permission, who
from web.device_names import device_name
from web.shown import own_profile

blueprint = Blueprint("profile", __name__)


@blueprint.get("/me")
@permission("signed-in")
def me() -> Any:
    viewer = who()
    profile = own_profile()
    serves_grid = profile is not None and any(
        body.level == profile.levels.grid for body in viewer.bodies
    )
    return render_template(
        "profile/me.html",
        device_name=device_name,
        photo=photo_of(reading(), viewer.person_id),
        serves_grid=serves_grid,
        sessions=open_sessions(
            reading(),
            viewer.person_id,
            datetime.now(UTC)
            - current_app.extensions["gridflow"].session_life,
        ),
        this=people.sessions.session_id(current_user.token),
    )


@blueprint.post("/me/acting-for")
@permission("signed-in")
def act_for() -> Any:
    """From here on lists and pages are those of one of his bodies, or of all."""
    chosen = request.form.get("into", "")[:120]
    if chosen in {body.id for body in who().all_bodies}:
        session[ACTING_FOR] = chosen
        flash(_("现在只以这个机构办理，待办和事项只列它的"), "success")
    else:
        session.pop(ACTING_FOR, None)
        flash(_("现在同时以全部机构办理"), "success")
    return redirect(url_for("profile.me"))


@blueprint.get("/me/password")
@permission("signed-in")
def password() -> Any:
    return render_template(
        "profile/password.html",
        errors={},
        told=None,
        must_change=current_user.must_change,
    )


@blueprint.post("/me/password")
@permission("signed-in")
def change_password() -> Any:
    old, new, again = (
        request.form.get(name, "") for name in ("old", "new", "again")
    )
    must_change = current_user.must_change
    by = who().person_id
    now = datetime.now(UTC)
    try:
        people.accounts.change_password(
            by,
            old,
            people.accounts.NewPassword(new, again),
            current_user.token,
            now,
        )
    except FormInvalid as invalid:
        return render_template(
            "profile/password.html",
            errors=invalid.errors,
            told=None,
            must_change=must_change,
        ), 422
    except SignInBusy:
        sentence = _("正在登录的人较多，请过几秒再点一次保存")
        return render_template(
            "profile/password.html",
            errors={},
            told=sentence,
            must_change=must_change,
        ), 503
    flash(_("密码已修改，其他设备上的登录已全部退出"), "success")
    return redirect(url_for("inbox.to_do" if must_change else "profile.me"))


@blueprint.post("/me/sessions/end-others")
@permission("signed-in")
def end_other_sessions() -> Any:
    people.sessions.end_others(
        who().person_id,
        current_user.token,
        datetime.now(UTC),
    )
    flash(_("其他设备上的登录已全部退出"), "success")
    return redirect(url_for("profile.me"))


@blueprint.post("/me/photo")
@permission("signed-in")
def photo() -> Any:
    upload = request.files.get("photo")
    by = who().person_id
    now = datetime.now(UTC)
    if request.form.get("remove"):
        photos.remove(by, now)
        flash(_("照片已删除，公示同时更新"), "success")
    elif upload is None or not upload.filename:
        flash(_("请选择一张照片"), "danger")
    else:
        try:
            photos.put(upload.read(), by, now)
            flash(_("照片已更新，公示同时更新"), "success")
        except AttachmentRefused as refused:
            flash(refused.reason, "danger")
    return redirect(url_for("profile.me"))
