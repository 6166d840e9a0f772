"""Sending back and taking back, on their pages."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator.services.records import purposes
from orchestrator.store.saved_forms import SavedForm
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_unsent import task_of

FILLED = {
    "decision": "approve",
    "opinion": "材料齐全，同意",
    "approver": "government",
}


def open_tasks(application, matter: str) -> list[UserTask]:
    with application.app_context(), transaction(writing=False) as session:
        query = sa.select(UserTask).where(
            UserTask.instance_id == matter, UserTask.state == "open"
        )
        return list(session.scalars(query))


def test_the_page_says_what_it_means_and_then_the_step_is_done_again(
    application, signed_in
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    official, government = signed_in("jk-wgb"), signed_in("jk-zf")
    assert (
        official.post(f"/task/{task}/complete", data=FILLED).status_code == 302
    )
    (deciding,) = open_tasks(application, matter)
    assert (
        f"/returning/{deciding.id}"
        in government.get(f"/task/{deciding.id}").text
    )
    page = government.get(f"/returning/{deciding.id}").text
    assert (
        "审核申请" in page
        and "作废的办理结果" in page
        and "重新起算" in page
        and deciding.name in page
    )
    assert official.get(f"/returning/{deciding.id}").status_code == 404
    missing = government.post(
        f"/returning/{deciding.id}",
        data={"step": "review_application", "reason": ""},
    )
    assert missing.status_code == 422 and "请写明退回的理由" in missing.text
    typed = {"_key": "k1", "step": "review_application", "reason": "面积有"}
    kept = f"/begun/return/{deciding.id}"
    assert official.post(kept, data=typed).status_code == 409
    assert government.post(kept, data=typed).status_code == 200
    page = signed_in("jk-zf").get(f"/returning/{deciding.id}").text
    assert "自动保存的内容，还没有提交。" in page and 'value="k1"' in page
    assert 'value="面积有"' in page
    sent = {
        "step": "review_application",
        "reason": "面积有误",
        "_revision": str(deciding.revision),
        "_saved": "1",
    }
    assert (
        government.post(f"/returning/{deciding.id}", data=sent).status_code
        == 302
    )
    (again,) = open_tasks(application, matter)
    assert again.element_id == "review_application"
    with application.app_context(), transaction(writing=False) as session:
        purpose = purposes.of_returning(deciding.id)
        assert not session.scalars(
            sa.select(SavedForm.purpose).filter_by(purpose=purpose)
        ).all()
    assert "面积有误" in official.get(f"/task/{again.id}").text


def test_one_takes_back_ones_own_decision_until_somebody_acts(
    application, signed_in
) -> None:
    task = task_of(application)
    matter = task.partition(".")[0]
    official, government = signed_in("jk-wgb"), signed_in("jk-zf")
    address = f"/returning/{matter}/recall"
    assert address not in official.get(f"/instance/{matter}").text
    official.post(f"/task/{task}/complete", data=FILLED)
    assert address in official.get(f"/instance/{matter}").text
    assert address not in government.get(f"/instance/{matter}").text
    back = official.post(address, data={"reason": "选错了审批机关"})
    assert back.status_code == 302
    again = back.headers["Location"].rpartition("/")[2]
    assert f"/task/{again}/complete" in official.get(f"/task/{again}").text
    official.post(f"/task/{again}/complete", data=FILLED)
    (deciding,) = open_tasks(application, matter)
    government.post(f"/task/{deciding.id}/claim")
    assert address not in official.get(f"/instance/{matter}").text
    late = official.post(address, data={"reason": "再改一次"})
    assert (
        late.status_code == 409
        and "不能撤回" in late.text
        and "再改一次" in late.text
    )
