"""Data by grade: what a profile keeps from somebody is on no page, paper or interface of his, and
nobody finds an instance by it; who is named opens it with a reason."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

import pytest
import sqlalchemy as sa
from pypdf import PdfReader

import forms
from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.services.clocks import found_words
from orchestrator.services.records import sights, stored_files
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests.web.conftest import ROOT
from tests.web.test_personal_data import (
    MASKED,
    PHONE,
    found_by,
    reported,
    task_of,
    words,
)
from web.inbox import task_page

HIDDEN = "不在您的知悉范围内"
GRADE = """
[data.grades.place]
name = "情况描述和照片"
processes = ["case_handling"]
fields = ["description", "attachments"]
seen_by = ["asked"]
opened_by = ["grid-office@county"]
citation = "default"

[secrecy]
"""


@pytest.fixture(scope="module")
def case(application) -> Iterator[str]:
    instance_id = reported(application)
    yield instance_id


def test_who_is_not_named_reads_nothing_of_a_graded_field_anywhere(
    application, signed_in, case
) -> None:
    """The county's government oversees the place, so it reads the case; the rules do not name it."""
    client = signed_in("jk-zf")
    disclose = f"/instance/{case}/disclose"
    for _again in range(2):
        task = task_of(application, case)
        pages = [
            f"/instance/{case}",
            f"/dossier/{case}",
            f"/task/{task}",
            f"/inbox/task/{task}",
        ]
        for page in pages:
            told = words(client.get(page))
            assert PHONE not in told and MASKED not in told, page
            assert "王建军" not in told and "王**" not in told, page
            assert disclose not in told, "there is nothing to open"
        assert HIDDEN in words(client.get(pages[0]))
        printed = client.post(f"/dossier/{case}/print").data
        paper = "".join(
            each.extract_text() for each in PdfReader(BytesIO(printed)).pages
        )
        assert "5678" not in paper
        assert "5678" not in client.get(f"/api/task/{task}").text
        # A reason opens nothing to him, and stands on the record all the same.
        client.post(disclose, data={"reason": "看看"})
    assert case not in found_by(application, MASKED)
    assert case not in found_by(application, PHONE)


@pytest.mark.parametrize(
    ("username", "opens"),
    [
        ("zd-wgy1", True),  # reported it
        ("jk-cg", True),  # has the task
        ("zj-wgb", True),  # the office of the city, around the place
        ("jk-dw", False),
        ("zd-jw", False),
    ],
)
def test_who_is_named_opens_it_with_a_reason(
    signed_in, case, username, opens
) -> None:
    client = signed_in(username)
    told = words(client.get(f"/instance/{case}"))
    assert (MASKED in told) is opens
    assert (HIDDEN in told) is not opens
    client.post(f"/instance/{case}/disclose", data={"reason": "回访"})
    told = words(client.get(f"/instance/{case}"))
    assert (PHONE in told) is opens


def test_the_rules_stand_where_everybody_reads_them(signed_in) -> None:
    told = words(signed_in("zd-wgy1").get("/rules/"))
    assert "反映人的姓名和电话" in told
    assert "发起的人和机构、承办、会签过的人和机构、各级网格化机构" in told
    assert (
        "市级网格化机构、县级网格化机构可以限期授权查看，每次最长 90 天"
        in told
    )


@pytest.fixture
def graded_more(application) -> Iterator[None]:
    """The city grades the description and the photographs too: whoever was asked sees them."""
    city = dict(jurisdictions.resources(ROOT / "bpmn" / "zhenjiang"))
    before = city["jurisdiction.toml"]
    more = before.decode().replace("[secrecy]\n", GRADE, 1)

    def deploy(profile: bytes) -> None:
        city["jurisdiction.toml"] = profile
        with application.app_context():
            deployments.deploy(city, "zhenjiang", None, datetime.now(UTC))
            bundles.forget()

    deploy(more.encode())
    yield
    deploy(before)


def test_a_grade_of_today_holds_for_what_runs_already_also_for_files_and_the_search(
    application, signed_in, case, graded_more
) -> None:
    written = "三单元楼道堆放杂物"
    with application.app_context():
        while found_words.go_on(datetime.now(UTC)):
            pass
        content = b"what a photograph shows"
        digest = hashlib.sha256(content).hexdigest()
        stored_files.write(digest, content)
        with transaction() as session:
            photo = Attachment(
                id="graded-photo",
                tenant_id="zhenjiang",
                instance_id=case,
                task_id=None,
                field_key="attachments",
                filename="现场.jpg",
                content_type="text/plain",
                size=len(content),
                sha256=digest,
                uploaded_by=session.scalar(
                    sa.text("select id from person where username='zd-wgy1'")
                ),
                uploaded_at=datetime.now(UTC),
            )
            session.add(photo)
    address = "/attachment/graded-photo"
    for username, before, after in (
        ("jk-cg", True, True),
        ("jk-wgb", False, True),
        ("zj-wgb", False, False),
    ):
        client = signed_in(username)
        for opened, shown in ((False, before), (True, after)):
            if opened:
                reason = {"reason": "核对"}
                client.post(f"/instance/{case}/disclose", data=reason)
            page = words(client.get(f"/instance/{case}"))
            assert (written in page) is shown, (username, opened)
            assert ("现场.jpg" in page) is shown, (username, opened)
            missing = client.get(address).status_code == 404
            assert missing is not shown, (username, opened)
    assert case not in found_by(application, written)


def test_a_form_whose_list_has_a_graded_column_begins_with_what_one_sees(
    monkeypatch,
) -> None:
    column = {"type": "textfield", "key": "phone", "label": "电话"}
    rows = {
        "type": "dynamiclist",
        "path": "members",
        "label": "成员",
        "components": [column],
    }
    form = forms.load(
        json.dumps({"type": "default", "id": "f", "components": [rows]})
    )
    graded = frozenset({"phone"})
    known = sights.InstanceSight(graded=graded)
    monkeypatch.setattr(task_page, "reading", lambda: None)
    monkeypatch.setattr(task_page, "who", lambda: None)
    monkeypatch.setattr(sights, "graded_fields", lambda *_: graded)
    monkeypatch.setattr(sights, "sight", lambda *_: known)
    assert task_page._sight_for(form, None) is known
