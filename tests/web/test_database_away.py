"""With the database away, every page is ours, in Chinese, with what to do; nothing of it asks the
database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import create_app
from orchestrator.services.installation import database
from orchestrator.store.session import db
from tests import servers
from tests.copies import on_server
from tests.databases import settings_for

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """A client with a session and open connections whose server is gone."""
    with contextlib.ExitStack() as running:
        url = running.enter_context(servers.postgres())
        on_server(url, "CREATE DATABASE away")
        made = create_app(
            settings_for(
                url.format(database="away"), tmp_path_factory.mktemp("away")
            )
        )
        made.config["WTF_CSRF_ENABLED"] = False
        with made.app_context():
            database.upgrade()
            db.session.remove()
        asking = made.test_client()
        assert asking.get("/public/").status_code == 200
        running.close()
        with asking.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = "1.1", True
        yield asking
        with made.app_context():
            db.engine.dispose()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/public/",
        "/public/a/items/1",
        "/sign-in",
        "/me",
        "/nothing",
        "/instance/1",
        "/design/",
    ],
)
def test_a_page_says_what_to_do(client: FlaskClient, address: str) -> None:
    for _again in range(2):
        answer = client.get(address)
        assert answer.status_code == 503, address
        assert (
            "数据库暂时不可用" in answer.text
            and "请几分钟后刷新" in answer.text
            and "网格流程" in answer.text
        )
        assert answer.headers["Retry-After"]


def test_a_stranger_reads_it_too(client: FlaskClient) -> None:
    stranger = client.application.test_client()
    for address in ("/public/", "/public/a/grids/1", "/sign-in"):
        answer = stranger.get(address)
        assert answer.status_code in (200, 503), address
        assert answer.status_code == 200 or "数据库暂时不可用" in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "/task/1.2/complete",
        "/start/a/b",
        "/instance/1/cancel",
        "/sign-in",
        "/report/1",
    ],
)
def test_what_was_typed_stays_on_the_page(
    client: FlaskClient, address: str
) -> None:
    given = {"reason": "材料不全", "_key": "the-key", "password": "a secret"}
    answer = client.post(address, data=given)
    assert (
        answer.status_code == 503
        and "数据库暂时不可用，没有保存" in answer.text
    )
    assert (
        'value="材料不全"' in answer.text
        and 'name="_key" value="the-key"' in answer.text
    )
    assert "重新提交" in answer.text and "a secret" not in answer.text


def test_scripts_and_programs_are_told(client: FlaskClient) -> None:
    for answer in (
        client.get("/api/task"),
        client.post("/design/1/save", json={}),
        client.get("/public/a/items/1.json"),
    ):
        assert (
            answer.status_code == 503
            and "数据库暂时不可用" in answer.get_json()["title"]
        )
