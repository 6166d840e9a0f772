"""Sign-in and PERMISSIONS: who may open which page, on one page. What a person sees inside is decided by services/access.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, abort, current_app, flash, jsonify, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf

from orchestrator.errors import AccountLocked, SignInRefused
from orchestrator.services import access, identity
from orchestrator.services.access import Viewer
from orchestrator.services.reading import session as reading
from orchestrator.store.people import Person, demo_accounts
from web.i18n import LOCALES
from web.tokens import bind

blueprint = Blueprint("auth", __name__)
View = TypeVar("View", bound=Callable[..., Any])

PERMISSIONS: Mapping[str, Callable[[Viewer | None], bool]] = {
    "public": lambda who: True,
    "signed-in": lambda who: who is not None,
    "administrate": lambda who: who is not None and "administrator" in who.roles,
    "design": lambda who: who is not None and "designer" in who.roles,
}
"""Permission → whether this person (None: not signed in) has it. Every endpoint names one."""


class SignedIn:
    """What Flask-Login keeps of a person during a request."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, viewer: Viewer, epoch: int) -> None:
        self.viewer = viewer
        self.epoch = epoch

    def get_id(self) -> str:
        return f"{self.viewer.person_id}.{self.epoch}"


def permission(name: str) -> Callable[[View], View]:
    """Names the permission an endpoint needs."""

    def name_it(view: View) -> View:
        view.permission = name  # type: ignore[attr-defined]
        return view

    return name_it


def who() -> Viewer:
    """The signed-in person."""
    found: Viewer = current_user.viewer
    return found


def register(app: Flask) -> None:
    """Sessions, and the rule that no endpoint opens without its permission."""
    # Templates ask viewer(), which knows when the database must be left alone.
    manager = LoginManager(app, add_context_processor=False)
    manager.login_view = "auth.sign_in"
    manager.user_loader(_load)
    app.before_request(_sign_in_in_place)
    app.before_request(_authorise)
    app.after_request(_harden)


def _load(text: str) -> SignedIn | None:
    person_id, _dot, epoch = text.partition(".")
    if not person_id.isdigit():
        return None
    person = reading().get(Person, int(person_id))
    viewer = access.viewer(reading(), int(person_id))
    if viewer is None or person is None or str(person.session_epoch) != epoch:
        return None
    return SignedIn(viewer, person.session_epoch)


def _authorise() -> Any:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    name = getattr(view, "permission", None)
    if name is None:
        raise RuntimeError(f"{request.endpoint} names no permission")
    viewer = current_user.viewer if current_user.is_authenticated else None
    if PERMISSIONS[name](viewer):
        return None
    if viewer is None:
        # What was typed stays on the page that says so, with a sign-in in place.
        if request.path.startswith("/api/") or request.is_json or request.method == "POST":
            abort(401)
        flash(_("请先登录"), "warning")
        return redirect(url_for("auth.sign_in", next=request.full_path))
    return abort(403)


def _sign_in_in_place() -> None:
    """A form that was refused for want of a sign-in carries name and password with it, and goes on once they are right."""
    if request.method == "POST" and "_password" in request.form:
        username = request.form.get("_username", "").replace("\0", "")
        _open_session(identity.sign_in(username, request.form["_password"], datetime.now(UTC)))


def _harden(response: Any) -> Any:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.route("/sign-in", methods=["GET", "POST"])
@permission("public")
def sign_in() -> Any:
    username, told, status = request.form.get("username", "").replace("\0", ""), None, 200
    if request.method == "POST":
        try:
            person_id = identity.sign_in(username, request.form.get("password", ""), datetime.now(UTC))
        except SignInRefused:
            told, status = _("用户名或密码不正确，请重新输入"), 401
        except AccountLocked as locked:
            minutes = max(1, round((locked.until - datetime.now(UTC)).total_seconds() / 60))
            told, status = _("连续输错次数过多，账号已锁定，请 %(minutes)d 分钟后再试或联系管理员", minutes=minutes), 423
        else:
            return _enter(person_id)
    return _sign_in_page(username, told), status


def sign_in_again(told: str) -> Any:
    """The sign-in page of who tried it with a page that is no good any more, with his name."""
    return _sign_in_page(request.form.get("username", "").replace("\0", ""), told), 400


def _sign_in_page(username: str, told: str | None) -> str:
    accounts = demo_accounts(reading()) if current_app.extensions["gridflow"].demo else []
    return render_template("auth/sign_in.html", username=username, told=told, accounts=accounts)


def _enter(person_id: int) -> Any:
    _open_session(person_id)
    return redirect(inside(request.args.get("next", "")) or url_for("inbox.to_do"))


def _open_session(person_id: int) -> None:
    """The person is signed in from here on; whoever was before is not any more."""
    person = reading().get(Person, person_id)
    viewer = access.viewer(reading(), person_id)
    if person is None or viewer is None:
        abort(401)
    locale = session.get("locale") or person.locale
    session.clear()
    session["locale"] = locale
    session.permanent = True
    login_user(SignedIn(viewer, person.session_epoch))


def inside(target: str) -> str:
    """The target when every browser takes it for a page of this server, else an empty text.

    Browsers drop control characters, take a backslash for a slash, and read what follows two slashes as a host.
    """
    if target.startswith(request.host_url):
        target = f"/{target.removeprefix(request.host_url)}"
    if not target.isprintable() or "\\" in target or not target.startswith("/") or target.startswith("//"):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    # What the server decodes before it redirects, a browser may decode too.
    path = unquote(parts.path)
    hidden = path.startswith(("//", "/\\")) or not path.isprintable()
    return "" if parts.scheme or parts.netloc or hidden else target


@blueprint.get("/sign-in/token")
@permission("public")
def token() -> Any:
    """A fresh token for a page that stays open, and for whom it is: the username, or null when nobody is signed in."""
    username = who().username if current_user.is_authenticated else None
    return jsonify(token=generate_csrf(), username=username)


@blueprint.post("/sign-in/here")
@permission("public")
def sign_in_here() -> Any:
    """A sign-in for a page that stays open. Answers with a token of the person, or says why not."""
    given = request.get_json(silent=True)
    texts = {key: str(value).replace("\0", "") for key, value in given.items()} if isinstance(given, dict) else {}
    _open_session(identity.sign_in(texts.get("username", ""), texts.get("password", ""), datetime.now(UTC)))
    bind()
    return jsonify(token=generate_csrf(), username=who().username)


@blueprint.post("/sign-out")
@permission("public")
def sign_out() -> Any:
    logout_user()
    return redirect(url_for("auth.sign_in"))


@blueprint.post("/language/<locale>")
@permission("public")
def language(locale: str) -> Any:
    if locale in LOCALES:
        session["locale"] = locale
        if current_user.is_authenticated:
            identity.set_locale(who().person_id, locale)
    return redirect(inside(request.referrer or "") or url_for("inbox.to_do"))
