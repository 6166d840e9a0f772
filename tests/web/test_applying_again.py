"""A returned application shows what was changed; a refused one is applied again from what was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from orchestrator.services import instances, user_tasks
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION

APPLICANT, REVIEWER = "jk-cg", "jk-wgb"


def _person(username: str) -> int:
    with transaction(writing=False) as session:
        return session.scalars(
            sa.select(Person.id).where(Person.username == username)
        ).one()


def _open_task(instance_id: str) -> str:
    with transaction(writing=False) as session:
        query = sa.select(UserTask.id).where(
            UserTask.instance_id == instance_id, UserTask.state == "open"
        )
        return session.scalars(query).one()


def _apply(name: str, **more: str) -> str:
    return instances.start(
        "zhenjiang",
        "item_admission",
        {**APPLICATION, "item_name": name, **more},
        _person(APPLICANT),
        "zhenjiang:urban-management:321102",
        datetime.now(UTC),
    ).instance_id


def _do(instance_id: str, by: str, **values: str) -> None:
    user_tasks.complete(
        _open_task(instance_id), values, by=_person(by), now=datetime.now(UTC)
    )


def test_the_reviewer_sees_what_was_changed_after_the_return(
    application, signed_in
) -> None:
    with application.app_context():
        matter = _apply("河岸垃圾巡查")
        first = _open_task(matter)
    before = signed_in(REVIEWER).get(f"/task/{first}").text
    assert 'id="differences"' not in before, "nothing was changed yet"
    with application.app_context():
        _do(matter, REVIEWER, decision="supplement", opinion="请写明服务对象")
        changed = {
            **APPLICATION,
            "item_name": "河岸漂浮物巡查",
            "served": "沿河居民",
        }
        _do(matter, APPLICANT, submission="resubmit", **changed)
        again = _open_task(matter)
    text = signed_in(REVIEWER).get(f"/task/{again}").text
    shown = text.partition('id="differences"')[2].partition("</section>")[0]
    assert "河岸垃圾巡查</del>" in shown and "河岸漂浮物巡查</ins>" in shown
    assert "居民</del>" in shown and "沿河居民</ins>" in shown
    assert "每季度一次" not in shown, "what stayed is not told"


def test_a_refused_application_is_applied_again_from_what_was_written(
    application, signed_in
) -> None:
    with application.app_context():
        matter = _apply("屋顶违建巡查")
        _do(matter, REVIEWER, decision="reject", opinion="现行事项已覆盖")
    client = signed_in(APPLICANT)
    page = client.get(f"/instance/{matter}").text
    address = f"/start/item_admission/zhenjiang:urban-management:321102?again={matter}"
    assert "照此改后再报" in page and address in page
    form = client.get(address).text
    assert (
        'value="屋顶违建巡查"' in form
        and "消防条例" in form
        and "附件请重新上传" in form
    )
    assert (
        "照此改后再报"
        not in signed_in(REVIEWER).get(f"/instance/{matter}").text
    )


def test_what_one_does_not_see_is_not_applied_again(
    application, signed_in
) -> None:
    with application.app_context():
        matter = _apply("空置房屋巡查")
    other = signed_in("dy-cg")
    address = "/start/item_admission/zhenjiang:urban-management:321181"
    assert other.get(f"{address}?again={matter}").status_code == 404
    assert other.get(f"{address}?again=nothing").status_code == 404
    exit_form = "/start/item_exit/zhenjiang:urban-management:321102"
    own = signed_in(APPLICANT).get(f"{exit_form}?again={matter}")
    assert own.status_code == 200 and "空置房屋" not in own.text


def test_the_reviewer_of_a_new_application_sees_what_differs_from_the_refused_one(
    application, signed_in
) -> None:
    with application.app_context():
        matter = _apply("电梯困人巡查")
        _do(matter, REVIEWER, decision="reject", opinion="服务对象不清")
    address = f"/start/item_admission/zhenjiang:urban-management:321102?again={matter}"
    changed = {
        **APPLICATION,
        "item_name": "老旧电梯困人巡查",
        "served": "有电梯的小区居民",
    }
    sent = signed_in(APPLICANT).post(address, data=changed)
    new = sent.headers["Location"].rpartition("/")[2]
    with application.app_context():
        task = _open_task(new)
    reviewer = signed_in(REVIEWER)
    shown = (
        reviewer.get(f"/task/{task}")
        .text.partition('id="differences"')[2]
        .partition("</section>")[0]
    )
    assert "电梯困人巡查</del>" in shown and "老旧电梯困人巡查</ins>" in shown
    assert "有电梯的小区居民</ins>" in shown and "每季度一次" not in shown
    assert "照此前的申请再报" in reviewer.get(f"/instance/{new}").text
    assert signed_in("dy-cg").post(address, data=changed).status_code in (
        403,
        404,
    )


def test_how_a_matter_came_out_stands_wherever_it_is_listed(
    application, signed_in
) -> None:
    with application.app_context():
        matter = _apply("门店招牌巡查")
        _do(matter, REVIEWER, decision="reject", opinion="现行事项已覆盖")
    for client, page in (
        (signed_in(REVIEWER), "/done"),
        (signed_in(APPLICANT), "/started"),
    ):
        text = client.get(page).text
        row = text[text.index(f"/instance/{matter}") :].partition("</tr>")[0]
        assert "未予准入" in row and "已办结" in row, page


def test_what_was_admitted_for_a_time_says_until_when(
    application, signed_in
) -> None:
    last = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    with application.app_context():
        matter = _apply("庙会秩序巡查", leaves_on=last)
        _do(
            matter,
            REVIEWER,
            decision="approve",
            approver="government",
            opinion="同意报批",
        )
        _do(matter, "jk-zf", decision="approve", opinion="批准")
        _do(
            matter,
            REVIEWER,
            implementation_plan="按镇街分工落实",
            guarantees_confirmed="true",
        )
    client = signed_in(APPLICANT)
    row = client.get("/started").text
    assert (
        f"临时，至 {last}"
        in row[row.index(f"/instance/{matter}") :].partition("</tr>")[0]
    )
    assert f"临时，至 {last}" in client.get(f"/instance/{matter}").text
    assert f"临时，至 {last}" in client.get(f"/dossier/{matter}").text
