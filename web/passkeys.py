"""Passkeys: one's own, added and removed; and the sign-in with one, alone or as the second step."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from orchestrator.errors import (
    DemonstrationElsewhere,
    FormInvalid,
    GridflowError,
    PasskeyRefused,
    RuleViolated,
    SignInBusy,
    SignInRefused,
    SignInThrottled,
)
from orchestrator.services import people
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import passkeys, second_factors
from orchestrator.services.people.passkeys import Answer, Asked, Site
from web import auth, refusals, second_step
from web.auth import permission, who
from web.errors import sentence

blueprint = Blueprint("passkeys", __name__)
SECONDS = 300
"""How long a device may take for its answer."""
ADDING = "adding"
ENTERING = "entering"
SECOND_STEP = "second step"


@blueprint.post("/me/second-factor/passkeys/ask")
@permission("signed-in")
def ask_for_new() -> Any:
    """The question with which this device makes a passkey, or what is wrong with password or name."""
    site = _site()
    if site is None:
        return jsonify(told=_by_address()), 422
    name = request.form.get("name", "").strip()
    try:
        asked = second_factors.ask_for_passkey(
            who().person_id,
            request.form.get("password", ""),
            name,
            site,
        )
    except FormInvalid as invalid:
        sentences = [
            error for errors in invalid.errors.values() for error in errors
        ]
        return jsonify(told=sentences[0]), 422
    except (RuleViolated, SignInBusy) as refused:
        return jsonify(told=sentence(refused)), refused.status
    return _question(asked, ADDING, [who().person_id, name])


@blueprint.post("/me/second-factor/passkeys")
@permission("signed-in")
def add() -> Any:
    """Keeps the passkey; recovery codes, once, where it is the first second factor."""
    try:
        given, (person_id, name) = _answer(ADDING)
        if person_id != who().person_id:
            raise PasskeyRefused
        codes = second_factors.add_passkey(
            person_id,
            name,
            given,
            current_user.token,
            datetime.now(UTC),
        )
    except PasskeyRefused:
        flash(
            _("通行密钥没有添加：已超时或者没有通过验证，请重新添加"),
            "danger",
        )
        return redirect(url_for("second_factor.look"))
    flash(_("通行密钥已添加，其他设备上的登录已全部退出"), "success")
    if codes:
        return render_template("profile/recovery_codes.html", codes=codes)
    return redirect(url_for("second_factor.look"))


@blueprint.post("/me/second-factor/passkeys/<int:passkey_id>/remove")
@permission("signed-in")
def remove(passkey_id: int) -> Any:
    try:
        second_factors.remove_passkey(
            who(),
            passkey_id,
            request.form.get("password", ""),
            datetime.now(UTC),
        )
    except FormInvalid:
        flash(_("密码不正确，通行密钥没有删除"), "danger")
    except (RuleViolated, SignInBusy) as refused:
        flash(sentence(refused), "danger")
    else:
        flash(_("通行密钥已删除，不能再用它登录"), "success")
    return redirect(url_for("second_factor.look"))


@blueprint.post("/sign-in/passkey/ask")
@permission("public")
def ask() -> Any:
    """The question to whatever passkey of this site the device holds."""
    site = _site()
    if site is None:
        return jsonify(told=_by_address()), 422
    return _question(passkeys.ask(reading(), site), ENTERING, [])


@blueprint.post("/sign-in/passkey")
@permission("public")
def sign_in() -> Any:
    """Signs in whose passkey answered."""
    now = datetime.now(UTC)
    try:
        given, _told = _answer(ENTERING)
        username = passkeys.owner(reading(), given).username
        entered = people.sign_in_by_passkey(given, now, auth.visitor(username))
    except (
        PasskeyRefused,
        SignInRefused,
        SignInThrottled,
        DemonstrationElsewhere,
    ) as refused:
        return auth.sign_in_page_telling(*_refused(refused))
    auth.enter(*entered, username)
    return redirect(_onward())


@blueprint.post("/sign-in/passkey/second-step/ask")
@permission("public")
def ask_second() -> Any:
    """The question to the passkeys of whose password was right."""
    site = _site()
    if site is None:
        return jsonify(told=_by_address()), 422
    try:
        username, mark = second_step.read(request.form.get("pending", ""))
    except BadSignature:
        return jsonify(told=_too_late()), 401
    asked = passkeys.ask(reading(), site, username)
    return _question(asked, SECOND_STEP, [username, mark])


@blueprint.post("/sign-in/passkey/second-step")
@permission("public")
def second_step_done() -> Any:
    """The second step of a sign-in whose password was right, by a passkey in the place of a code."""
    pending = request.form.get("pending", "")
    try:
        username, mark = second_step.read(pending)
        given, sentences = _answer(SECOND_STEP)
        if sentences != [username, mark]:
            raise PasskeyRefused
        entered = people.finish_by_passkey(
            username,
            mark,
            given,
            datetime.now(UTC),
            auth.visitor(username),
        )
    except (PasskeyRefused, SignInThrottled) as refused:
        said, status = _refused(refused)
        return second_step.page(pending, said), status
    except (BadSignature, SignInRefused):
        return auth.sign_in_page_telling(_too_late(), 401)
    auth.enter(*entered, username)
    return redirect(_onward())


def _onward() -> str:
    return auth.inside(request.args.get("next", "")) or url_for("home.index")


def _refused(refused: GridflowError) -> tuple[str, int]:
    return refusals.sentence_of(refused), refused.status


def _question(asked: Asked, purpose: str, sentences: list[Any]) -> Any:
    kept = _serializer(purpose).dumps([asked.challenge, sentences])
    return jsonify(options=asked.options, state=kept)


def _answer(purpose: str) -> tuple[Answer, list[Any]]:
    """What the device answered, and what was kept with the question. Raises PasskeyRefused."""
    site = _site()
    if site is None:
        raise PasskeyRefused
    try:
        challenge, outcome = _serializer(purpose).loads(
            request.form.get("state", ""),
            max_age=SECONDS,
        )
    except BadSignature as wrong:
        raise PasskeyRefused from wrong
    text = request.form.get("answer", "")
    return Answer(text, challenge, site), outcome


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        current_app.secret_key or "",
        salt=f"gridflow-passkey-{purpose}",
    )


def _site() -> Site | None:
    """The address that people see; None for a number, to which no browser binds a key."""
    seen = urlsplit(request.host_url)
    host = seen.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(f"{seen.scheme}://{seen.netloc}", host)
    return None


def _by_address() -> str:
    return _("用 IP 地址打开的网站不能使用通行密钥，请改用域名打开本站")


def _too_late() -> str:
    return _("登录已超时，请重新输入用户名和密码")
