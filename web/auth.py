"""Sign-in and PERMISSIONS: who may open which page, on one page. What a person sees inside is decided by
services/access.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from flask import (
    Blueprint,
    Flask,
    abort,
    after_this_request,
    current_app,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature

from orchestrator.errors import (
    Forbidden,
    SecondFactorNeeded,
    SecondFactorWrong,
    SignInRefused,
    SignInThrottled,
)
from orchestrator.services import access, people
from orchestrator.services.access import Viewer
from orchestrator.services.installation import read_session
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import second_factors
from orchestrator.services.simulation import demonstration
from orchestrator.services.training import posts
from orchestrator.sign_in_settings import DINGTALK, WECOM
from orchestrator.store.people import Person
from web import (
    account_changes,
    devices,
    held_up_pages,
    refusals,
    second_step,
)
from web.i18n import LOCALES
from web.tokens import FIELD, bind

blueprint = Blueprint("auth", __name__)
ACTING_FOR = "acting_for"
"""In the session's cookie: the one of his bodies for which the person acts just now."""
APP_NAMES = {WECOM: N_("企业微信"), DINGTALK: N_("钉钉")}
View = TypeVar("View", bound=Callable[..., Any])

PERMISSIONS: Mapping[str, Callable[[Viewer | None], bool]] = {
    "public": lambda who: True,
    "signed-in": lambda who: who is not None,
    "administer-people": lambda who: (
        who is not None and bool(who.administered_paths)
    ),
    "administrate": lambda who: who is not None and who.operates,
    "design": lambda who: who is not None and who.designs,
}
"""Permission → whether this person (None: not signed in) has it. Every endpoint names one."""


