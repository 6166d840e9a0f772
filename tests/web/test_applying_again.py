"""A returned application shows what was changed; a refused one is applied again from what was written."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from orchestrator.services import instances, user_tasks
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION

APPLICANT, REVIEWER = "jk-cg", "jk-wgb"


def _person(username: str) -> int:
    with transaction(writing=False) as session:
        return session.scalars(sa.select(Person.id).where(Person.username == username)).one()


def _open_task(instance_id: str) -> str:
    with transaction(writing=False) as session:
        query = sa.select(UserTask.id).where(UserTask.instance_id == instance_id, UserTask.state == "open")
        return session.scalars(query).one()


def _apply(name: str) -> str:
    return instances.start(
        "zhenjiang",
        "item_admission",
        {**APPLICATION, "item_name": name},
        _person(APPLICANT),
        "zhenjiang:urban-management:321102",
        datetime.now(UTC),
    ).instance_id


def _do(instance_id: str, by: str, **values: str) -> None:
    user_tasks.complete(_open_task(instance_id), values, by=_person(by), now=datetime.now(UTC))


def test_the_reviewer_sees_what_was_changed_after_the_return(application, signed_in) -> None:
    with application.app_context():
        matter = _apply("河岸垃圾巡查")
        first = _open_task(matter)
    before = signed_in(REVIEWER).get(f"/task/{first}").text
    assert 'id="differences"' not in before, "nothing was changed yet"
    with application.app_context():
        _do(matter, REVIEWER, decision="supplement", opinion="请写明服务对象")
        changed = {**APPLICATION, "item_name": "河岸漂浮物巡查", "served": "沿河居民"}
        _do(matter, APPLICANT, submission="resubmit", **changed)
        again = _open_task(matter)
    text = signed_in(REVIEWER).get(f"/task/{again}").text
    shown = text.partition('id="differences"')[2].partition("</section>")[0]
    assert "河岸垃圾巡查</del>" in shown and "河岸漂浮物巡查</ins>" in shown
    assert "居民</del>" in shown and "沿河居民</ins>" in shown
    assert "每季度一次" not in shown, "what stayed is not told"


def test_a_refused_application_is_applied_again_from_what_was_written(application, signed_in) -> None:
    with application.app_context():
        matter = _apply("屋顶违建巡查")
        _do(matter, REVIEWER, decision="reject", opinion="现行事项已覆盖")
    client = signed_in(APPLICANT)
    page = client.get(f"/matter/{matter}").text
    address = f"/start/item_admission/zhenjiang:urban-management:321102?again={matter}"
    assert "照此改后再报" in page and address in page
    form = client.get(address).text
    assert 'value="屋顶违建巡查"' in form and "消防条例" in form and "附件请重新上传" in form
    assert "照此改后再报" not in signed_in(REVIEWER).get(f"/matter/{matter}").text


def test_what_one_does_not_see_is_not_applied_again(application, signed_in) -> None:
    with application.app_context():
        matter = _apply("空置房屋巡查")
    other = signed_in("dy-cg")
    address = "/start/item_admission/zhenjiang:urban-management:321181"
    assert other.get(f"{address}?again={matter}").status_code == 404
    assert other.get(f"{address}?again=nothing").status_code == 404
    exit_form = "/start/item_exit/zhenjiang:urban-management:321102"
    own = signed_in(APPLICANT).get(f"{exit_form}?again={matter}")
    assert own.status_code == 200 and "空置房屋" not in own.text
