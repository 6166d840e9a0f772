"""Asking others to sign, on the task's page: the signer's inbox, his opinion with a file, the holder's."""

from __future__ import annotations

import io
import re
from base64 import b64encode
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from orchestrator.store.added_signers import AddedSigner, HeldSubmission
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_decision_aids import picture
from tests.web.test_unsent import task_of

FILLED = {
    "decision": "approve",
    "opinion": "材料齐全，同意",
    "approver": "government",
}
SHANGHAI = ZoneInfo("Asia/Shanghai")


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


def stand_in(absent, deputy: str) -> str:
    """The person is away today; the id of the absence."""
    today = datetime.now(UTC).astimezone(SHANGHAI).date().isoformat()
    days = {"first": today, "last": today, "deputy": deputy}
    assert absent.post("/absences", data=days).status_code == 302
    number = re.search(r"/absences/(\w+)/end", absent.get("/absences").text)
    assert number
    return number.group(1)


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
    shown = holder.get("/me/signature/picture")
    assert shown.headers["Cache-Control"] == "private, no-store"
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


def test_who_signs_after_reads_what_he_agrees_to_with_its_files(
    signed_in, task
) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    ask(holder, task, turn="after")
    assert f"/task/{task}" not in signer.get("/").text
    assert signer.get(f"/task/{task}").status_code == 404
    assert "提交后请他加签" in holder.get(f"/task/{task}").text
    sent = {
        **FILLED,
        "file:_files": (io.BytesIO(b"%PDF-1.4\n%%EOF\n"), "论证报告.pdf"),
    }
    assert holder.post(f"/task/{task}/complete", data=sent).status_code == 302
    assert f"/task/{task}" in signer.get("/").text
    page = signer.get(f"/task/{task}").text
    content = page.partition('id="to-agree"')[2].partition('id="sign"')[0]
    assert "林文静" in content and FILLED["opinion"] in content
    assert "论证报告.pdf" in content and "/attachment/" in content
    # The holder's form shows the file, where it can be taken off.
    form = f'action="/task/{task}/complete"'
    assert (
        "论证报告.pdf" in holder.get(f"/task/{task}").text.partition(form)[2]
    )
    # So does that of who stands in for the holder meanwhile.
    deputy = signed_in("dy-mz")
    absence = stand_in(holder, "dy-mz")
    page = deputy.get(f"/task/{task}").text
    assert "论证报告.pdf" in page.partition(form)[2]
    holder.post(f"/absences/{absence}/end")


def test_who_has_the_task_again_is_told_that_others_had_it_meanwhile(
    application, signed_in, task
) -> None:
    holder = signed_in("jk-wgb")
    ask(holder, task, turn="after")
    holder.post(f"/task/{task}/complete", data=FILLED)
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(HeldSubmission)
            .where(HeldSubmission.task_id == task)
            .values(ended="handed-on")
        )
    page = holder.get(f"/task/{task}").text
    told = page.partition('id="held"')[2].partition("</div>")[0]
    assert "任务转给过他人" in told and "内容仍在表单里" in told
    assert "任务已转到他人" not in told


def test_what_was_typed_is_in_the_form_while_it_waits_and_after_a_no(
    signed_in, task
) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    ask(holder, task, turn="after")
    holder.post(f"/task/{task}/complete", data=FILLED)

    def opinion() -> str:
        page = holder.get(f"/task/{task}").text
        return page.partition('name="opinion"')[2].partition("</textarea>")[0]

    assert FILLED["opinion"] in opinion()
    answer = {"answer": "disagree", "opinion": "面积有误"}
    signer.post(f"/signing/{task}/sign", data=answer)
    page = holder.get(f"/task/{task}").text
    assert "有人不同意，提交的内容没有生效" in page and "面积有误" in page
    assert FILLED["opinion"] in opinion()
    changed = {**FILLED, "opinion": "面积已更正"}
    holder.post(f"/task/{task}/complete", data=changed)
    assert "面积已更正" in opinion()
    assert "面积已更正" in signer.get(f"/task/{task}").text


def test_what_could_not_be_completed_is_told_to_the_signer_and_the_holder(
    application, signed_in, task
) -> None:
    holder, signer = signed_in("jk-wgb"), signed_in("dy-cg")
    ask(holder, task, turn="after")
    holder.post(f"/task/{task}/complete", data=FILLED)
    with application.app_context(), transaction() as session:
        row = session.scalars(
            sa.select(HeldSubmission).where(HeldSubmission.task_id == task)
        ).one()
        row.data = {**row.data, "decision": "never"}
    told = signer.post(
        f"/signing/{task}/sign",
        data={"answer": "agree", "opinion": "同意"},
        follow_redirects=True,
    ).text
    assert "任务没有办结，已退回办理人" in told
    page = holder.get(f"/task/{task}").text
    assert "加签人都已同意，但是没有办结" in page
    assert FILLED["opinion"] in page


def test_the_deputy_of_an_absent_signer_finds_it_in_his_inbox(
    signed_in, task
) -> None:
    holder, deputy = signed_in("jk-wgb"), signed_in("dy-mz")
    absent = signed_in("dy-cg")
    absence = stand_in(absent, "dy-mz")
    ask(holder, task)
    assert f"/task/{task}" in deputy.get("/").text
    page = deputy.get(f"/task/{task}").text
    assert "您代 丁国强 加签" in page
    answer = {"answer": "agree", "opinion": "代为核对"}
    assert deputy.post(f"/signing/{task}/sign", data=answer).status_code == 302
    assert "（代 丁国强）" in holder.get(f"/task/{task}").text
    absent.post(f"/absences/{absence}/end")


def test_who_signs_a_plan_of_grids_sees_what_it_changes_as_the_holder_does(
    application, signed_in
) -> None:
    office, holder = signed_in("zd-wgb"), signed_in("jk-mz")
    signer, stranger = signed_in("dy-cg"), signed_in("jk-wgb")
    areas = office.get("/map/areas.geojson").json["features"]
    grid = "3211020010011001"
    own = [area["properties"] for area in areas]
    plan = {
        "kind": "split",
        "source_grids": grid,
        "reason": "户数增加，便于服务管理",
    }
    for number, area in enumerate(
        area["id"] for area in own if area["grid_code"] == grid
    ):
        plan |= {
            f"after.{number}.name": f"贺家弄社区第{number + 7}网格",
            f"after.{number}.kind": "general",
            f"after.{number}.areas": area,
            f"after.{number}.members": "zd-wgy1",
        }
    start = "/start/grid_adjustment/zhenjiang:grid-office:321102001"
    assert office.post(start, data=plan).status_code == 302
    with application.app_context(), transaction(writing=False) as session:
        query = sa.select(UserTask.id).where(
            UserTask.process_key == "grid_adjustment",
            UserTask.element_id == "give_opinion",
            UserTask.state == "open",
        )
        task = session.scalars(query.order_by(UserTask.id.desc())).first()
    assert 'id="preview"' in holder.get(f"/task/{task}").text
    ask(holder, task)
    page = signer.get(f"/task/{task}").text
    assert "请您加签" in page and 'id="preview"' in page
    assert "调整前后对照" in page
    assert 'id="preview"' not in stranger.get(f"/task/{task}").text
