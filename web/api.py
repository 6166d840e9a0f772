"""REST in the shape of Camunda 7's task API, for the same things under the same names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, jsonify, request
from flask_babel import gettext as _

from orchestrator.errors import NotFound, RuleViolated
from orchestrator.sentences import spoken
from orchestrator.services import access, user_tasks
from orchestrator.services.clocks import messages
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.instances import event_starts, inbox_rows
from orchestrator.services.records.submission_keys import Keyed
from orchestrator.store import inbox as queries
from orchestrator.store.inbox_open import BY_DUE, Filters
from orchestrator.store.inbox_order import place_of
from orchestrator.store.instances import EventSubscription
from orchestrator.store.user_tasks import UserTask
from web import api_description, bounds
from web.auth import permission, who

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/openapi.json")
@permission("public")
def openapi() -> Any:
    """What the interface takes and answers, for tools."""
    cookie = current_app.config["SESSION_COOKIE_NAME"]
    return jsonify(api_description.description(cookie))


@blueprint.get("/task")
@permission("signed-in")
def tasks() -> Any:
    viewer = who()
    filters = Filters(
        viewer.tenant_id,
        request.args.get("search", ""),
        request.args.get("processDefinitionKey", ""),
    )
    waiting = inbox_rows.official(viewer)
    place = place_of(BY_DUE, request.args.get("after", ""))
    page = queries.page_to_do(
        reading(),
        waiting,
        filters,
        BY_DUE,
        place,
        50,
    )
    return jsonify(
        {"tasks": [_shown(row) for row in page.rows], "after": page.after}
    )


@blueprint.get("/task/<task_id>")
@permission("signed-in")
def task(task_id: str) -> Any:
    row = reading().get(UserTask, task_id)
    if row is None:
        raise NotFound(task_id)
    access.visible_instance(reading(), who(), row.instance_id)
    return jsonify(_shown(row))


@blueprint.post("/task/<task_id>/claim")
@permission("signed-in")
def claim(task_id: str) -> Any:
    user_tasks.claim(task_id, who().person_id, datetime.now(UTC))
    return "", 204


@blueprint.post("/task/<task_id>/unclaim")
@permission("signed-in")
def unclaim(task_id: str) -> Any:
    user_tasks.unclaim(task_id, who().person_id, datetime.now(UTC))
    return "", 204


@blueprint.post("/task/<task_id>/assignee")
@permission("signed-in")
def assignee(task_id: str) -> Any:
    """Who has the task from now on: `userId`, a user name or null; `reason`, where the page asks for one."""
    sent = _object()
    to = sent.get("userId")
    reason = sent.get("reason") or ""
    revision = sent.get("revision")
    if "userId" not in sent or not (
        to is None or (isinstance(to, str) and 0 < len(to) <= 120)
    ):
        raise RuleViolated([_("userId 应为用户名；放回给办理机构时为 null")])
    if not isinstance(reason, str) or not (
        revision is None or type(revision) is int
    ):
        raise RuleViolated([_("reason 应为文字，revision 应为整数")])
    user_tasks.set_assignee(
        task_id,
        to,
        who().person_id,
        datetime.now(UTC),
        reason.strip(),
        revision,
    )
    return "", 204


@blueprint.post("/task/<task_id>/complete")
@permission("signed-in")
def complete(task_id: str) -> Any:
    sent = request.get_json(silent=True)
    given = None
    if isinstance(sent, dict):
        given = sent.get("variables")
    if not isinstance(given, dict):
        raise RuleViolated([_("请求应为 JSON 对象，含 variables")])
    values = {
        name: value.get("value") if isinstance(value, dict) else value
        for name, value in given.items()
    }
    done = user_tasks.complete(
        task_id,
        values,
        who().person_id,
        datetime.now(UTC),
        user_tasks.SubmittedWith(key=request.headers.get("Idempotency-Key")),
    )
    return jsonify(
        {
            "processInstanceId": done.instance_id,
            "next": list(done.next_task_ids),
        }
    )


@blueprint.post("/message")
@permission("administrate")
def message() -> Any:
    """To the one instance that waits for it, or to the procedure that it starts."""
    sent = _object()
    keys = sent.get("correlationKeys")
    key = None
    if isinstance(keys, dict):
        key = next(iter(keys.values()), None)
    if isinstance(key, dict):
        key = key.get("value")
    if key is None:
        correlation = None
    else:
        correlation = str(key)
    values = _values(sent, "processVariables")
    if not messages.deliver_message(
        who().tenant_id,
        _name(sent, "messageName"),
        correlation,
        values,
        datetime.now(UTC),
        _sent(),
    ):
        raise RuleViolated([_("没有流程在等待这条消息，它也不发起任何流程")])
    return "", 204


@blueprint.post("/signal")
@permission("administrate")
def signal() -> Any:
    """To every instance that waits for it and every procedure that it starts."""
    sent = _object()
    messages.deliver_signal(
        who().tenant_id,
        _name(sent, "name"),
        _values(sent, "variables"),
        datetime.now(UTC),
        _sent(),
    )
    return "", 204


@blueprint.post("/condition")
@permission("administrate")
def condition() -> Any:
    """Starts the procedures whose conditional start is true on these variables; tells those that failed."""
    begun = event_starts.by_condition(
        who().tenant_id,
        _values(_object(), "variables"),
        datetime.now(UTC),
        _sent(),
    )
    failed = [spoken(reason) for reason in begun.failed]
    return jsonify({"started": begun.started, "failed": failed})


@blueprint.post("/execution/<subscription_id>/signal")
@permission("administrate")
def trigger(subscription_id: str) -> Any:
    """Lets a receive task without a message go on."""
    sent = _object()
    waiting = reading().get(EventSubscription, subscription_id)
    if waiting is None or waiting.tenant_id != who().tenant_id:
        raise NotFound(subscription_id)
    reason = str(sent.get("reason") or "经接口触发").strip()
    if len(reason) > bounds.LONGEST_REASON:
        raise RuleViolated([bounds.too_long(reason)])
    messages.trigger(
        subscription_id,
        reason,
        who().person_id,
        datetime.now(UTC),
        _values(sent, "variables"),
    )
    return "", 204


def _sent() -> Keyed:
    return Keyed(who().person_id, request.headers.get("Idempotency-Key"))


def _object() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise RuleViolated([_("请求应为 JSON 对象")])
    return sent


def _name(sent: dict[str, Any], field: str) -> str:
    name = sent.get(field)
    if not isinstance(name, str) or not 0 < len(name) <= 120:
        raise RuleViolated(
            [_("%(field)s 应为 1 到 120 字的名称", field=field)]
        )
    return name


def _values(sent: dict[str, Any], field: str) -> dict[str, Any]:
    """Variables as Camunda writes them, `{"level": {"value": 2}}`, or plainly, `{"level": 2}`."""
    given = sent.get(field, {})
    if not isinstance(given, dict) or not all(
        name.isidentifier() for name in given
    ):
        raise RuleViolated(
            [_("%(field)s 应为对象，以变量名为键", field=field)]
        )
    return {
        name: value["value"]
        if isinstance(value, dict) and "value" in value
        else value
        for name, value in given.items()
    }


def _shown(row: UserTask) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "assignee": row.assignee_id,
        "created": row.opened_at.isoformat(),
        "due": row.due_at.isoformat() if row.due_at else None,
        "followUp": row.follow_up_at.isoformat() if row.follow_up_at else None,
        "priority": row.priority,
        "processInstanceId": row.instance_id,
        "processDefinitionId": row.definition_id,
        "taskDefinitionKey": row.element_id,
        "formKey": row.form_key,
        "tenantId": row.tenant_id,
        "businessKey": row.business_key,
        "description": row.title,
    }
