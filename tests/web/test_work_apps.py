"""Signing in with WeCom and DingTalk, against a server that answers as their documentation says."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from orchestrator.errors import SettingInvalid
from orchestrator.settings import read_settings
from orchestrator.sign_in_settings import DINGTALK, WECOM, WorkApp
from orchestrator.store.session import db

CODES = {"good": "jk-sf", "stranger": "nobody-here", "outsider": ""}
"""What is given for a code."""


class Servers(BaseHTTPRequestHandler):
    """Both apps' servers: tokens for the right secret, a user id for a known code."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        given = {key: value[0] for key, value in parse_qs(asked.query).items()}
        match asked.path:
            case "/cgi-bin/gettoken":
                right = given == {"corpid": "ww1", "corpsecret": "s"}
                token = {"errcode": 0, "access_token": "T", "expires_in": 7200}
                self._tell(token if right else {"errcode": 40001})
            case "/cgi-bin/auth/getuserinfo":
                found = CODES.get(given["code"])
                if given["access_token"] != "T" or found is None:
                    self._tell({"errcode": 40029, "errmsg": "invalid code"})
                elif found:
                    self._tell({"errcode": 0, "errmsg": "ok", "userid": found})
                else:
                    self._tell({"errcode": 0, "openid": "OPENID"})
            case "/v1.0/contact/users/me":
                token = self.headers["x-acs-dingtalk-access-token"]
                self._tell({"nick": "x", "unionId": f"union {token}"})
            case _:
                self._tell({}, 404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        given = json.loads(self.rfile.read(length))
        match urlsplit(self.path).path:
            case "/v1.0/oauth2/userAccessToken":
                known = given["code"] in CODES
                right = known and given["clientSecret"] == "s"
                if right and given["grantType"] == "authorization_code":
                    self._tell(
                        {"accessToken": given["code"], "expireIn": 7200}
                    )
                else:
                    self._tell({"code": "invalidCode", "message": "x"}, 400)
            case "/v1.0/oauth2/accessToken":
                assert given == {"appKey": "ding1", "appSecret": "s"}
                self._tell({"accessToken": "T", "expireIn": 7200})
            case "/topapi/user/getbyunionid":
                found = CODES[given["unionid"].removeprefix("union ")]
                if found:
                    told = {"errcode": 0, "result": {"userid": found}}
                else:
                    told = {"errcode": 60121, "errmsg": "not found"}
                self._tell(told)
            case _:
                self._tell({}, 404)

    def _tell(self, answer: dict[str, object], status: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_about: object) -> None:
        pass


@pytest.fixture(scope="module")
def joined(application: Flask) -> Iterator[Flask]:
    """The product, joined to both apps, over the same database."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Servers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api = f"http://127.0.0.1:{server.server_port}"
    there = dataclasses.replace(
        application.extensions["gridflow"],
        work_apps={
            WECOM: WorkApp("ww1", "s", "https://login.wecom", api, "", "1000"),
            DINGTALK: WorkApp("ding1", "s", "https://login.ding", api, api),
        },
    )
    made = create_app(there)
    made.config["WTF_CSRF_ENABLED"] = False
    yield made
    with made.app_context():
        db.engine.dispose()
    server.shutdown()
    server.server_close()


def begun(client: FlaskClient, app: str) -> dict[str, str]:
    """What the app's page is asked with."""
    led = client.get(f"/sign-in/app/{app}?next=/done")
    assert led.status_code == 302
    assert led.headers["Location"].startswith("https://login.")
    asked = parse_qs(urlsplit(led.headers["Location"]).query)
    return {key: value[0] for key, value in asked.items()}


def back(client: FlaskClient, app: str, code: str, state: str):
    name = {WECOM: "code", DINGTALK: "authCode"}[app]
    sent = {name: code, "state": state}
    return client.get(f"/sign-in/app/{app}/answer", query_string=sent)


@pytest.mark.parametrize("app", [WECOM, DINGTALK])
def test_who_the_app_knows_and_has_an_account_is_in_once(
    joined: Flask, app: str
) -> None:
    client = joined.test_client()
    page = client.get("/sign-in").text
    assert "用企业微信登录" in page and "用钉钉登录" in page
    asked = begun(client, app)
    assert (
        asked["redirect_uri"] == f"http://localhost/sign-in/app/{app}/answer"
    )
    entered = back(client, app, "good", asked["state"])
    assert (entered.status_code, entered.headers["Location"]) == (302, "/done")
    assert client.get("/done").status_code == 200
    again = back(joined.test_client(), app, "good", asked["state"])
    assert again.status_code == 401, "the state is of another browser"


@pytest.mark.parametrize("app", [WECOM, DINGTALK])
@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("stranger", 403, "没有用户名为“nobody-here”的账号"),
        ("unknown", 401, "没有通过这次登录"),
        ("", 401, "没有通过或者已超时"),
        ("x" * 2000, 401, "没有通过或者已超时"),
    ],
)
def test_a_stranger_and_a_wrong_code_are_told_and_let_nobody_in(
    joined: Flask, app: str, code: str, status: int, told: str
) -> None:
    client = joined.test_client()
    asked = begun(client, app)
    refused = back(client, app, code, asked["state"])
    assert refused.status_code == status and told in refused.text
    assert client.get("/done").status_code == 302
    client = joined.test_client()
    begun(client, app)
    assert back(client, app, "good", "made up").status_code == 401


def test_who_is_no_member_of_the_organisation_is_told(joined: Flask) -> None:
    for app, status in ((WECOM, 403), (DINGTALK, 401)):
        client = joined.test_client()
        asked = begun(client, app)
        refused = back(client, app, "outsider", asked["state"])
        assert refused.status_code == status


def test_an_app_that_is_away_leaves_the_sign_in_by_password(
    joined: Flask,
) -> None:
    nowhere = "http://127.0.0.1:9"
    away = create_app(
        dataclasses.replace(
            joined.extensions["gridflow"],
            work_apps={
                WECOM: WorkApp("ww1", "s", "https://login.wecom", nowhere)
            },
        )
    )
    client = away.test_client()
    page = back(client, WECOM, "good", begun(client, WECOM)["state"])
    assert page.status_code == 503 and 'name="password"' in page.text
    assert client.get("/sign-in/app/dingtalk").status_code == 404
    with away.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"GRIDFLOW_WECOM_CORP_ID": "ww1"},
            "还要设置 GRIDFLOW_WECOM_AGENT_ID",
        ),
        (
            {
                "GRIDFLOW_DINGTALK_CLIENT_ID": "d",
                "GRIDFLOW_DINGTALK_SECRET": "s",
                "GRIDFLOW_DINGTALK_ADDRESSES": "http://a.example",
            },
            "3 个以 https:// 开头",
        ),
    ],
)
def test_half_an_app_stops_the_start(
    tmp_path: Path, given: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingInvalid, match=told):
        read_settings({"GRIDFLOW_VAR_DIR": str(tmp_path), **given})
