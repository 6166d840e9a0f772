"""The REST interface as OpenAPI 3.1: what `/api/openapi.json` answers. OPERATIONS is the table; tests
compare it with the routes, and what schemathesis asks with what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 120}
VARIABLES: Schema = {
    "type": "object",
    "description": 'Plainly, {"level": 2}, or as Camunda writes them, '
    '{"level": {"value": 2}}; each name is an identifier.',
    "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
    "additionalProperties": True,
}
NULLABLE_TEXT: Schema = {"type": ["string", "null"]}
NULLABLE_MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
TASK: Schema = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "name": TEXT,
        "assignee": {"type": ["integer", "null"]},
        "created": {"type": "string", "format": "date-time"},
        "due": NULLABLE_MOMENT,
        "followUp": NULLABLE_MOMENT,
        "priority": {"type": "integer"},
        "processInstanceId": TEXT,
        "processDefinitionId": TEXT,
        "taskDefinitionKey": TEXT,
        "formKey": NULLABLE_TEXT,
        "tenantId": TEXT,
        "businessKey": NULLABLE_TEXT,
        "description": NULLABLE_TEXT,
    },
}
TASKS: Schema = {
    "type": "object",
    "required": ["tasks", "after"],
    "properties": {
        "tasks": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Task"},
        },
        "after": {
            "type": ["string", "null"],
            "description": "`after` of the next page; null on the last.",
        },
    },
}
COMPLETED: Schema = {
    "type": "object",
    "required": ["processInstanceId", "next"],
    "properties": {
        "processInstanceId": TEXT,
        "next": {
            "type": "array",
            "items": TEXT,
            "description": "Ids of the tasks that this person has next.",
        },
    },
}
STARTED: Schema = {
    "type": "object",
    "required": ["started", "failed"],
    "properties": {
        "started": {"type": "integer"},
        "failed": {
            "type": "array",
            "items": TEXT,
            "description": "Why other procedures could not be started.",
        },
    },
}
PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457, with the sentence in the reader's language.",
    "required": ["title", "status"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "told": TEXT,
        "status": {"type": "integer"},
        "errors": {"description": "What is wrong, by field."},
    },
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One route and method of the interface."""

    path: str
    """As OpenAPI writes it: /api/task/{task_id}."""
    method: str
    summary: str
    answer: Schema = field(default_factory=dict)
    """Of status 200; empty: 204 without a body."""
    sent: Schema | None = None
    """Of the JSON body; None: there is none."""
    asked: Sequence[tuple[str, str]] = ()
    """(name, meaning) of each parameter of the query."""
    for_administrators: bool = False
    keyed: bool = False
    """Whether the header Idempotency-Key makes a second try harmless."""


def _object(required: Sequence[str], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": [*required],
        "properties": properties,
    }


OPERATIONS: Sequence[Operation] = (
    Operation(
        "/api/task",
        "get",
        "The tasks of the person who asks, the earliest due first; 50 a page",
        TASKS,
        asked=(
            ("search", "words of title, number or applicant"),
            ("processDefinitionKey", "of this procedure only"),
            ("after", "what the page before gave"),
        ),
    ),
    Operation("/api/task/{task_id}", "get", "One task", {"$ref": "Task"}),
    Operation("/api/task/{task_id}/claim", "post", "Claims the task"),
    Operation("/api/task/{task_id}/unclaim", "post", "Gives it back"),
    Operation(
        "/api/task/{task_id}/assignee",
        "post",
        "Who has the task from now on",
        sent=_object(
            ["userId"],
            userId={
                "type": ["string", "null"],
                "minLength": 1,
                "maxLength": 120,
                "description": "A user name; null: back to its body.",
            },
            reason=NULLABLE_TEXT,
            revision={"type": ["integer", "null"]},
        ),
    ),
    Operation(
        "/api/task/{task_id}/complete",
        "post",
        "Completes the task with the values of its form",
        COMPLETED,
        _object(["variables"], variables=VARIABLES),
        keyed=True,
    ),
    Operation(
        "/api/message",
        "post",
        "To the one instance that waits for it, or the procedure it starts",
        sent=_object(
            ["messageName"],
            messageName=NAME,
            correlationKeys={"type": "object"},
            processVariables=VARIABLES,
        ),
        for_administrators=True,
        keyed=True,
    ),
    Operation(
        "/api/signal",
        "post",
        "To every instance that waits for it and every procedure it starts",
        sent=_object(["name"], name=NAME, variables=VARIABLES),
        for_administrators=True,
        keyed=True,
    ),
    Operation(
        "/api/condition",
        "post",
        "Starts the procedures whose conditional start is true",
        STARTED,
        _object([], variables=VARIABLES),
        for_administrators=True,
        keyed=True,
    ),
    Operation(
        "/api/execution/{subscription_id}/signal",
        "post",
        "Lets a receive task without a message go on",
        sent=_object([], reason=NULLABLE_TEXT, variables=VARIABLES),
        for_administrators=True,
    ),
)
REFUSALS: Mapping[str, str] = {
    "400": "The request cannot be read, or its CSRF token is missing",
    "401": "Nobody is signed in",
    "403": "This person may not do it",
    "404": "It is not there, or this person may not see it",
    "409": "Somebody was first, or the key belongs to another request",
    "413": "The body is too large",
    "422": "The values break a rule, which the answer names",
    "503": "The database is busy or away; nothing was kept, try again",
}


def description(cookie: str) -> dict[str, Any]:
    """The whole description; `cookie`: the name of the session's cookie on this server."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        of_path = paths.setdefault(operation.path, {})
        of_path[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gridflow",
            "version": "1",
            "description": "The tasks of a person and the events of a city, "
            "in the shape of Camunda 7's REST interface.",
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}],
        "paths": paths,
        "components": {
            "schemas": {"Task": TASK, "Problem": PROBLEM},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": cookie}
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": operation.summary,
        "parameters": [*_parameters(operation)],
        "responses": _responses(operation),
    }
    if operation.for_administrators:
        described["description"] = "For administrators of the whole city."
    if operation.sent is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": operation.sent}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters = [
        _parameter(part[1:-1], "path", "as lists give it", True)
        for part in operation.path.split("/")
        if part.startswith("{")
    ]
    parameters += [
        _parameter(name, "query", meaning) for name, meaning in operation.asked
    ]
    if operation.method == "post":
        parameters.append(
            _parameter(
                "X-CSRFToken",
                "header",
                "the value of csrf_token in any form of a page",
            )
        )
    if operation.keyed:
        key = "the same again makes a second try harmless"
        parameters.append(_parameter("Idempotency-Key", "header", key))
    return parameters


def _parameter(
    name: str,
    where: str,
    meaning: str,
    required: bool = False,
) -> dict[str, Any]:
    return {
        "name": name,
        "in": where,
        "required": required,
        "description": meaning,
        "schema": TEXT,
    }


def _responses(operation: Operation) -> dict[str, Any]:
    if operation.answer:
        answer = operation.answer
        if "$ref" in answer:
            answer = {"$ref": f"#/components/schemas/{answer['$ref']}"}
        good = {
            "200": {
                "description": "Done",
                "content": {"application/json": {"schema": answer}},
            }
        }
    else:
        good = {"204": {"description": "Done"}}
    problem = {"$ref": "#/components/schemas/Problem"}
    refusals = {
        status: {
            "description": meaning,
            "content": {"application/problem+json": {"schema": problem}},
        }
        for status, meaning in REFUSALS.items()
    }
    return good | refusals
