"""What a submission may carry: files that were uploaded for it, and a key of its own; through the pages, the
REST interface and a trial."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import forms
from orchestrator.errors import FormInvalid
from orchestrator.services import designing, instances
from orchestrator.services.records import attachments
from orchestrator.store.drafts import Draft
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment, UserTask
from tests.handlers.office import COUNTY, Office
from tests.web.conftest import ROOT
from tests.web.test_registers import APPLICATION

PDF = b"%PDF-1.4\n%%EOF\n"
START = "/start/item_admission/zhenjiang:justice:321102"
REVIEW = {
    "decision": "approve",
    "approver": "government",
    "opinion": "材料齐全，同意上报",
}
FORMS = sorted(
    path
    for path in (ROOT / "forms" / "definitions").glob("*.form")
    if '"filepicker"' in path.read_text()
)


def rows(application, query) -> list:
    with application.app_context(), transaction(writing=False) as session:
        return list(session.scalars(query).all())


def person(application, username: str) -> int:
    return rows(
        application, sa.select(Person.id).where(Person.username == username)
    )[0]


def task_of(application) -> str:
    """A fresh application's task of review."""
    with application.app_context():
        given = {
            **APPLICATION,
            "item_name": f"巡查{datetime.now(UTC).timestamp()}",
        }
        by, body = person(application, "jk-sf"), "zhenjiang:justice:321102"
        begun = instances.start(
            "zhenjiang", "item_admission", given, by, body, datetime.now(UTC)
        )
    return begun.task_ids[0]


def state(application, task_id: str) -> str:
    return rows(
        application, sa.select(UserTask.state).where(UserTask.id == task_id)
    )[0]


def uploads(application, username: str) -> list:
    return rows(
        application,
        sa.select(Attachment).where(
            Attachment.uploaded_by == person(application, username)
        ),
    )


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_no_form_takes_a_text_for_a_file(application, path) -> None:
    form = forms.load(path.read_text())
    keys = [each.key for each in form.inputs() if each.type == "filepicker"]
    for key in keys:
        with (
            application.app_context(),
            transaction() as session,
            pytest.raises(FormInvalid) as refused,
        ):
            attachments.require(
                session,
                form,
                {key: ["批复.pdf"]},
                attachments.Claim("zhenjiang", 1, "task:1"),
            )
        assert list(refused.value.errors) == [key]


def test_a_start_with_a_text_for_a_file_says_so_at_the_field_and_begins_nothing(
    application, signed_in
) -> None:
    before = len(rows(application, sa.select(ProcessInstance.id)))
    answer = signed_in("jk-sf").post(
        START, data={**APPLICATION, "attachments": "市政府批复（盖章件）.pdf"}
    )
    assert answer.status_code == 422
    assert "有文件不是在这张表单上传的" in answer.text
    assert len(rows(application, sa.select(ProcessInstance.id))) == before


def test_a_form_with_a_mistake_keeps_its_file_once_and_takes_it_along(
    application, signed_in
) -> None:
    client, before = signed_in("jk-cg"), len(uploads(application, "jk-cg"))
    start = START.replace("justice", "urban-management")
    wrong = {
        **APPLICATION,
        "item_name": "",
        "file:attachments": (io.BytesIO(PDF), "承诺.pdf"),
    }
    assert client.post(start, data=wrong).status_code == 422
    wrong["file:attachments"] = (io.BytesIO(PDF), "承诺.pdf")
    page = client.post(start, data=wrong)
    assert len(uploads(application, "jk-cg")) == before + 1
    (file,) = re.findall(
        r'name="attachments" value="([0-9a-f]{22})"', page.text
    )
    sent = client.post(
        start,
        data={**APPLICATION, "item_name": "随手附件", "attachments": file},
    )
    assert sent.status_code == 302
    assert rows(
        application,
        sa.select(Attachment.instance_id).where(Attachment.id == file),
    ) != [None]


def test_a_file_goes_along_with_what_is_started_about_a_case(
    application, signed_in
) -> None:
    with application.app_context():
        office = Office(now=datetime.now(UTC))
        case = office.report(office.seed_item())
    client = signed_in("jk-wgb")
    address = f"/start/supervision/zhenjiang:grid-office:{COUNTY}?about={case}"
    body = re.search(
        r'<option value="(zhenjiang:[^"]+)"', client.get(address).text
    )
    assert body is not None, client.get(address).text
    given = {"supervised_body": body[1], "demand": "请三日内处理完毕"}
    sent = client.post(
        address,
        data={**given, "file:attachments": (io.BytesIO(PDF), "督办单.pdf")},
    )
    assert sent.status_code == 302
    kept = rows(
        application,
        sa.select(Attachment.instance_id).where(
            Attachment.filename == "督办单.pdf"
        ),
    )
    assert len(kept) == 1 and kept[0] not in (None, case)


