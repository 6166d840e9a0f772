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
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from joserfc.errors import JoseError

from orchestrator.services.people.groups import follow
from web import auth, vouching
from web.auth import permission

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/sso")
PROVIDER = "gridflow.provider"
ONWARD = "onward"
"""In the session's cookie: the page that was asked for before the sign-in."""
_STATES = "_state_provider_"
"""How the names begin under which the client keeps sign-ins that were begun, in the session's cookie."""
MOST_BEGUN = 2
"""Sign-ins that one browser may have begun before the newest: more would not fit into a cookie."""
MOST_GROUPS = 1_000
"""Of one person; what a directory names beyond is left."""
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
    address = vouching.address_of(url_for("single_sign_on.answer"))
    try:
        return _provider().authorize_redirect(address)
    except vouching.CONFUSED:
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
            _("统一身份认证没有通过或者已超时，请重新登录"),
            401,
        )
    except vouching.CONFUSED:
        return auth.sign_in_page_telling(_away(), 503)
    username = _username(given)
    if username is None:
        sentence = _("统一身份认证没有给出可以使用的用户名，请联系管理员")
        return auth.sign_in_page_telling(sentence, 403)
    groups = _groups(given)
    if groups is not None:
        follow(username, groups, datetime.now(UTC))
    provider = current_app.extensions["gridflow"].oidc_name
    return vouching.let_in(username, onward, provider)


def _told(token: Any) -> Any:
    """What the provider tells of the person: in the signed token, or, where that leaves the claim out, at its
    own page for it, about the same person."""
    signed = token.get("userinfo") or {}
    settings = current_app.extensions["gridflow"]
    wanted = {settings.oidc_claim, settings.oidc_groups_claim} - {""}
    if wanted <= signed.keys():
        return signed
    asked = _provider().userinfo(token=token)
    if signed and asked.get("sub") == signed.get("sub"):
        return {**asked, **signed}
    return {}


def _groups(given: Any) -> set[str] | None:
    """The groups that the provider names; None where groups count for nothing here, or it names none: then
    nothing is known of them."""
    claim = current_app.extensions["gridflow"].oidc_groups_claim
    outcome = given.get(claim)
    if isinstance(outcome, str):
        outcome = [outcome]
    if not claim or not isinstance(outcome, list):
        return None
    return {value for value in outcome[:MOST_GROUPS] if isinstance(value, str)}


def _username(given: Any) -> str | None:
    """The user name that the provider vouches for; None where it gives none that can be one, or an address of
    mail that it has not verified: anybody may have typed that."""
    claim = current_app.extensions["gridflow"].oidc_claim
    name = given.get(claim)
    verified = claim != "email" or given.get("email_verified") is True
    if verified and vouching.is_usable(name):
        return str(name)
    return None


def _forget_old_ones() -> None:
    """Makes room in the session for one more sign-in."""
    begun = sorted(
        (value for value in session if value.startswith(_STATES)),
        key=lambda entry: session[entry]["exp"],
    )
    for value in begun[: len(begun) - MOST_BEGUN]:
        session.pop(value)


def _provider() -> Any:
    result = current_app.extensions.get(PROVIDER)
    if result is None:
        abort(404)
    return result


def _away() -> str:
    return _("统一身份认证服务没有应答，请稍后再试，或者用用户名和密码登录")