class SignedIn:
    """What Flask-Login keeps of a person during a request."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, viewer: Viewer, token: str, person: Person) -> None:
        self.viewer = viewer
        self.token = token
        self.must_change = person.one_time_until is not None
        """Whether a one-time password was used, which opens nothing but its own change."""
        self.must_set_up = (
            person.second_factor_at is None
            and second_factors.is_required(viewer)
        )
        """Whether a role asks for a second factor that is not set up yet."""
        roles = [body.role for body in viewer.all_bodies]
        self.must_train = posts.holds_up(reading(), person, roles)
        """Whether he works in grids alone and has not passed their training."""

    def get_id(self) -> str:
        return self.token


def permission(name: str) -> Callable[[View], View]:
    """Names the permission an endpoint needs."""

    def name_it(view: View) -> View:
        view.permission = name  # type: ignore[attr-defined]
        return view

    return name_it


def who() -> Viewer:
    """The signed-in person."""
    viewer: Viewer = current_user.viewer
    return viewer


def register(app: Flask) -> None:
    """Sessions, and the rule that no endpoint opens without its permission."""
    # Templates ask viewer(), which knows when the database must be left alone.
    manager = LoginManager(app, add_context_processor=False)
    manager.login_view = "auth.sign_in"
    manager.user_loader(_load)
    app.before_request(_sign_in_in_place)
    app.before_request(_authorise)
    app.after_request(_harden)


def _load(token: str) -> SignedIn | None:
    person = people.sessions.person_of(reading(), token, datetime.now(UTC))
    viewer = None
    if person is not None:
        viewer = access.viewer(reading(), person.id, datetime.now(UTC))
    if person is None or viewer is None:
        return None
    acting = viewer.acting_for(str(session.get(ACTING_FOR, "")))
    return SignedIn(acting, token, person)


def _authorise() -> Any:
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    name = getattr(view, "permission", None)
    if name is None:
        raise RuntimeError(f"{request.endpoint} names no permission")
    viewer = current_user.viewer if current_user.is_authenticated else None
    if (
        viewer is not None
        and current_user.must_change
        and request.endpoint not in held_up_pages.OPEN_TO_ONE_TIME_PASSWORDS
    ):
        if request.path.startswith("/api/") or request.is_json:
            abort(403)
        if request.method == "POST":
            # What was typed stays on the page, to be sent once the password is his own.
            raise Forbidden(
                _(
                    "您用的是一次性密码，还没有提交。请先设置自己的密码，再回到本页重新提交，"
                    "您填写的内容都在下面"
                )
            )
        return redirect(url_for("profile.password"))
    if viewer is not None:
        held_up = held_up_pages.held_up(current_user)
        if held_up is not None:
            return held_up
    if PERMISSIONS[name](viewer):
        return None
    if viewer is None:
        # What was typed stays on the page that says so, with a sign-in in place.
        if (
            request.path.startswith("/api/")
            or request.is_json
            or request.method == "POST"
        ):
            abort(401)
        flash(_("请先登录"), "warning")
        return redirect(url_for("auth.sign_in", next=request.full_path))
    return abort(403)


def _sign_in_in_place() -> None:
    """A form that was refused for want of a sign-in carries name and password with it, and goes on once they
    are right. Who has signed in meanwhile, by a passkey in another tab, needs no password."""
    if request.method == "POST" and "_password" in request.form:
        username = request.form.get("_username", "").replace("\0", "")
        if current_user.is_authenticated and who().username == username:
            return
        _open_session(
            username, request.form["_password"], request.form.get("_code", "")
        )


def _harden(response: Any) -> Any:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
        f"data:{g.get('tiles_source', '')}; font-src 'self' data:; "
        "frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("X-Frame-Options", "DENY")
    # Public pages show names and telephones of grid members, which a search engine would keep.
    response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    if current_app.extensions["gridflow"].https:
        response.headers.setdefault(
            "Strict-Transport-Security", "max-age=31536000"
        )
    return response


@blueprint.route("/sign-in", methods=["GET", "POST"])
@permission("public")
def sign_in() -> Any:
    username = request.form.get("username", "").replace("\0", "")
    sentence = None
    status = 200
    wait = None
    if request.method == "POST":
        try:
            _open_session(username, request.form.get("password", ""))
        except SecondFactorNeeded as needed:
            return second_step.page(second_step.begin(needed))
        except refusals.REFUSALS as refused:
            sentence = refusals.sentence_of(refused)
            status = refused.status
            wait = refusals.seconds(refused)
        else:
            return redirect(
                inside(request.args.get("next", "")) or url_for("home.index")
            )
    answer = make_response(_sign_in_page(username, sentence), status)
    if wait is not None:
        answer.headers["Retry-After"] = str(wait)
    return answer


@blueprint.post("/sign-in/code")
@permission("public")
def sign_in_with_code() -> Any:
    """The second step of a sign-in whose password was right."""
    pending = request.form.get("pending", "")
    now = datetime.now(UTC)
    try:
        username, mark = second_step.read(pending)
        entered = people.finish_sign_in(
            username,
            mark,
            request.form.get("code", ""),
            now,
            visitor(username),
        )
    except SecondFactorWrong as wrong:
        return second_step.page(pending, refusals.sentence_of(wrong)), 401
    except SignInThrottled as wait:
        return second_step.page(
            pending, refusals.sentence_of(wait)
        ), wait.status
    except (BadSignature, SignInRefused):
        return _sign_in_page("", _("登录已超时，请重新输入用户名和密码")), 401
    enter(*entered, username)
    return redirect(
        inside(request.args.get("next", "")) or url_for("home.index")
    )


def sign_in_page_telling(sentence: str, status: int) -> Any:
    """The sign-in page of who came by another way and was not let in."""
    return _sign_in_page("", sentence), status


def sign_in_again(sentence: str) -> Any:
    """The sign-in page of who tried it with a page that is no good any more, with his name."""
    return _sign_in_page(
        request.form.get("username", "").replace("\0", ""), sentence
    ), 400


def _sign_in_page(username: str, sentence: str | None) -> str:
    if _is_demonstration():
        cities = demonstration.example_cities(reading())
    else:
        cities = []
    settings = current_app.extensions["gridflow"]
    provider = settings.oidc_name
    return render_template(
        "auth/sign_in.html",
        username=username,
        told=sentence,
        cities=cities,
        provider=provider,
        work_apps=settings.work_apps,
        app_names=APP_NAMES,
    )


def _is_demonstration() -> bool:
    """Whether demonstration people may sign in by this request: one that a proxy passed on comes from
    elsewhere."""
    return current_app.extensions["gridflow"].demo and not {
        "X-Forwarded-For",
        "Forwarded",
    } & {*request.headers.keys()}


def visitor(username: str) -> people.Visitor:
    """Where this request comes from, for somebody of that name."""
    device_id = devices.known(username)
    return people.Visitor(
        request.remote_addr or "",
        request.user_agent.string,
        device_id,
        _is_demonstration(),
    )


def _open_session(username: str, password: str, code: str = "") -> None:
    """Signs in with name and password, and the code of a second factor. Raises what `people.sign_in` does."""
    person_id, opened = people.sign_in(
        username,
        password,
        datetime.now(UTC),
        visitor(username),
        code,
    )
    enter(person_id, opened, username)


def enter(person_id: int, opened: str, username: str) -> None:
    """The person of the session is signed in from here on; whoever was before is not any more."""
    now = datetime.now(UTC)
    # The cookie of the session before is overwritten: nobody could end that one any more.
    if current_user.is_authenticated and current_user.token != opened:
        people.sessions.end(current_user.token, now)
    # What was read before the sign-in was written may be older than it: a transaction of SQLite sees no later
    # row.
    read_session.end()
    person = reading().get(Person, person_id)
    viewer = access.viewer(reading(), person_id, now)
    if person is None or viewer is None:
        abort(401)
    locale = session.get("locale") or person.locale
    session.clear()
    session["locale"] = locale
    session.permanent = True
    login_user(SignedIn(viewer, opened, person))
    account_changes.announce(person_id, now)
    # A page that is drawn in answer to this very request carries the token of who has just come in.
    bind()
    g.pop(FIELD, None)

    @after_this_request
    def remember(answer: Any) -> Any:
        devices.remember(answer, username)
        return answer


def inside(target: str) -> str:
    """The target when every browser takes it for a page of this server, else an empty text.

    Browsers drop control characters, take a backslash for a slash, and read what follows two slashes as a
    host.
    """
    if target.startswith(request.host_url):
        target = f"/{target.removeprefix(request.host_url)}"
    if (
        not target.isprintable()
        or "\\" in target
        or not target.startswith("/")
        or target.startswith("//")
    ):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    # What the server decodes before it redirects, a browser may decode too.
    path = unquote(parts.path)
    hidden = path.startswith(("//", "/\\")) or not path.isprintable()
    if parts.scheme or parts.netloc or hidden:
        return ""
    return target


@blueprint.get("/sign-in/token")
@permission("public")
def token() -> Any:
    """A fresh token for a page that stays open, and for whom it is: the username, or null when nobody is
    signed in."""
    username = None
    if current_user.is_authenticated:
        username = who().username
    return jsonify(token=generate_csrf(), username=username)


@blueprint.post("/sign-in/here")
@permission("public")
def sign_in_here() -> Any:
    """A sign-in for a page that stays open. Answers with a token of the person, or says why not."""
    given = request.get_json(silent=True)
    if isinstance(given, dict):
        texts = {
            key: str(value).replace("\0", "") for key, value in given.items()
        }
    else:
        texts = {}
    _open_session(
        texts.get("username", ""),
        texts.get("password", ""),
        texts.get("code", ""),
    )
    return jsonify(token=generate_csrf(), username=who().username)


@blueprint.post("/sign-out")
@permission("public")
def sign_out() -> Any:
    if current_user.is_authenticated:
        people.sessions.end(current_user.token, datetime.now(UTC))
    logout_user()
    return redirect(url_for("auth.sign_in"))


@blueprint.post("/language/<locale>")
@permission("public")
def language(locale: str) -> Any:
    if locale in LOCALES:
        session["locale"] = locale
        if current_user.is_authenticated:
            people.set_locale(who().person_id, locale)
    return redirect(inside(request.referrer or "") or url_for("inbox.to_do"))
