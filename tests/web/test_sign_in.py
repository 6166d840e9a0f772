"""The door: who comes in, how he goes out, and where the sign-in page leads to."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import pytest
import sqlalchemy as sa
from flask import get_flashed_messages

from app import create_app
from orchestrator.errors import SignInThrottled
from orchestrator.services import people
from orchestrator.services.installation.read_session import session as reading
from orchestrator.services.people import account_rows
from orchestrator.settings import read_settings
from orchestrator.store.accounts import SignInSession
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from web import account_changes, auth, refusals
from web.device_names import device_name

INSIDE = [
    "/cases",
    "/cases?q=1",
    "/cases?q=楼道",
    "/instance/1#deadlines",
    "http://localhost/cases",
]
OUTSIDE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/\r\nSet-Cookie: a=b",
    "/%09/evil.example",
    "/%0a/evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/\u2028/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "http://localhost@evil.example/",
    "http://localhost//evil.example",
    "http://localhost.evil.example/",
    "evil.example",
    "//[/evil",
    "/\x00/evil",
]


@pytest.mark.parametrize("target", INSIDE)
def test_who_was_asked_to_sign_in_comes_to_the_page_he_wanted(
    application, target: str
) -> None:
    answer = _sign_in(application, quote(target, safe=""))
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(
        quote(target.removeprefix("http://localhost"), safe="/?=#")
    )


@pytest.mark.parametrize("target", OUTSIDE)
@pytest.mark.parametrize("encoded", [True, False])
def test_no_target_leads_outside_and_none_is_an_error(
    application, target: str, encoded: bool
) -> None:
    answer = _sign_in(
        application,
        quote(target, safe="") if encoded else quote(target, safe="/%:@[]"),
    )
    assert answer.status_code in (302, 400)
    if answer.status_code == 302:
        where = urlsplit(answer.headers["Location"])
        assert (where.netloc, where.path) == ("", "/home")


def _sign_in(application, target: str):
    client = application.test_client()
    return client.post(
        f"/sign-in?next={target}",
        data={"username": "jk-wgb", "password": "gridflow"},
    )


def test_a_cookie_kept_from_before_the_sign_out_opens_nothing(
    application,
) -> None:
    client = application.test_client()
    client.post(
        "/sign-in", data={"username": "jk-wgb", "password": "gridflow"}
    )
    kept = client.get_cookie("session").value
    assert client.get("/me").status_code == 200
    client.post("/sign-out")
    client.set_cookie("session", kept)
    assert client.get("/me").status_code == 302


def test_a_sign_in_over_a_session_ends_that_one(application) -> None:
    client = application.test_client()
    kept = []
    for username in ("jk-wgb", "jk-cg"):
        client.post(
            "/sign-in", data={"username": username, "password": "gridflow"}
        )
        kept.append(client.get_cookie("session").value)
    assert client.get("/me").status_code == 200
    client.set_cookie("session", kept[0])
    assert client.get("/me").status_code == 302
    client.set_cookie("session", kept[1])
    assert client.get("/me").status_code == 200


def test_other_devices_are_listed_and_can_be_signed_out(
    application, signed_in
) -> None:
    here, there = signed_in("jk-wgb2"), signed_in("jk-wgb2")
    assert "退出其他设备" in here.get("/me").text
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    assert (
        device_name(phone) == "Chrome · Android"
        and device_name("curl/8") == "curl/8"
    )
    assert here.post("/me/sessions/end-others").status_code == 302
    assert (here.get("/me").status_code, there.get("/me").status_code) == (
        200,
        302,
    )


def test_a_one_time_password_opens_nothing_but_its_own_change(
    application,
) -> None:
    with application.app_context():
        password = people.accounts.reset("jk-cg", datetime.now(UTC))
    client = application.test_client()
    client.post("/sign-in", data={"username": "jk-cg", "password": password})
    assert client.get("/").headers["Location"] == "/me/password"
    assert client.get("/api/task/1").status_code == 403
    assert "一次性密码" in client.get("/me/password").text
    refused = client.post(
        "/me/password",
        data={"old": password, "new": "short", "again": "short"},
    )
    assert (refused.status_code, "至少 12 位" in refused.text) == (422, True)
    changed = client.post(
        "/me/password",
        data={
            "old": password,
            "new": "battery staple",
            "again": "battery staple",
        },
    )
    assert changed.headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_change_of_how_one_signs_in_is_told_at_each_sign_in_for_a_while(
    application,
) -> None:
    """Whoever did it: the person may not have, and a stranger may have signed in meanwhile."""

    def entered(password: str) -> str:
        client = application.test_client()
        given = {"username": "zd-wgz1", "password": password}
        client.post("/sign-in", data=given)
        return client.get("/me").text

    assert "登录方式有变动" not in entered("gridflow"), "his first sign-in"
    with application.app_context(), transaction() as session:
        person = session.scalars(
            sa.select(Person).where(Person.username == "zd-wgz1")
        ).one()
        now = datetime.now(UTC)
        for kind, at in (
            ("second-factor-removed", now),
            ("changed", now),
            ("passkey-removed", now - account_changes.ANNOUNCED),
            ("password-set", now - timedelta(hours=2)),
            ("passkey-added", now - timedelta(minutes=61)),
        ):
            account_rows.note(session, person, kind, at, None)
    for _sign_in in range(2):
        page = entered("gridflow")
        assert "登录方式有变动" in page and "取消两步验证。" in page
        assert "删除通行密钥" not in page
        assert "通行密钥" not in page, "what the set-up brought"


def test_a_change_is_told_that_came_after_the_request_had_begun_to_read(
    application,
) -> None:
    query = sa.select(Person).where(Person.username == "zd-wgz1")
    with application.test_request_context():
        assert reading().scalars(query).one()
        with transaction() as session:
            person = session.scalars(query).one()
            note = (person, "recovery-codes-made", datetime.now(UTC), None)
            account_rows.note(session, *note)
            entered = person.id
        auth.enter(entered, "opened", "zd-wgz1")
        assert account_changes.names()["recovery-codes-made"] in "".join(
            get_flashed_messages()
        )


def test_who_failed_too_often_is_told_when_to_try_again_and_keeps_his_name(
    application,
) -> None:
    client, given = (
        application.test_client(),
        {"username": "nobody-here", "password": "wrong"},
    )
    assert [
        client.post("/sign-in", data=given).status_code for _each in range(6)
    ] == [401] * 5 + [429]
    told = client.post("/sign-in", data=given)
    assert "秒后再试" in told.text
    assert 0 < int(told.headers["Retry-After"]) <= 30
    assert 'value="nobody-here"' in told.text


def test_when_many_sign_in_at_once_the_name_is_kept(
    application, monkeypatch
) -> None:
    monkeypatch.setattr(
        people.passwords, "_queue", threading.BoundedSemaphore(1)
    )
    with people.passwords._turn():
        told = application.test_client().post(
            "/sign-in", data={"username": "jk-wgb", "password": "gridflow"}
        )
    assert (told.status_code, told.headers["Retry-After"]) == (503, "3")
    assert 'value="jk-wgb"' in told.text


def test_a_proxied_request_opens_no_demonstration(application) -> None:
    client, through = (
        application.test_client(),
        {"X-Forwarded-For": "203.0.113.9"},
    )
    answer = client.post(
        "/sign-in",
        data={"username": "jk-wgb2", "password": "gridflow"},
        headers=through,
    )
    assert answer.status_code == 403
    assert "演示账号" in answer.text
    assert (
        "data-fill-username"
        not in client.get("/sign-in", headers=through).text
    )


def test_the_sign_in_page_of_a_demonstration_shows_who_acts_after_whom_and_every_account(
    application,
) -> None:
    text = application.test_client().get("/sign-in").text
    assert (
        "事项准入：一件事从头到尾" in text
        and "事件办理：一件事从头到尾" in text
    )
    bodies = re.findall(
        r'class="gf-role".*?text-secondary">([^<]*)<', text, re.S
    )
    first = bodies.index("京口区城市管理局")
    assert bodies[first : first + 3] == [
        "京口区城市管理局",
        "京口区网格化服务管理中心",
        "京口区人民政府",
    ]
    assert "政府审批" in text and "公众查看" in text
    with application.app_context(), transaction(writing=False) as session:
        people = session.scalars(
            sa.select(Person.username).where(Person.is_demo, Person.active)
        ).all()
    assert all(f'data-fill-username="{name}"' in text for name in people)
    assert (
        text.index("<summary>市级")
        < text.index("<summary>县级")
        < text.index("<summary>网格")
    )


@pytest.fixture
def behind_tls(application, tmp_path):
    """The product over the same database, as people reach it by https through one proxy."""
    folder = str(application.extensions["gridflow"].var_dir)
    given = {
        "GRIDFLOW_VAR_DIR": folder,
        "GRIDFLOW_SECRET_KEY": "tests" * 8,
        "GRIDFLOW_HTTPS": "1",
        "GRIDFLOW_TRUSTED_PROXIES": "1",
    }
    made = create_app(read_settings(given))
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def test_over_https_cookies_are_secure_and_the_proxys_word_on_the_address_counts(
    application, behind_tls
) -> None:
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(Person)
            .where(Person.username == "jk-ny")
            .values(is_demo=False)
        )
    headers = {
        "X-Forwarded-For": "198.51.100.1, 203.0.113.9",
        "X-Forwarded-Proto": "https",
    }
    client = behind_tls.test_client()
    answer = client.post(
        "/sign-in",
        data={"username": "jk-ny", "password": "gridflow"},
        headers=headers,
    )
    assert answer.status_code == 302
    cookies = {
        each.partition("=")[0]: each
        for each in answer.headers.getlist("Set-Cookie")
    }
    assert cookies.keys() == {"__Host-session", "__Host-device"}
    assert all(
        "; Secure" in each and "; HttpOnly" in each and "; Path=/" in each
        for each in cookies.values()
    )
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    with application.app_context(), transaction() as session:
        assert (
            session.scalars(
                sa.select(SignInSession.address).order_by(
                    SignInSession.began_at.desc()
                )
            ).first()
            == "203.0.113.9"
        )


@pytest.mark.parametrize(("wait", "told"), [(90, "90 秒"), (91, "2 分钟")])
def test_a_wait_is_told_in_seconds_up_to_one_and_a_half_minutes(
    application, wait: int, told: str
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=wait)
    with application.test_request_context():
        sentence = refusals.sentence_of(SignInThrottled(until))
    assert f"请 {told}后再试" in sentence
