"""Pages say the same, however their templates are compiled."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader, Environment, pass_context
from markupsafe import Markup

from orchestrator.sentences import say
from web.page_code import PageCode, html

TEMPLATES = {
    "base": "<{{ name }}>{% block content %}{% endblock %}|{{ self.content() }}",
    "part": "{% for x in values %}{{ x }};{% endfor %}",
    "page": (
        "{% extends 'base' %}{% block content %}"
        "{% macro framed(text) %}[{{ text }}{{ caller() if caller }}]{% endmacro %}"
        "{% set kept %}<b>{{ name }}</b>{% endset %}{{ kept }}{{ kept | upper }}"
        "{% include 'part' %}{{ framed(name) }}{{ framed(kept) }}"
        "{% call framed('&') %}{{ name }}{% endcall %}"
        "{{ nothing }}{{ plain('<', second=name) }}{{ plain(*['>'], **{'second': 1}) }}"
        "{{ marked() }}{{ name ~ marked() }}{% for x in [1] %}{{ plain(x) }}{% endfor %}"
        "{{ of_page() }}{{ values | map('string') | join(', ') }}{% endblock %}"
    ),
}
VALUES = ["<a>", Markup("<i>"), 3, 2.5, None, True, b"<", ["<"], say("<甲>")]


def _environment() -> Environment:
    environment = Environment(loader=DictLoader(TEMPLATES), autoescape=True)

    @pass_context
    def of_page(context: Any) -> str:
        return f"<{context['name']}>"

    environment.globals.update(
        plain=lambda first, second="": f"{first}{second}<",
        marked=lambda: Markup("<u>"),
        of_page=of_page,
    )
    return environment


def test_a_page_reads_as_jinjas_own_compiler_would_write_it() -> None:
    usual, ours = _environment(), _environment()
    ours.code_generator_class = PageCode
    given: dict[str, Any] = {"name": "<王&李>", "values": VALUES}
    page = ours.get_template("page").render(given)
    assert page == usual.get_template("page").render(given)
    assert "&lt;王&amp;李&gt;" in page and "<王" not in page


@pytest.mark.parametrize("value", ["<&'\">", Markup("<b>"), None, 7])
def test_a_part_of_a_page_is_escaped_once(value: Any) -> None:
    once = html(value)
    assert html(Markup(once)) == once
    assert "<" not in once or value == Markup("<b>")


def test_an_address_is_of_where_the_product_is_mounted(
    application: Flask,
) -> None:
    page = application.jinja_env.from_string(
        "{{ url_for('inbox.task', task_id=t) }} {{ url_for('inbox.to_do', due='today') }}"
    )
    for root in ("", "/gw", ""):
        place = f"http://localhost{root}"
        for task in ("c", "d"):
            with application.test_request_context("/", base_url=place):
                written = page.render(t=task)
            assert written == f"{root}/task/{task} {root}/?due=today"
