"""Single sign-on by OpenID Connect: the provider of GRIDFLOW_OIDC_ISSUER says who somebody is; what he may do
is said here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from orchestrator.errors import (
    DemonstrationElsewhere,
    NoAccount,
    SecondFactorNeeded,
)
from orchestrator.services import people
from web import auth, refusals, second_step
from web.auth import permission

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/sso")
PROVIDER = "gridflow.provider"
ONWARD = "onward"
"""In the session's cookie: the page that was asked for before the sign-in."""
_STATES = "_state_provider_"
"""How the names begin under which the client keeps sign-ins that were begun, in the session's cookie."""
MOST_BEGUN = 2
"""Sign-ins that one browser may have begun before the newest: more would not fit into a cookie."""
LONGEST_NAME = 60
_CONFUSED = (RequestException, ValueError, KeyError, TypeError, AttributeError)
"""What an answer that is none, or has another shape than the standard's, ends in."""
SECONDS = 10
"""How long the provider may take for an answer."""


def register(app: Flask) -> None:
    """Makes the provider's client, where the settings name one. Nothing is asked of it before a sign-in."""
    settings = app.extensions["gridflow"]
    if not settings.oidc_issuer:
        return
    app.extensions[PROVIDER] = OAuth(app).register(
        "provider",
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        client_kwargs={
            "scope": settings.oidc_scope,
            "code_challenge_method": "S256",
            "timeout": SECONDS,
        },
    )


@blueprint.get("")
@permission("public")
def begin() -> Any:
    """Leads to the provider, with a state, a nonce and a code challenge of this browser."""
    _forget_old_ones()
    session[ONWARD] = auth.inside(request.args.get("next", ""))
    base = current_app.extensions[
        "gridflow"
    ].public_url or request.host_url.rstrip("/")
    try:
        return _provider().authorize_redirect(
            f"{base}{url_for('single_sign_on.answer')}"
        )
    except _CONFUSED:
        return auth.sign_in_page_telling(_away(), 503)


@blueprint.get("/answer")
@permission("public")
def answer() -> Any:
    """Signs in whom the provider names, once its answer was checked: state, code challenge, signature, nonce,
    issuer, audience and age."""
    onward = auth.inside(str(session.get(ONWARD, ""))) or url_for("home.index")
    try:
        given = _told(_provider().authorize_access_token())
    except (OAuthError, JoseError):
        return auth.sign_in_page_telling(
            _("统一身份认证没有通过或者已超时，请重新登录"), 401
        )
    except _CONFUSED:
        return auth.sign_in_page_telling(_away(), 503)
    username = _username(given)
    if username is None:
        told = _("统一身份认证没有给出可以使用的用户名，请联系管理员")
        return auth.sign_in_page_telling(told, 403)
    now = datetime.now(UTC)
    try:
        entered = people.sign_in_by_provider(
            username, now, auth.visitor(username)
        )
    except SecondFactorNeeded as needed:
        return second_step.page(second_step.begin(needed), onward=onward)
    except NoAccount:
        told = _(
            "统一身份认证已通过，但这里没有用户名为「%(name)s」的账号，请联系管理员建立",
            name=username,
        )
        return auth.sign_in_page_telling(told, 403)
    except DemonstrationElsewhere as refused:
        return auth.sign_in_page_telling(
            refusals.sentence_of(refused), refused.status
        )
    auth.enter(*entered, username)
    return redirect(onward)


def _told(token: Any) -> Any:
    """What the provider tells of the person: in the signed token, or, where that leaves the claim out, at its
    own page for it, about the same person."""
    signed = token.get("userinfo") or {}
    if signed.get(current_app.extensions["gridflow"].oidc_claim):
        return signed
    asked = _provider().userinfo(token=token)
    if signed and asked.get("sub") == signed.get("sub"):
        return asked
    return {}


def _username(given: Any) -> str | None:
    """The user name that the provider vouches for; None where it gives none that can be one, or an address of
    mail that it has not verified: anybody may have typed that."""
    claim = current_app.extensions["gridflow"].oidc_claim
    name = given.get(claim)
    verified = claim != "email" or given.get("email_verified") is True
    usable = (
        isinstance(name, str)
        and name.isprintable()
        and 0 < len(name) <= LONGEST_NAME
    )
    if verified and usable:
        return name
    return None


def _forget_old_ones() -> None:
    """Makes room in the session for one more sign-in."""
    begun = sorted(
        (each for each in session if each.startswith(_STATES)),
        key=lambda each: session[each]["exp"],
    )
    for each in begun[: len(begun) - MOST_BEGUN]:
        session.pop(each)


def _provider() -> Any:
    found = current_app.extensions.get(PROVIDER)
    if found is None:
        abort(404)
    return found


def _away() -> str:
    return _("统一身份认证服务没有应答，请稍后再试，或者用用户名和密码登录")
