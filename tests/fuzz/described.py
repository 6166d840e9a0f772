"""The interface asked by schemathesis after its own description: values that it allows and values that it
forbids, as every role."""

from __future__ import annotations

from collections import Counter
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.city import PEOPLE, signed_in

ADDRESS = "/api/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
HEALTH = list(hypothesis.HealthCheck)


def compared(
    app: Flask, ids: dict[str, list[str]], seed: int, count: int
) -> Counter[int]:
    """Sends `count` requests to each operation; how many answers of each status came. Raises AssertionError
    with the request for an answer that the description does not know."""
    schema = schemathesis.openapi.from_wsgi(ADDRESS, app)
    cookies = {name: _cookies(app, name) for name in PEOPLE}
    statuses: Counter[int] = Counter()
    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy(
            generation_mode=GenerationMode.POSITIVE
        ) | operation.ok().as_strategy(generation_mode=GenerationMode.NEGATIVE)
        _ask(strategy, cookies, ids, (seed, count), statuses)
    return statuses


def _ask(
    strategy: Any,
    cookies: dict[str, dict[str, str]],
    ids: dict[str, list[str]],
    sent: tuple[int, int],
    statuses: Counter[int],
) -> None:
    seed, count = sent
    who = hypothesis.strategies.sampled_from([*PEOPLE, ""])
    task = hypothesis.strategies.sampled_from([*ids["task_id"], ""])

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        suppress_health_check=HEALTH,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    @hypothesis.given(strategy, who, task)
    def ask(case: Any, username: str, known: str) -> None:
        if known and "task_id" in (case.path_parameters or {}):
            case.path_parameters["task_id"] = known
        answer = case.call(cookies=cookies.get(username, {}))
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    ask()


def _cookies(app: Flask, username: str) -> dict[str, str]:
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = signed_in(app, username).get_cookie(name)
    assert cookie is not None
    return {name: cookie.value}
