"""Known inputs beyond an edge, each answered by a page or a sentence."""

from __future__ import annotations

import tracemalloc
from html import unescape

import pytest
import sqlalchemy as sa
from flask import request
from flask.testing import FlaskClient

from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.turns import Turns
from web import bounds
from web.printing import turns

FAR = "9" * 20


def _send(client: FlaskClient, method: str, path: str, **sent: object) -> int:
    return client.open(path, method=method, **sent).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("admin", "POST", f"/admin/people/{FAR}/unlock", 404),
        ("admin", "GET", f"/admin/calendar/versions/{FAR}", 404),
        (
            "designer",
            "GET",
            f"/design/versions/item_admission?skip={FAR}",
            200,
        ),
        ("jk-cg", "GET", "/?after=0001-01-01T00:00:00%2B23:59_x", 200),
        ("jk-cg", "GET", "/cases?after=9999-12-31T23:59:59-23:59_x", 200),
        ("jk-cg", "GET", "/?q=%00", 400),
    ],
)
def test_an_address_beyond_the_edge_leads_to_a_page_or_none(
    signed_in, who: str, method: str, path: str, status: int
) -> None:
    assert _send(signed_in(who), method, path) == status


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b'{"variables":"x"}',
        b'{"variables":[1]}',
        b"[" * 100_000,
        b'{"variables":' * 201 + b"1" + b"}" * 201,
        b'{"variables":NaN}',
        b"",
        b"\xff",
    ],
)
def test_json_of_another_shape_is_told_so(signed_in, body: bytes) -> None:
    answer = signed_in("jk-cg").post(
        "/api/task/none/complete", data=body, content_type="application/json"
    )
    assert answer.status_code == 422
    assert answer.json["title"] == "请求应为 JSON 对象，含 variables"


@pytest.mark.parametrize(
    "host",
    [
        "a" * 3_000,
        "a" * 64 + ".cn",
        "x y",
        "a..b",
        ".",
        "localhost:99999",
        "a:b:c",
    ],
)
def test_a_host_that_is_no_host_name_is_refused_with_a_sentence(
    application, host: str
) -> None:
    answer = application.test_client().get("/public/", headers={"Host": host})
    assert answer.status_code == 400 and "主机名" in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1:8000",
        "[::1]:80",
        "wangge.zhenjiang.gov.cn",
        "gridflow_web",
    ],
)
def test_a_host_name_or_an_address_is_one(application, host: str) -> None:
    assert (
        application.test_client()
        .get("/public/", headers={"Host": host})
        .status_code
        == 200
    )


@pytest.mark.parametrize("who", ["", "jk-cg"])
@pytest.mark.parametrize(
    "head",
    [
        "Content-Disposition: form-data",
        'Content-Disposition: form-data; filename="a"',
    ],
)
def test_a_part_of_a_form_without_a_name_is_no_field(
    application, signed_in, who: str, head: str
) -> None:
    client = signed_in(who) if who else application.test_client()
    field = 'Content-Disposition: form-data; name="digest"'
    body = f"--x\r\n{head}\r\n\r\nnothing\r\n--x\r\n{field}\r\n\r\nabc\r\n--x--\r\n"
    answer = client.post(
        "/dossier-check",
        data=body.encode(),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == (200 if who else 401)
    assert (
        "没有签发过这样的档案" in answer.text if who else "登录" in answer.text
    )


def test_a_message_of_very_many_values_is_refused_before_it_is_built(
    application,
) -> None:
    many = b"[" + b"[]," * bounds.MOST_VALUES + b"[]]"
    with application.test_request_context(
        method="POST", data=many, content_type="application/json"
    ):
        tracemalloc.start()
        assert request.get_json(silent=True) is None
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 3 * len(many)


def test_a_stranger_sends_no_message_that_is_larger_than_a_page_sends(
    application,
) -> None:
    answer = application.test_client().post(
        "/sign-in/here",
        data=b" " * (bounds.LARGEST_JSON + 1),
        content_type="application/json",
    )
    assert answer.status_code == 413 and "内容过大" in answer.json["title"]


@pytest.mark.parametrize(
    "address",
    [
        "boards.pdf?q=321102001001",
        "grids/3211020010011001/board.pdf",
        "items/321102/board.pdf",
        "items/321102.xlsx",
    ],
)
def test_of_the_papers_that_strangers_ask_for_few_are_made_at_once(
    application, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    client = application.test_client()
    monkeypatch.setattr(turns, "papers", Turns(0, patience=3_600))
    with turns.papers.turn(RuntimeError()):
        refused = client.get(f"/public/zhenjiang/{address}")
        assert refused.status_code == 503 and "请稍后再打开" in refused.text
        assert client.get("/public/").status_code == 200
    assert client.get(f"/public/zhenjiang/{address}").status_code == 200


@pytest.mark.parametrize("typed", ["2026-13-01", "0206-12-01", "明天"])
@pytest.mark.parametrize(
    ("who", "path", "field"),
    [
        ("admin", "/admin/people/{person}/plan-leaving", "last_on"),
        (
            "admin",
            "/admin/bodies/zhenjiang:urban-management:321102/dissolve",
            "effective_on",
        ),
        ("jk-wgb", "/grid-meetings/new", "held_on"),
    ],
)
def test_a_day_that_is_none_is_told_as_it_was_typed(
    application, signed_in, who: str, path: str, field: str, typed: str
) -> None:
    """Nobody who typed a day is told that he typed none."""
    with application.app_context(), transaction(writing=False) as session:
        person = session.scalar(
            sa.select(Person.id).where(Person.username == "jk-cg2")
        )
    answer = signed_in(who).post(
        path.format(person=person), data={field: typed}
    )
    assert answer.status_code == 422, answer.text
    assert f"“{typed}”不是可用的日期" in unescape(answer.text)


def test_a_request_that_cannot_be_read_is_no_trouble_of_the_system(
    signed_in,
) -> None:
    client = signed_in("designer")
    draft = client.post("/design/open/item_exit").location.rsplit("/", 1)[-1]
    answer = client.post(f"/design/{draft}/check", json={"text": "x"})
    assert 400 <= answer.status_code < 500
    assert "系统出了问题" not in answer.text
    assert "系统出了问题" not in str(answer.json)
