"""What another site makes a browser send does nothing here, and a session that somebody else prepared signs
nobody in."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services import people
from orchestrator.store.accounts import SignInSession
from orchestrator.store.people import Person
from orchestrator.store.session import transaction

CHANGING = ("POST", "PUT", "PATCH", "DELETE")
EXEMPT = {"report.report"}
"""A resident's own report: nobody is signed in there, so that there is nothing to misuse."""
FORMS = (
    {"data": {"csrf_token": "x"}},
    {"data": "{}", "content_type": "text/plain"},
    {"data": {"_username": "admin", "_password": "gridflow"}},
)
"""What the pages of other sites can send; the answers are whole pages, so every fifth rule gets one."""


@pytest.fixture
def guarded(
    application: Flask, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    monkeypatch.setitem(application.config, "WTF_CSRF_ENABLED", True)
    yield application


def _address(rule: str) -> str:
    return re.sub(r"<int:\w+>", "1", re.sub(r"<(?:path:)?\w+>", "x", rule))


def test_no_form_of_another_site_reaches_a_view_that_changes_something(
    guarded: Flask, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every route that takes another method than GET, with a session and no token of it, a made-up one, and
    the token of another person. Some seconds: it proves the whole kind."""
    reached: set[str] = set()
    rules = [
        (rule, method)
        for rule in guarded.url_map.iter_rules()
        for method in CHANGING
        if method in (rule.methods or ())
    ]
    for endpoint in {rule.endpoint for rule, _method in rules}:
        _note_calls(guarded, endpoint, reached, monkeypatch)
    client = signed_in("jk-wgb")
    strangers = signed_in("zd-wgb").get("/sign-in/token").json["token"]
    for number, (rule, method) in enumerate(rules):
        for sent in (
            {"json": {"csrf_token": "x"}},
            {"json": {}, "headers": {"X-CSRFToken": strangers}},
            *(FORMS[number % 3 :][:1] if number % 5 == 0 else ()),
        ):
            answer = client.open(_address(rule.rule), method=method, **sent)
            assert answer.status_code < 500, (rule.rule, answer.status_code)
    assert reached == EXEMPT
    assert len(rules) > 150
    token = client.get("/sign-in/token").json["token"]
    client.post("/remarks/x", headers={"X-CSRFToken": token})
    client.post("/me", headers={"X-CSRFToken": token})
    client.post("/sign-out", headers={"X-CSRFToken": token})
    assert reached - EXEMPT, "its own token opens them"


def _note_calls(
    app: Flask,
    endpoint: str,
    reached: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The view does nothing but note that it was called."""
    view = app.view_functions[endpoint]

    @functools.wraps(view)
    def noted(**_arguments: object) -> str:
        reached.add(endpoint)
        return ""

    monkeypatch.setitem(app.view_functions, endpoint, noted)


def test_a_prepared_session_is_worth_nothing_after_the_sign_in(
    application: Flask,
) -> None:
    """Who plants his own cookie in another's browser knows neither the session that is opened there, nor does
    what he planted stay in it."""
    with application.app_context(), transaction() as session:
        planter = session.scalars(
            sa.select(Person).where(Person.username == "jk-wgb")
        ).one()
        planted = people.sessions.begin(
            session, planter, people.Visitor("127.0.0.1"), datetime.now(UTC)
        )
    client = application.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = planted, True
        cookie["acting_for"] = cookie["onward"] = "planted"
    given = {"username": "zd-wgb", "password": "gridflow"}
    answer = client.post("/sign-in", data=given)
    assert answer.status_code == 302
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != planted
        assert "planted" not in cookie.values()
        opened = cookie["_user_id"]
    flags = " ".join(answer.headers.getlist("Set-Cookie"))
    assert flags.count("HttpOnly") == flags.count("Path=/") > 0
    assert flags.count("SameSite=Lax") == flags.count("Path=/")
    with application.app_context(), transaction(writing=False) as session:
        kept = session.scalars(sa.select(SignInSession.id)).all()
        assert opened not in kept, "the database holds its hash alone"


@pytest.mark.parametrize(
    "address", ["/", "/me", "/cases", "/items", "/items.xlsx", "/sign-in"]
)
def test_no_page_of_a_person_is_kept_by_a_browser_or_a_proxy(
    signed_in, address: str
) -> None:
    answer = signed_in("jk-wgb").get(address)
    assert answer.headers["Cache-Control"] == "no-store"
