"""The page that a one-time link opens: its person sets a password and is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.errors import FormInvalid, NotFound, SignInBusy
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import links
from orchestrator.services.people.accounts import NewPassword
from web import auth, vouching
from web.auth import permission

blueprint = Blueprint("password_links", __name__, url_prefix="/set-password")


@blueprint.get("/<token>")
@permission("public")
def look(token: str) -> Any:
    return _page(token)


@blueprint.post("/<token>")
@permission("public")
def redeem(token: str) -> Any:
    wanted = NewPassword(
        request.form.get("new", ""),
        request.form.get("again", ""),
    )
    now = datetime.now(UTC)
    try:
        opened = links.opened(reading(), token, now)
        entered = links.redeem(
            token,
            wanted,
            now,
            auth.visitor(opened.username),
        )
    except FormInvalid as invalid:
        return _page(token, errors=invalid.errors, status=422)
    except SignInBusy:
        return _page(
            token,
            told=_("正在登录的人较多，请过几秒再点一次保存"),
            status=503,
        )
    except NotFound:
        return _page(token)
    if entered is None:
        flash(_("密码已设置，请用它和手机上的验证码登录"), "success")
        return redirect(url_for("auth.sign_in"))
    auth.enter(*entered, opened.username)
    flash(_("密码已设置，以后用用户名和密码登录"), "success")
    return redirect(url_for("inbox.to_do"))


def address_of(token: str) -> str:
    """The whole address of a link, as its person opens it."""
    return vouching.address_of(url_for("password_links.look", token=token))


def _page(
    token: str,
    errors: Any = None,
    told: str | None = None,
    status: int = 200,
) -> Any:
    try:
        opened = links.opened(reading(), token, datetime.now(UTC))
    except NotFound:
        return render_template("auth/link_over.html"), 404
    return (
        render_template(
            "auth/set_password.html",
            person=opened,
            errors=errors or {},
            told=told,
        ),
        status,
    )
