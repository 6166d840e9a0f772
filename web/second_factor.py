"""One's second factor: an authenticator app is set up by a QR code, recovery codes are shown once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import segno
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from orchestrator.errors import FormInvalid
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import authenticators, second_factors
from orchestrator.store.accounts import passkeys_of
from orchestrator.store.people import Person
from web.auth import permission, who

blueprint = Blueprint(
    "second_factor",
    __name__,
    url_prefix="/me/second-factor",
)


@blueprint.get("")
@permission("signed-in")
def look() -> Any:
    return _page()


@blueprint.post("/begin")
@permission("signed-in")
def begin() -> Any:
    """A new secret and its QR code."""
    try:
        second_factors.begin(who().person_id, _password(), datetime.now(UTC))
    except FormInvalid as invalid:
        return _page(invalid.errors), 422
    return redirect(url_for("second_factor.look"))


@blueprint.post("/confirm")
@permission("signed-in")
def confirm() -> Any:
    """The recovery codes, once."""
    code = request.form.get("code", "")[:40]
    return _codes_page(
        lambda person_id, now: second_factors.confirm(
            person_id,
            code,
            current_user.token,
            now,
        ),
    )


@blueprint.post("/codes")
@permission("signed-in")
def renew_codes() -> Any:
    """New recovery codes, once; the old ones open nothing any more."""
    return _codes_page(
        lambda person_id, now: second_factors.renew_codes(
            person_id,
            _password(),
            now,
        ),
    )


@blueprint.post("/remove")
@permission("signed-in")
def remove() -> Any:
    try:
        second_factors.remove(who(), _password(), datetime.now(UTC))
    except FormInvalid as invalid:
        return _page(invalid.errors), 422
    flash(_("两步验证已关闭，以后只用密码登录"), "success")
    return redirect(url_for("profile.me"))


def _password() -> str:
    return request.form.get("password", "")


def _codes_page(make: Callable[[int, datetime], Sequence[str]]) -> Any:
    """The codes that `make` gives to the person at this moment; the page again with what is refused."""
    try:
        codes = make(who().person_id, datetime.now(UTC))
    except FormInvalid as invalid:
        return _page(invalid.errors), 422
    return render_template("profile/recovery_codes.html", codes=codes)


def _page(errors: Mapping[str, Any] | None = None) -> str:
    session = reading()
    viewer = who()
    begun = second_factors.begun(viewer.person_id)
    return render_template(
        "profile/second_factor.html",
        since=session.get_one(Person, viewer.person_id).second_factor_at,
        begun=begun,
        picture=segno.make(begun.address, error="m").svg_data_uri(
            scale=5,
            border=2,
        )
        if begun
        else "",
        has_app=authenticators.in_use(session, viewer.person_id),
        keys=passkeys_of(session, viewer.person_id),
        left=authenticators.codes_left(session, viewer.person_id),
        required=second_factors.is_required(viewer),
        errors=errors or {},
    )
