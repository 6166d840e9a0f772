"""Who must do something before his work: set up a second factor, pass a training. All but that is closed to
him."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _

from orchestrator.errors import Forbidden

ALWAYS_OPEN = frozenset({"auth.sign_out", "auth.language"})
OPEN_TO_ONE_TIME_PASSWORDS = ALWAYS_OPEN | {
    "profile.password",
    "profile.change_password",
}
"""What is open until a one-time password has been replaced."""
OPEN_WITHOUT_SECOND_FACTOR = OPEN_TO_ONE_TIME_PASSWORDS | {
    "second_factor.look",
    "second_factor.begin",
    "second_factor.confirm",
    "passkeys.ask_for_new",
    "passkeys.add",
}
"""What is open until a second factor that a role asks for has been set up."""
OPEN_IN_TRAINING = frozenset(
    {"training", "profile", "second_factor", "passkeys", "help", "public"}
)
"""Blueprints that are open to who has a post and has not passed its training."""


def held_up(user: Any) -> Any:
    """Where the signed-in person is led instead of this page; None when it is open to him. Raises Forbidden
    for what he sends."""
    if user.must_set_up:
        answer = _second_factor_first()
        if answer is not None:
            return answer
    if user.must_train:
        return _training_first()
    return None


def _second_factor_first() -> Any:
    """Leads who must set up a second factor to it; None for the pages that are open to him. Raises Forbidden
    for what he sends."""
    if request.endpoint in OPEN_WITHOUT_SECOND_FACTOR:
        return None
    if request.path.startswith("/api/") or request.is_json:
        abort(403)
    if request.method == "POST":
        raise Forbidden(
            _(
                "您的岗位必须使用两步验证，还没有提交。请先开启，再回到本页重新提交"
            )
        )
    return redirect(url_for("second_factor.look"))


def _training_first() -> Any:
    """Leads who has not passed the pre-post training to it; None for the pages that are open to him. Raises
    Forbidden for what he sends."""
    if (
        request.endpoint in OPEN_WITHOUT_SECOND_FACTOR
        or request.blueprint in OPEN_IN_TRAINING
    ):
        return None
    if request.path.startswith("/api/") or request.is_json:
        abort(403)
    sentence = _(
        "您还没有通过岗前培训考核，考核合格后才能办理网格工作。请在这里签到、考试"
    )
    if request.method == "POST":
        raise Forbidden(sentence)
    flash(sentence, "warning")
    return redirect(url_for("training.index"))
