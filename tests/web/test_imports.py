"""The import page: a file is read, its report shown, and only then it replaces the draft's diagram."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator.errors import Finding
from orchestrator.services import designing
from orchestrator.services.designing import diagram_import, validation
from orchestrator.store.drafts import Draft, revisions
from orchestrator.store.people import Person
from orchestrator.store.session import db, transaction

DIAGRAMS = Path(__file__).parents[1] / "bpmn_import" / "diagrams"
LEAVE = (DIAGRAMS / "zeebe_leave_request.bpmn").read_bytes()


@pytest.fixture
def draft(application):
    """Id of a draft of the admission procedure, discarded afterwards."""
    with application.app_context():
        with transaction(writing=False) as session:
            designer = session.scalars(
                sa.select(Person.id).where(Person.username == "designer")
            ).one()
        draft_id = designing.open_draft(
            "zhenjiang", "item_admission", designer, datetime.now(UTC)
        )
    yield draft_id
    with application.app_context(), transaction() as session:
        session.get_one(Draft, draft_id).state = "discarded"


def upload(client, draft: str, content: bytes, filename: str = "请假.bpmn"):
    return client.post(
        f"/design/{draft}/import",
        data={"file": (io.BytesIO(content), filename)},
        content_type="multipart/form-data",
    )


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the page's last form."""
    form = page[page.index("/import/adopt") :]
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
    }


def diagram(application, draft: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        row = session.get_one(Draft, draft)
        return row.content[designing.diagram_name(row)]


def test_the_report_is_read_first_and_the_draft_stays_as_it_is(
    application, signed_in, draft: str, monkeypatch
) -> None:
    before = diagram(application, draft)
    held: list[int] = []

    def checked(*given: object) -> list[Finding]:
        held.append(db.engine.pool.checkedout())
        return validation.checked(*given)

    monkeypatch.setattr(diagram_import, "checked", checked)
    client = signed_in("designer")
    assert "导入" in client.get(f"/design/{draft}").text
    assert client.get(f"/design/{draft}/import").status_code == 200
    shown = upload(client, draft, LEAVE)
    assert shown.status_code == 200
    assert "请假.bpmn · Camunda 8 · Camunda Modeler 5.31.0" in shown.text
    assert (
        "办理时限由“=now() + duration(&#34;P3D&#34;)”改写为“P3D”" in shown.text
    )
    assert (
        "流程编号由“leave-request”改为本草稿的“item_admission”" in shown.text
    )
    assert diagram(application, draft) == before
    # A file that takes long to check keeps nobody else from the database.
    assert held == [0]


def test_what_is_taken_over_is_the_drafts_diagram_with_its_key_and_what_the_file_does_not_know(
    application, signed_in, draft: str
) -> None:
    client = signed_in("designer")
    answer = client.post(
        f"/design/{draft}/import/adopt",
        data=fields(upload(client, draft, LEAVE).text),
    )
    assert answer.headers["Location"].endswith(f"/design/{draft}")
    now = diagram(application, draft)
    assert (
        '<bpmn:process id="item_admission"' in now
        and 'bpmnElement="item_admission"' in now
    )
    assert "candidateStarterGroups=" in now and "businessKeyPrefix" in now
    assert sorted(set(re.findall(r"<zeebe:(\w+)", now))) == [
        "header",
        "taskHeaders",
    ], "what we do not read stays, what was taken over goes"
    with application.app_context(), transaction(writing=False) as session:
        assert (
            next(
                comment for _n, _at, _who, comment in revisions(session, draft)
            )
            == "从 Camunda 8 导入 请假.bpmn"
        )
    told = client.post(
        f"/design/{draft}/check",
        json={"name": "item_admission.bpmn", "text": now},
    ).get_json()["findings"]
    assert {each["rule"] for each in told if each["severity"] == "error"} == {
        "candidate-groups",
        "user-task-without-form",
    }


def test_a_report_read_before_somebody_elses_save_overwrites_nothing(
    application, signed_in, draft: str
) -> None:
    client = signed_in("designer")
    given = fields(upload(client, draft, LEAVE).text)
    saved = {
        "name": "item_admission.bpmn",
        "text": diagram(application, draft),
        "revision": int(given["revision"]),
    }
    assert client.post(f"/design/{draft}/save", json=saved).status_code == 200
    before = diagram(application, draft)
    answer = client.post(
        f"/design/{draft}/import/adopt", data=given, follow_redirects=True
    )
    assert "刚刚保存了这份草稿" in answer.text
    assert diagram(application, draft) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "请先选择一个 .bpmn 文件"),
        ("不是 XML".encode(), "XML 不完整或有误"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b"PK\x03\x04" + bytes(200), "这是文件包（.zip）"),
        (
            b'<?xml version="1.0" encoding="undefined"?><a/>',
            "无法按文件头声明的编码“undefined”读取，请以 UTF-8 重新保存",
        ),
        (
            b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>',
            "决策表（DMN）",
        ),
    ],
)
def test_what_cannot_be_imported_is_told_on_the_page(
    signed_in, draft: str, content: bytes, told: str
) -> None:
    answer = upload(signed_in("designer"), draft, content)
    assert answer.status_code == 422
    assert told in answer.text
    assert "用它替换草稿的流程图" not in answer.text


@pytest.mark.parametrize("content", ["", "%%%", "bm90IHBhY2tlZA=="])
def test_a_page_that_was_tampered_with_changes_nothing(
    application, signed_in, draft: str, content: str
) -> None:
    before = diagram(application, draft)
    answer = signed_in("designer").post(
        f"/design/{draft}/import/adopt",
        data={"content": content, "revision": "1"},
        follow_redirects=True,
    )
    assert "没有收到要导入的文件" in answer.text
    assert diagram(application, draft) == before


def test_only_a_designer_of_the_place_imports(signed_in, draft: str) -> None:
    assert (
        signed_in("jk-wgb").get(f"/design/{draft}/import").status_code == 403
    )
    assert (
        signed_in("designer").get("/design/nowhere/import").status_code == 404
    )
    assert (
        signed_in("designer").post("/design/nowhere/import/adopt").status_code
        == 404
    )