def test_the_rest_interface_refuses_a_text_for_a_file(
    application, signed_in
) -> None:
    task = task_of(application)
    returned = {
        "decision": "supplement",
        "opinion": "请补充材料",
        "approver": "government",
    }
    answer = signed_in("jk-wgb").post(
        f"/api/task/{task}/complete", json={"variables": returned}
    )
    assert answer.status_code == 200, answer.text
    (supplement,) = answer.json["next"]
    given = {
        **APPLICATION,
        "submission": "resubmit",
        "attachments": ["批复.pdf"],
    }
    answer = signed_in("jk-sf").post(
        f"/api/task/{supplement}/complete", json={"variables": given}
    )
    assert answer.status_code == 422
    assert list(answer.json["errors"]) == ["attachments"]
    assert state(application, supplement) == "open"


def test_who_does_not_have_the_task_uploads_nothing_for_it(
    application, signed_in
) -> None:
    task = task_of(application)
    returned = {
        "decision": "supplement",
        "opinion": "请补充材料",
        "approver": "government",
    }
    (supplement,) = (
        signed_in("jk-wgb")
        .post(f"/api/task/{task}/complete", json={"variables": returned})
        .json["next"]
    )
    before = len(uploads(application, "jk-wgb"))
    sent = {
        **APPLICATION,
        "file:attachments": (io.BytesIO(PDF + b"other"), "旁人.pdf"),
    }
    assert (
        signed_in("jk-wgb")
        .post(f"/task/{supplement}/complete", data=sent)
        .status_code
        == 404
    )
    assert len(uploads(application, "jk-wgb")) == before


def test_a_key_of_another_task_is_refused_on_the_page_with_what_was_typed_and_a_fresh_key(
    application, signed_in
) -> None:
    first, second = task_of(application), task_of(application)
    client = signed_in("jk-wgb")
    assert (
        client.post(
            f"/task/{first}/complete", data={**REVIEW, "_key": "page-key"}
        ).status_code
        == 302
    )
    answer = client.post(
        f"/task/{second}/complete", data={**REVIEW, "_key": "page-key"}
    )
    assert answer.status_code == 409
    assert (
        "已用于另一次提交" in answer.text and REVIEW["opinion"] in answer.text
    )
    assert state(application, second) == "open"
    form = answer.text[answer.text.index(f"/task/{second}/complete") :]
    fresh = re.findall(r'name="_key" value="([^"]+)"', form)[0]
    assert fresh != "page-key"
    assert (
        client.post(
            f"/task/{second}/complete", data={**REVIEW, "_key": fresh}
        ).status_code
        == 302
    )
    assert state(application, second) == "completed"


def test_a_key_of_another_task_is_refused_by_the_rest_interface(
    application, signed_in
) -> None:
    first, second = task_of(application), task_of(application)
    client, sent = (
        signed_in("jk-wgb"),
        {
            "json": {"variables": REVIEW},
            "headers": {"Idempotency-Key": "rest-key"},
        },
    )
    assert (
        client.post(f"/api/task/{first}/complete", **sent).status_code == 200
    )
    assert (
        client.post(f"/api/task/{first}/complete", **sent).status_code == 200
    )
    answer = client.post(f"/api/task/{second}/complete", **sent)
    assert (answer.status_code, state(application, second)) == (409, "open")
    assert "已用于另一次提交" in answer.json["title"]


def test_a_start_with_the_key_of_a_task_is_refused_and_can_be_sent_again(
    application, signed_in
) -> None:
    client = signed_in("jk-sf")
    assert (
        client.post(
            START,
            data={**APPLICATION, "item_name": "其一", "_key": "start-key"},
        ).status_code
        == 302
    )
    about = START.replace("item_admission", "item_exit")
    answer = client.post(about, data={"_key": "start-key"})
    assert answer.status_code == 409 and "已用于另一次提交" in answer.text
    assert 'value="start-key"' not in answer.text


def test_a_trial_takes_a_chosen_file_by_its_name_and_no_text_for_one(
    application, signed_in
) -> None:
    with application.app_context():
        draft = designing.open_draft(
            "zhenjiang",
            "item_admission",
            person(application, "designer"),
            datetime.now(UTC),
        )
    client, address = signed_in("designer"), f"/design/{draft}/try"
    begin = {"_act": "start", "_by": "jk-cg", "_submit": "1", **APPLICATION}
    refused = client.post(address, data={**begin, "attachments": "批复.pdf"})
    assert refused.status_code == 422 and "请重新选择文件" in refused.text
    wrong = client.post(
        address,
        data={**begin, "file:attachments": (io.BytesIO(b"MZ"), "批复.pdf")},
    )
    assert wrong.status_code == 422 and "内容与扩展名不符" in wrong.text
    taken = client.post(
        address,
        data={**begin, "file:attachments": (io.BytesIO(PDF), "批复.pdf")},
    )
    assert taken.status_code == 200 and "批复.pdf" in taken.text
    forged = json.dumps(
        [["start", "", "jk-cg", {**APPLICATION, "attachments": ["0123"]}]]
    )
    kept = client.post(
        f"/design/{draft}/try/keep", data={"name": "假附件", "_steps": forged}
    )
    assert kept.status_code == 422
    with application.app_context(), transaction() as session:
        session.get_one(Draft, draft).state = "discarded"
