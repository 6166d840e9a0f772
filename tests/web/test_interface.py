"""What the description of the interface says of its routes."""

from __future__ import annotations

import re

from flask import Flask

from web.api_description import OPERATIONS


def test_the_description_has_every_route_and_its_arguments(
    application: Flask,
) -> None:
    described = application.test_client().get("/api/openapi.json").get_json()
    shown = {
        (path, method.upper(), parameter["name"])
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        for parameter in [*operation["parameters"], {"in": "path", "name": ""}]
        if parameter["in"] == "path"
    }
    tokened = {
        (method, parameter["name"])
        for methods in described["paths"].values()
        for method, operation in methods.items()
        for parameter in operation["parameters"]
        if parameter["name"] == "X-CSRFToken"
    }
    assert tokened == {("post", "X-CSRFToken")}
    rules = [
        rule
        for rule in application.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
    ]
    assert shown == {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method, argument)
        for rule in rules
        for method in rule.methods - {"OPTIONS", "HEAD"}
        for argument in [*rule.arguments, ""]
    }


def test_the_description_says_what_is_for_administrators_alone(
    application: Flask,
) -> None:
    views = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower()): (
            application.view_functions[rule.endpoint]
        )
        for rule in application.url_map.iter_rules()
        for method in rule.methods
    }
    for operation in OPERATIONS:
        needed = views[operation.path, operation.method].permission
        assert operation.for_administrators == (needed == "administrate")
