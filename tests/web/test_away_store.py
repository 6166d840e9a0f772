"""While the store of the attachments is away, a form is shown again with all that was typed, and a file's
page says what to do."""

from __future__ import annotations

import dataclasses
import io

import pytest
import sqlalchemy as sa

from orchestrator.storage_settings import Bucket
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import Attachment
from tests.web.test_registers import APPLICATION

START = "/start/item_admission/zhenjiang:civil-affairs:321102"
NOWHERE = Bucket(
    "http://127.0.0.1:9", "gridflow", "key", "secret", "", "us-east-1"
)


def of_the_person(application) -> list[str]:
    with application.app_context(), transaction(writing=False) as session:
        return list(
            session.scalars(
                sa.select(Attachment.id)
                .join(Person, Person.id == Attachment.uploaded_by)
                .where(Person.username == "jk-mz")
            )
        )


def test_a_form_keeps_what_was_typed_and_a_file_that_is_kept_stays(
    application, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in("jk-mz")
    sent = {
        **APPLICATION,
        "item_name": "",
        "file:attachments": (io.BytesIO(b"%PDF-1.4\nstore"), "承诺.pdf"),
    }
    assert client.post(START, data=sent).status_code == 422
    (kept,) = of_the_person(application)
    with monkeypatch.context() as patch:
        patch.setitem(
            application.extensions,
            "gridflow",
            dataclasses.replace(
                application.extensions["gridflow"], bucket=NOWHERE
            ),
        )
        sent = {
            **APPLICATION,
            "item_name": "存储中断时填写的事项",
            "file:attachments": (io.BytesIO(b"%PDF-1.4\nmore"), "说明.pdf"),
        }
        page = client.post(START, data=sent)
        opened = client.get(f"/attachment/{kept}")
    assert page.status_code == 422
    assert "附件存储暂时不可用，“说明.pdf”没有保存" in page.text
    assert "存储中断时填写的事项" in page.text
    assert opened.status_code == 503
    assert "已上传的文件没有丢失" in opened.text
    assert of_the_person(application) == [kept]
    assert client.get(f"/attachment/{kept}").data == b"%PDF-1.4\nstore"
