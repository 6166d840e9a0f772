"""Asking others to sign, on the task's page: the signer's inbox, his opinion with a file, the holder's."""

from __future__ import annotations

import io
from base64 import b64encode

import pytest
import sqlalchemy as sa

from orchestrator.store.added_signers import AddedSigner
from orchestrator.store.session import transaction
from tests.web.test_decision_aids import picture
from tests.web.test_unsent import task_of

FILLED = {
    "decision": "approve",
    "opinion": "材料齐全，同意",
    "approver": "government",
}


@pytest.fixture
def task(application) -> str:
    return task_of(application)


def ask(client, task: str, **changed: str):
    given = {
        "signers": "dy-cg",
        "turn": "before",
        "way": "all",
        "reason": "请核对面积",
        **changed,
    }
    return client.post(
        f"/signing/{task}/add", data=given, follow_redirects=True
    )


def test_a_signer_answers_with_a_file_and_then_the_holder_submits(
    signed_in, task
) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    assert "请您加签" not in signer.get("/").text
    assert "加签" in ask(holder, task).text
    assert f"/task/{task}" in signer.get("/").text
    page = signer.get(f"/task/{task}").text
    assert (
        "请您加签" in page
        and "请核对面积" in page
        and f"/task/{task}/complete" not in page
    )
    early = holder.post(f"/task/{task}/complete", data=FILLED)
    assert (
        early.status_code == 422
        and "加签意见" in early.text
        and "材料齐全，同意" in early.text
    )
    empty = signer.post(
        f"/signing/{task}/sign", data={"answer": "agree", "opinion": " "}
    )
    assert empty.status_code == 422 and "请填写加签意见" in empty.text
    sent = {
        "answer": "agree",
        "opinion": "面积无误",
        "file:signing": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "核对表.pdf"),
    }
    assert signer.post(f"/signing/{task}/sign", data=sent).status_code == 302
    page = holder.get(f"/task/{task}").text
    assert "面积无误" in page and "核对表.pdf" in page
    assert (
        holder.post(f"/task/{task}/complete", data=FILLED).status_code == 302
    )
    matter = task.partition(".")[0]
    assert "面积无误" in holder.get(f"/dossier/{matter}").text


def test_what_is_submitted_waits_for_who_signs_after(signed_in, task) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    ask(holder, task, turn="after")
    assert (
        holder.post(f"/task/{task}/complete", data=FILLED).status_code == 302
    )
    assert "等待后加签人同意" in holder.get(f"/task/{task}").text
    done = signer.post(
        f"/signing/{task}/sign",
        data={"answer": "agree", "opinion": "同意"},
        follow_redirects=True,
    )
    assert "任务已办结" in done.text
    assert "这项任务已办结" in holder.get(f"/task/{task}").text


def test_the_signature_of_a_submission_that_waited_stands_in_the_record(
    signed_in, task
) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    drawn = "data:image/png;base64," + b64encode(picture()).decode()
    assert (
        holder.post("/me/signature", data={"_drawn": drawn}).status_code == 302
    )
    ask(holder, task, turn="after")
    holder.post(f"/task/{task}/complete", data={**FILLED, "_signature": "1"})
    signer.post(
        f"/signing/{task}/sign", data={"answer": "agree", "opinion": "同意"}
    )
    matter = task.partition(".")[0]
    assert 'class="gf-signature"' in holder.get(f"/instance/{matter}").text
    holder.post("/me/signature", data={"remove": "1"})


def test_a_signer_is_taken_off_and_what_does_not_go_is_told_with_what_was_typed(
    application, signed_in, task
) -> None:
    holder = signed_in("jk-wgb")
    refused = ask(holder, task, signers="没有这个局")
    assert (
        refused.status_code == 422
        and "没有找到" in refused.text
        and "没有这个局" in refused.text
    )
    ask(holder, task)
    with application.app_context(), transaction(writing=False) as session:
        signer = session.scalars(
            sa.select(AddedSigner.id).where(AddedSigner.task_id == task)
        ).one()
    assert (
        signed_in("dy-cg").post(f"/signing/{task}/remove/{signer}").status_code
        == 404
    )
    assert (
        "已减签"
        in holder.post(
            f"/signing/{task}/remove/{signer}", follow_redirects=True
        ).text
    )
    assert signed_in("dy-cg").get(f"/task/{task}").status_code == 404
