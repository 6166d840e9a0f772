"""Signing in with WeCom (企业微信) or DingTalk (钉钉): the app says who somebody is, by his user id there;
what he may do is said here.

Sources: developer.work.weixin.qq.com (扫码授权登录, 获取访问用户身份) and open.dingtalk.com (登录第三方网站).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from flask import (
    Blueprint,
    abort,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _

from orchestrator.sign_in_settings import DINGTALK, WECOM, WorkApp
from web import auth, vouching
from web.auth import permission

blueprint = Blueprint("work_apps", __name__, url_prefix="/sign-in/app")
STATE = "work_app_state"
ONWARD = "work_app_onward"
"""In the session's cookie: what must come back, and the page that was asked for before the sign-in."""
SECONDS = 10
"""How long the app's server may take for an answer."""
LONGEST_CODE = 600


class _Refused(Exception):
    """The app's server does not know the code, or answers an error."""


@blueprint.get("/<app>")
@permission("public")
def begin(app: str) -> Any:
    """Leads to the app's own page, with a state of this browser."""
    known = _app(app)
    state = secrets.token_urlsafe(24)
    session[STATE] = f"{app} {state}"
    session[ONWARD] = auth.inside(request.args.get("next", ""))
    address = vouching.address_of(url_for("work_apps.answer", app=app))
    return redirect(_PAGES[app](known, address, state))


@blueprint.get("/<app>/answer")
@permission("public")
def answer(app: str) -> Any:
    """Signs in whom the app names, once the state was this browser's and the code was changed for a user
    id."""
    known = _app(app)
    expected = str(session.pop(STATE, ""))
    onward = auth.inside(str(session.pop(ONWARD, ""))) or url_for("home.index")
    given = f"{app} {request.args.get('state', '')}"
    code = request.args.get("authCode") or request.args.get("code", "")
    if (
        not expected
        or not hmac.compare_digest(expected.encode(), given.encode())
        or not 0 < len(code) <= LONGEST_CODE
    ):
        sentence = _("登录没有通过或者已超时，请重新登录")
        return auth.sign_in_page_telling(sentence, 401)
    try:
        username = _NAMES[app](known, code)
    except _Refused:
        sentence = _(
            "%(app)s没有通过这次登录，请重新登录",
            app=auth.APP_NAMES[app],
        )
        return auth.sign_in_page_telling(sentence, 401)
    except vouching.CONFUSED:
        sentence = _(
            "%(app)s没有应答，请稍后再试，或者用用户名和密码登录",
            app=auth.APP_NAMES[app],
        )
        return auth.sign_in_page_telling(sentence, 503)
    if not vouching.is_usable(username):
        sentence = _(
            "%(app)s没有给出可以使用的用户名，请联系管理员",
            app=auth.APP_NAMES[app],
        )
        return auth.sign_in_page_telling(sentence, 403)
    return vouching.let_in(username, onward, str(auth.APP_NAMES[app]))


def _app(app: str) -> WorkApp:
    work_app: WorkApp | None = current_app.extensions[
        "gridflow"
    ].work_apps.get(
        app,
    )
    if work_app is None:
        abort(404)
    return work_app


def _wecom_page(app: WorkApp, address: str, state: str) -> str:
    asked = {
        "login_type": "CorpApp",
        "appid": app.client_id,
        "agentid": app.agent_id,
        "redirect_uri": address,
        "state": state,
    }
    return f"{app.pages}/wwlogin/sso/login?{urlencode(asked)}"


def _wecom_name(app: WorkApp, code: str) -> str:
    details = _asked(
        "GET",
        f"{app.api}/cgi-bin/gettoken",
        params={"corpid": app.client_id, "corpsecret": app.secret},
    )
    result = _asked(
        "GET",
        f"{app.api}/cgi-bin/auth/getuserinfo",
        params={"access_token": details["access_token"], "code": code},
    )
    # Who is no member of the organisation has an openid in its place.
    return str(result.get("userid", ""))


def _dingtalk_page(app: WorkApp, address: str, state: str) -> str:
    asked = {
        "redirect_uri": address,
        "response_type": "code",
        "client_id": app.client_id,
        "scope": "openid",
        "state": state,
        "prompt": "consent",
    }
    return f"{app.pages}/oauth2/auth?{urlencode(asked)}"


def _dingtalk_name(app: WorkApp, code: str) -> str:
    exchanged = _asked(
        "POST",
        f"{app.api}/v1.0/oauth2/userAccessToken",
        json={
            "clientId": app.client_id,
            "clientSecret": app.secret,
            "code": code,
            "grantType": "authorization_code",
        },
    )
    who = _asked(
        "GET",
        f"{app.api}/v1.0/contact/users/me",
        headers={"x-acs-dingtalk-access-token": str(exchanged["accessToken"])},
    )
    ours = _asked(
        "POST",
        f"{app.api}/v1.0/oauth2/accessToken",
        json={"appKey": app.client_id, "appSecret": app.secret},
    )
    result = _asked(
        "POST",
        f"{app.old_api}/topapi/user/getbyunionid",
        params={"access_token": ours["accessToken"]},
        json={"unionid": who["unionId"]},
    )
    return str(result["result"]["userid"])


def _asked(method: str, address: str, **sent: Any) -> dict[str, Any]:
    """What the app's server answers. Raises _Refused for an error of its own, what requests raises for no
    answer, ValueError for one that is no object."""
    got = requests.request(
        method,
        address,
        timeout=SECONDS,
        allow_redirects=False,
        **sent,
    )
    if got.status_code >= 500:
        raise ValueError(f"status {got.status_code}")
    if got.status_code >= 400:
        raise _Refused
    outcome = got.json()
    if not isinstance(outcome, dict):
        raise ValueError("not an object")
    if outcome.get("errcode"):
        raise _Refused
    return outcome


_PAGES: Mapping[str, Callable[[WorkApp, str, str], str]] = {
    WECOM: _wecom_page,
    DINGTALK: _dingtalk_page,
}
_NAMES: Mapping[str, Callable[[WorkApp, str], str]] = {
    WECOM: _wecom_name,
    DINGTALK: _dingtalk_name,
}
