"""Domain errors to status and sentence: an HTML page, or RFC 9457 problem details for the REST interface."""

from __future__ import annotations

from typing import Any

from flask import Flask, jsonify, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from orchestrator.errors import FormInvalid, GridflowError, NotFound, TaskAlreadyClosed, TaskClaimedByAnother
from web.shown import moment


def register(app: Flask) -> None:
    """Error pages of the application."""
    app.register_error_handler(GridflowError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)


def sentence(error: GridflowError) -> str:
    """What happened and what to do next, in the reader's language."""
    match error:
        case TaskAlreadyClosed(closed_by=None):
            return _("「%(task)s」已经结束，不需要再办理。请返回待办查看其他任务", task=error.task_name)
        case TaskAlreadyClosed():
            return _(
                "「%(task)s」已由 %(who)s 于 %(when)s 办结，您的提交没有生效。填写的内容保留在下方，可以复制",
                task=error.task_name,
                who=error.closed_by,
                when=moment(error.closed_at),
            )
        case TaskClaimedByAnother():
            return _(
                "「%(task)s」已由 %(who)s 签收，您的提交没有生效。填写的内容保留在下方，可以复制",
                task=error.task_name,
                who=error.assignee,
            )
        case NotFound():
            return _("没有找到这项内容，或者它不在您的权限范围内")
        case FormInvalid():
            return _("有 %(count)d 处需要修改，请按提示更正后重新提交", count=len(error.errors))
    return str(error)


def _domain(error: GridflowError) -> Any:
    return _answer(error.status, sentence(error), errors=getattr(error, "errors", None))


def _csrf(error: CSRFError) -> Any:
    return _answer(400, _("页面停留过久或登录状态已变化，请刷新页面后重新提交"))


def _http(error: HTTPException) -> Any:
    sentences = {
        401: _("请先登录"),
        403: _("您没有权限打开这个页面，请联系管理员"),
        404: _("没有找到这个页面，请检查地址或返回待办"),
        405: _("不支持这样的操作"),
        413: _("提交的内容过大，没有保存。请返回上一页，删减文字或压缩附件后重试"),
    }
    status = error.code or 500
    return _answer(status, sentences.get(status, _("系统出了问题，已记录。请稍后重试或联系管理员")))


def _answer(status: int, told: str, errors: Any = None) -> Any:
    if request.path.startswith("/api/"):
        problem: dict[str, Any] = {"type": "about:blank", "title": told, "status": status}
        if errors:
            problem["errors"] = errors
        answer = jsonify(problem)
        answer.status_code, answer.content_type = status, "application/problem+json"
        return answer
    return render_template("error.html", status=status, told=told), status
