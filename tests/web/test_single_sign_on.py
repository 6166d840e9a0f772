"""Single sign-on against a certified OpenID provider that runs beside the test."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from orchestrator.errors import SettingInvalid
from orchestrator.services.people import authenticators
from orchestrator.settings import read_settings
from orchestrator.store.accounts import SignInEvent
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction
from tests.web import provider
from tests.web.test_people_admin import add
from web import single_sign_on

ANSWER = "http://localhost/sign-in/sso/answer"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The address of the provider."""
    with provider.running(ANSWER) as address:
        yield address


@pytest.fixture(scope="module")
def joined(application: Flask, issuer: str) -> Iterator[Flask]:
    """The product, joined to the provider, over the same database."""
    there = dataclasses.replace(
        application.extensions["gridflow"],
        oidc_issuer=issuer,
        oidc_client_id="gridflow",
        oidc_client_secret=provider.SECRET,
        oidc_name="镇江统一认证",
    )
    made = create_app(there)
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    with made.app_context():
        db.engine.dispose()


def authorised(
    client: FlaskClient, username: str, onward: str = "/done"
) -> str:
    """The address to which the provider sends the browser back once the person has signed in there."""
    begun = client.get("/sign-in/sso", query_string={"next": onward})
    assert begun.status_code == 302
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert (
        asked["code_challenge_method"] == ["S256"]
        and asked["state"]
        and asked["nonce"]
    )
    browser, address, sent = (
        requests.Session(),
        begun.headers["Location"],
        None,
    )
    for _step in range(12):
        got = browser.request(
            "POST" if sent else "GET",
            address,
            data=sent,
            allow_redirects=False,
            timeout=60,
        )
        if got.is_redirect:
            address, sent = urljoin(address, got.headers["Location"]), None
            if address.startswith(ANSWER):
                return address
            continue
        prompt = re.search(r'name="prompt" value="(\w+)"', got.text)
        assert prompt, got.text[:2000]
        address = urljoin(address, re.search(r'action="([^"]+)"', got.text)[1])
        sent = {"prompt": prompt[1], "login": username, "password": "x"}
    raise AssertionError("the provider never sent the browser back")


def test_who_is_known_to_the_provider_and_has_an_account_is_in(
    joined: Flask,
) -> None:
    client = joined.test_client()
    assert "用镇江统一认证登录" in client.get("/sign-in?next=/done").text
    back = authorised(client, "jk-sf")
    entered = client.get(back)
    assert (entered.status_code, entered.headers["Location"]) == (302, "/done")
    assert client.get("/done").status_code == 200
    with joined.app_context(), transaction(writing=False) as session:
        events = sa.select(SignInEvent.kind).where(
            SignInEvent.username == "jk-sf"
        )
        assert "signed-in" in session.scalars(events).all()
    again = joined.test_client().get(back)
    assert again.status_code == 401 and "统一身份认证没有通过" in again.text, (
        "another browser, the same answer"
    )


def test_an_answer_for_another_browser_or_a_made_up_one_lets_nobody_in(
    joined: Flask,
) -> None:
    mine, yours = joined.test_client(), joined.test_client()
    code = parse_qs(urlsplit(authorised(mine, "jk-sf")).query)["code"][0]
    state = parse_qs(urlsplit(authorised(yours, "jk-cg")).query)["state"][0]
    swapped = yours.get(
        "/sign-in/sso/answer", query_string={"code": code, "state": state}
    )
    assert swapped.status_code == 401, (
        "the code was asked for with another code verifier"
    )
    assert yours.get("/done").status_code == 302
    for query in (
        {},
        {"code": "x", "state": "x"},
        {"error": "access_denied", "state": "x"},
    ):
        assert (
            joined.test_client()
            .get("/sign-in/sso/answer", query_string=query)
            .status_code
            == 401
        )


def test_who_has_no_account_is_told_and_nobody_is_led_elsewhere(
    joined: Flask,
) -> None:
    client = joined.test_client()
    refused = client.get(authorised(client, "nobody-here"))
    assert (
        refused.status_code == 403
        and "没有用户名为“nobody-here”的账号" in refused.text
    )
    entered = client.get(authorised(client, "jk-cg", "https://evil.example/"))
    assert entered.headers["Location"] == "/home"


