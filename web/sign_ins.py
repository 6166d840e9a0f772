"""The log of sign-ins: one's own attempts."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from orchestrator.services.installation.read_session import session as reading
from orchestrator.store.sign_in_log import own_sign_ins
from web.auth import permission, who
from web.device_names import device_name

blueprint = Blueprint("sign_ins", __name__)
AT_ONCE = 100


@blueprint.get("/me/sign-ins")
@permission("signed-in")
def own() -> Any:
    return render_template(
        "profile/sign_ins.html",
        events=own_sign_ins(reading(), who().person_id, AT_ONCE),
        most=AT_ONCE,
        results=results(),
        ways=ways(),
        device_name=device_name,
    )


def results() -> dict[str, str]:
    """Kind of an event → what became of the attempt."""
    return {
        "signed-in": _("登录成功"),
        "failed": _("没有通过"),
        "throttled": _("须等待"),
        "unlocked": _("解除等待"),
    }


def ways() -> dict[str, str]:
    """Way of an event → what was shown."""
    return {
        "password": _("密码"),
        "code": _("密码和验证码"),
        "passkey": _("通行密钥"),
        "provider": _("统一身份认证"),
        "link": _("一次性链接"),
    }
