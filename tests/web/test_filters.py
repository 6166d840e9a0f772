"""Templates name only filters and tests that the application has: a page would fail when it is drawn."""

from __future__ import annotations

from flask import Flask
from jinja2 import nodes


def test_every_filter_of_a_template_is_there(application: Flask) -> None:
    environment = application.jinja_env
    missing = []
    for name in environment.list_templates():
        if not name.endswith(".html"):
            continue
        source, _file, _fresh = environment.loader.get_source(
            environment, name
        )
        tree = environment.parse(source)
        for kind, known in (
            (nodes.Filter, environment.filters),
            (nodes.Test, environment.tests),
        ):
            missing += [
                (name, node.name)
                for node in tree.find_all(kind)
                if node.name not in known
            ]
    assert missing == []
