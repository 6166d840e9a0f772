"""Domain errors to status and sentence: an HTML page, or RFC 9457 problem details for the REST interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as N_
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from orchestrator.errors import (
    FormInvalid,
    GridflowError,
    InstanceChanged,
    NotFound,
    RuleViolated,
    TaskAlreadyClosed,
    TaskClaimedByAnother,
)
from orchestrator.sentences import sentence_of, spoken
from orchestrator.services.installation import read_session
from orchestrator.store.trouble import KINDS, Trouble, trouble_of
from web import auth, refusals, standby_reading, tokens, unsent
from web.shown import moment


def register(app: Flask) -> None:
    """Error pages of the application."""
    app.register_error_handler(GridflowError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in KINDS:
        app.register_error_handler(kind, _troubled)


def answer_by(
    app: Flask, blueprint: Blueprint, answer: Callable[[int, str], Response]
) -> None:
    """Errors at the blueprint's addresses are answered by this, of a status and a sentence."""
    app.extensions.setdefault(_ANSWERS, {})[blueprint.name] = answer


def sentences(error: GridflowError) -> Sequence[str]:
    """Each reason of a broken rule, or the one sentence of another error, in the reader's language."""
    if isinstance(error, RuleViolated):
        return [spoken(reason) for reason in error.reasons]
    return [sentence(error)]


def sentence(error: GridflowError) -> str:
    """What happened and what to do next, in the reader's language."""
    if isinstance(error, refusals.REFUSALS):
        return refusals.sentence_of(error)
    match error:
        case TaskAlreadyClosed(closed_by=None):
            return _(
                "“%(task)s”已经结束，不需要再办理。请返回待办查看其他任务",
                task=error.task_name,
            )
        case TaskAlreadyClosed():
            return _(
                "“%(task)s”已由 %(who)s 于 %(when)s 办结，您的提交没有生效。您填写的内容都在下面，可以复制",
                task=error.task_name,
                who=error.closed_by,
                when=moment(error.closed_at),
            )
        case TaskClaimedByAnother():
            return _(
                "“%(task)s”已由 %(who)s 领取，您的提交没有生效。您填写的内容都在下面，"
                "对方放回后可以重新提交",
                task=error.task_name,
                who=error.assignee,
            )
        case NotFound():
            return _("没有找到这项内容，或者它不在您的权限范围内")
        case FormInvalid():
            return _(
                "有 %(count)d 处需要修改，请按提示更正后重新提交",
                count=len(error.errors),
            )
    return spoken(sentence_of(error))


_ANSWERS = "answers to errors"
_TOLD: Mapping[Trouble, Any] = {
    Trouble.BUSY: N_("系统繁忙，没有保存。请等一会儿重新提交"),
    Trouble.AWAY: N_(
        "数据库暂时不可用，没有保存。请几分钟后重试；如果一直如此，请告诉管理员"
    ),
    Trouble.FULL: N_(
        "服务器磁盘已满，没有保存。请告诉管理员清理磁盘，之后重新提交"
    ),
}
_TOLD_READER: Mapping[Trouble, Any] = {
    Trouble.BUSY: N_("系统繁忙，请等一会儿刷新页面"),
    Trouble.AWAY: N_(
        "数据库暂时不可用，页面打不开。请几分钟后刷新；如果一直如此，请告诉管理员"
    ),
    Trouble.FULL: N_("服务器磁盘已满，页面打不开。请告诉管理员清理磁盘"),
}
"""What to do, for who sent something and for who only looked."""
_HTTP: Mapping[int, Any] = {
    401: N_("请先登录"),
    403: N_("您没有权限打开这个页面，请联系管理员"),
    404: N_("没有找到这个页面，请检查地址"),
    405: N_("不支持这样的操作"),
    413: N_(
        "提交的内容过大，没有保存。请用浏览器的“后退”回到填写的页面，先复制写好的文字，"
        "再删减文字或压缩附件后重新提交",
    ),
}
_TROUBLE = N_("系统出了问题，已记录。请稍后重试或联系管理员")
_UNREADABLE = N_(
    "这个请求不完整或者格式不对，没有执行。请返回上一页，刷新后重新提交"
)
"""For any other request that cannot be read."""
_CUT = N_(
    "提交的内容过大，没有保存。超长的文字在本页只留下开头一部分："
    "请先用浏览器的“后退”回到填写的页面，复制写好的文字，"
    "再删减文字或压缩附件后重新提交",
)
"""For a form of which a part could be read."""


def _domain(error: GridflowError) -> Any:
    g.conflict = isinstance(error, TaskClaimedByAnother | InstanceChanged)
    g.closed = isinstance(error, TaskAlreadyClosed)
    return _answer(
        error.status,
        sentence(error),
        errors=getattr(error, "errors", None),
    )


def _csrf(error: CSRFError) -> Any:
    text = unsent.why()
    if request.endpoint == "auth.sign_in":
        return auth.sign_in_again(_("页面停留过久，请重新输入密码"))
    if request.is_json or not current_user.is_authenticated:
        return _answer(401, text)
    typist = tokens.typed_by()
    mine = typist is None or typist == current_user.viewer.person_id
    return _answer(400 if mine else 409, text)


def _http(error: HTTPException) -> Any:
    if error.response is not None:
        return error.response
    cause = getattr(error, "original_exception", None)
    if cause is not None and trouble_of(cause) is not None:
        return _troubled(cause)
    status = error.code or 500
    if (
        status == 401
        and request.method == "POST"
        and not request.is_json
        and not request.path.startswith("/api/")
    ):
        return _answer(401, unsent.why())
    if getattr(request, "cut", False):
        outcome = _CUT
    else:
        outcome = _HTTP.get(
            status,
            _TROUBLE if status >= 500 else _UNREADABLE,
        )
    answer = make_response(_answer(status, str(outcome)))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _troubled(error: Exception) -> Any:
    """A database or a disk that fails is told as what it is; any other fault goes on to become a 500."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    page = standby_reading.once_more()
    if page is not None:
        return page
    current_app.logger.error(
        "%s %s: %s",
        request.method,
        request.path,
        trouble,
        exc_info=error,
    )
    g.trouble = trouble
    g.without_database = trouble is Trouble.AWAY
    outcome = (_TOLD_READER if request.method in ("GET", "HEAD") else _TOLD)[
        trouble
    ]
    answer = make_response(_answer(503, str(outcome)))
    answer.headers["Retry-After"] = "30"
    return answer


def _answer(status: int, text: str, errors: Any = None) -> Any:
    read_session.give_up()
    own = current_app.extensions.get(_ANSWERS, {}).get(request.blueprint)
    if own is not None:
        return own(status, text)
    if (
        request.path.startswith("/api/")
        or request.is_json
        or request.path.endswith(".json")
    ):
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": text,
            "told": text,
            "status": status,
        }
        if errors:
            problem["errors"] = errors
        answer = jsonify(problem)
        answer.status_code = status
        answer.content_type = "application/problem+json"
        return answer
    try:
        return _page(status, text), status
    except Exception:
        # The page about an error may not fail for the error's own reason.
        current_app.logger.exception("the page about status %s", status)
        g.without_database = True
        return _page(status, text), status


def _page(status: int, told: str) -> str:
    given = None
    if status != 405:
        # What was cut is there to be copied, never to be sent as it is.
        closed = g.get("closed", False) or getattr(request, "cut", False)
        given = unsent.page(
            told,
            conflict=g.get("conflict", False),
            closed=closed,
        )
    return given or render_template(
        "error.html",
        status=status,
        told=told,
        back=unsent.came_from(),
    )