def test_groups_of_the_provider_become_bodies_by_the_administrators_table(
    joined: Flask,
    signed_in,
    county_administrator: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    county = signed_in(county_administrator)
    add(county, "sso-grouped", "京口区司法局")
    row = {"group": "城管", "body": "京口区城市管理局", "title": "队员"}
    beyond = county.post("/admin/groups/", data=row)
    assert beyond.status_code == 403 and "管理全市的管理员" in beyond.text
    administrator = signed_in("admin")
    told = administrator.post(
        "/admin/groups/", data=row, follow_redirects=True
    )
    assert "已加入对照表" in told.text and "京口区城市管理局" in told.text
    unknown = administrator.post(
        "/admin/groups/", data={**row, "body": "没有的机构"}
    )
    assert unknown.status_code == 422 and 'value="城管"' in unknown.text
    shown = county.get("/admin/groups/").text
    assert "京口区城市管理局" in shown and "/remove" not in shown
    told = dataclasses.replace(
        joined.extensions["gridflow"], oidc_groups_claim="groups"
    )
    monkeypatch.setitem(joined.extensions, "gridflow", told)
    client = joined.test_client()
    client.get(authorised(client, "sso-grouped+城管"))
    assert "京口区城市管理局" in client.get("/me").text
    client = joined.test_client()
    client.get(authorised(client, "sso-grouped"))
    page = client.get("/me").text
    assert "京口区城市管理局" not in page and "京口区司法局" in page
    (removing,) = re.findall(
        r'action="(/admin/groups/\d+/remove)"',
        administrator.get("/admin/groups/").text,
    )
    left = administrator.post(removing, follow_redirects=True).text
    assert "已从对照表删除" in left and "/remove" not in left


def test_a_second_factor_is_asked_for_here_too(
    joined: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with joined.app_context(), transaction() as session:
        person = session.scalars(
            sa.select(Person).where(Person.username == "jk-mz")
        ).one()
        person.second_factor_at = sa.func.now()
        code = authenticators.new_codes(session, person.id)[0]
    client = joined.test_client()
    page = client.get(authorised(client, "jk-mz"))
    assert page.status_code == 200 and client.get("/done").status_code == 302
    pending = re.search(r'name="pending" value="([^"]+)"', page.text)[1]
    entered = client.post(
        "/sign-in/code?next=/done", data={"pending": pending, "code": code}
    )
    assert (entered.status_code, entered.headers["Location"]) == (302, "/done")
    with joined.app_context(), transaction() as session:
        session.get_one(Person, person.id).second_factor_at = None


def test_a_provider_that_is_away_leaves_the_sign_in_by_password(
    joined: Flask,
) -> None:
    away = create_app(
        dataclasses.replace(
            joined.extensions["gridflow"], oidc_issuer="http://127.0.0.1:9"
        )
    )
    page = away.test_client().get("/sign-in/sso")
    assert (
        page.status_code == 503
        and "没有应答" in page.text
        and 'name="password"' in page.text
    )
    with away.app_context():
        db.engine.dispose()


def test_without_a_provider_there_is_no_button_and_no_page(
    application: Flask,
) -> None:
    assert single_sign_on.PROVIDER not in application.extensions
    assert "/sign-in/sso" not in application.test_client().get("/sign-in").text
    assert application.test_client().get("/sign-in/sso").status_code == 404


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"GRIDFLOW_OIDC_ISSUER": "http://login.example"},
            "应以 https:// 开头",
        ),
        (
            {"GRIDFLOW_OIDC_ISSUER": "https://login.example"},
            "还要设置 GRIDFLOW_OIDC_CLIENT_ID",
        ),
    ],
)
def test_half_a_provider_stops_the_start(
    tmp_path: Path, given: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingInvalid, match=told):
        read_settings({"GRIDFLOW_VAR_DIR": str(tmp_path), **given})


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("preferred_username", {"preferred_username": ["jk-sf"]}),
        ("preferred_username", {"preferred_username": True}),
        ("preferred_username", {"preferred_username": "jk-sf\0"}),
        ("preferred_username", {"preferred_username": "j" * 61}),
        ("email", {"email": "jk-sf"}),
        ("email", {"email": "jk-sf", "email_verified": False}),
    ],
)
def test_a_name_that_is_none_or_not_vouched_for_lets_nobody_in(
    joined: Flask,
    monkeypatch: pytest.MonkeyPatch,
    claim: str,
    given: dict[str, object],
) -> None:
    changed = dataclasses.replace(
        joined.extensions["gridflow"], oidc_claim=claim
    )
    monkeypatch.setitem(joined.extensions, "gridflow", changed)
    client_of_it = joined.extensions[single_sign_on.PROVIDER]
    monkeypatch.setattr(
        client_of_it, "authorize_access_token", lambda: {"userinfo": given}
    )
    client = joined.test_client()
    refused = client.get("/sign-in/sso/answer")
    assert (
        refused.status_code == 403
        and "没有给出可以使用的用户名" in refused.text
    )
    assert client.get("/done").status_code == 302


@pytest.mark.parametrize("token", [[], None, {"userinfo": "jk-sf"}])
def test_an_answer_of_another_shape_is_told(
    joined: Flask, monkeypatch, token: object
) -> None:
    provider = joined.extensions[single_sign_on.PROVIDER]
    monkeypatch.setattr(provider, "authorize_access_token", lambda: token)
    refused = joined.test_client().get("/sign-in/sso/answer")
    assert refused.status_code == 503 and "没有应答" in refused.text


def test_sign_ins_that_were_begun_and_left_do_not_fill_the_cookie(
    joined: Flask,
) -> None:
    client = joined.test_client()
    for _time in range(12):
        begun = client.get("/sign-in/sso")
        assert (
            max(len(each) for each in begun.headers.getlist("Set-Cookie"))
            < 1_500
        )
    assert (
        client.get(authorised(client, "jk-sf")).headers["Location"] == "/done"
    )
