"""The administrator of the platform: counts, numbers, steps and incidents; no content of any matter, and no
act on one."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.handlers import TOPICS
from orchestrator.handlers.context import HandlerRefused
from orchestrator.services import instances, user_tasks
from orchestrator.services.records import attachments
from orchestrator.store.incidents import Incident
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from orchestrator.store.timers import Deadline
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION

SECRET = "夜间噪声隐患摸排"


@pytest.fixture(scope="module")
def ids(application) -> dict[str, str]:
    """A matter with a file, a deadline, a timer and an incident."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        file = attachments.keep(
            b"%PDF-1.4\n%%EOF\n",
            "机密.pdf",
            "attachments",
            attachments.Claim("zhenjiang", by),
            now,
        )
        given = {**APPLICATION, "item_name": SECRET, "attachments": [file]}
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            given,
            by,
            "zhenjiang:justice:321102",
            now,
        )
        with transaction() as session:
            task = session.scalars(
                sa.select(UserTask).where(
                    UserTask.instance_id == begun.instance_id
                )
            ).one()
            deadline = session.scalars(
                sa.select(Deadline.id).where(
                    Deadline.instance_id == begun.instance_id
                )
            ).first()
            incident = Incident(
                id="f" * 22,
                tenant_id="zhenjiang",
                instance_id=begun.instance_id,
                element_id=task.element_id,
            )
            (
                incident.kind,
                incident.message,
                incident.details,
                incident.created_at,
            ) = (
                "handler-failed",
                "登记失败",
                {},
                now,
            )
            incident.state = "open"
            session.add(incident)
            key = session.get_one(
                ProcessInstance, begun.instance_id
            ).business_key
    yield {
        "matter": begun.instance_id,
        "task": task.id,
        "file": file,
        "deadline": deadline or "",
        "key": key,
        "step": task.name,
    }
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(Incident).where(Incident.id == "f" * 22))


def test_he_chooses_a_flow_where_no_condition_was_true(
    application, signed_in, ids
) -> None:
    now, incident_id = datetime.now(UTC), "c" * 22
    with application.app_context(), transaction() as session:
        details = {
            "command": "complete-user-task",
            "task": ids["task"],
            "by": 1,
        }
        session.add(
            Incident(
                id=incident_id,
                tenant_id="zhenjiang",
                instance_id=ids["matter"],
                element_id="review_result",
                kind="no-flow-taken",
                message="没有一条出线的条件成立",
                details=details,
                created_at=now,
                state="open",
            )
        )
    client, address = (
        signed_in("admin"),
        f"/admin/incidents/{incident_id}/choose",
    )
    page = client.get("/admin/").text
    assert "按此出线继续" in page
    ways = re.findall(r'<option value="(\w+)">', page)
    assert len(ways) >= 2
    assert (
        "请写明选择这条出线的理由"
        in client.post(address, data={"flow": ways[0]}).text
    )
    refused = client.post(
        address, data={"flow": "no_such_flow", "reason": "两个条件都不合实情"}
    ).text
    assert (
        "请从列出的出线中选择一条" in refused
        and "两个条件都不合实情" in refused
    )
    assert (
        client.post(
            address, data={"flow": ways[0], "reason": "两个条件都不合实情"}
        ).status_code
        == 302
    )
    assert "请办理人重新提交" in client.get("/admin/").text
    with application.app_context(), transaction(writing=False) as session:
        assert session.get_one(Incident, incident_id).state == "resolved"
        kept = select_last(session, ids["matter"])
        assert (kept.kind, kept.data["flow"]) == ("flow-chosen", ways[0])


def select_last(session, instance_id: str) -> HistoryEntry:
    entries = sa.select(HistoryEntry).where(
        HistoryEntry.instance_id == instance_id
    )
    return session.scalars(entries.order_by(HistoryEntry.seq.desc())).first()


def test_the_page_tells_numbers_and_steps_and_nothing_of_what_a_matter_says(
    signed_in, ids
) -> None:
    told = signed_in("admin").get("/admin/").text
    assert ids["key"] in told and ids["step"] in told and "登记失败" in told
    assert SECRET not in told
    assert "/instance/" not in told


@pytest.mark.parametrize(
    "address",
    [
        "/instance/{matter}",
        "/instance/{matter}/diagram",
        "/instance/{matter}/dossier",
        "/task/{task}",
        "/attachment/{file}",
        "/api/task/{task}",
    ],
)
def test_no_address_shows_him_a_matter(signed_in, ids, address: str) -> None:
    assert signed_in("admin").get(address.format(**ids)).status_code == 404


def test_no_list_shows_him_one(signed_in, ids) -> None:
    client = signed_in("admin")
    for address in (
        "/",
        "/done",
        "/started",
        "/copies",
        "/cases",
        f"/?q={SECRET}",
        "/api/task",
    ):
        assert SECRET not in client.get(address).text.replace(
            f'value="{SECRET}"', ""
        )


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/instance/{matter}/oversee/urge", {"reason": "请尽快"}),
        ("/instance/{matter}/oversee/void", {"reason": "登记有误"}),
        ("/instance/{matter}/oversee/merge", {"reason": "重复", "into": "x"}),
        ("/instance/{matter}/cancel", {"reason": "撤回"}),
        (
            "/deadline/{deadline}/extend",
            {"reason": "外调", "amount": "1", "unit": "working_days"},
        ),
        (
            "/deadline/{deadline}/suspend",
            {"reason": "外调", "review_on": "2099-01-01"},
        ),
        ("/deadline/{deadline}/resume", {}),
        ("/task/{task}/claim", {}),
        ("/task/{task}/complete", {}),
    ],
)
def test_he_acts_on_no_matter(
    application, signed_in, ids, address: str, sent: dict[str, str]
) -> None:
    def state() -> tuple:
        with application.app_context(), transaction(writing=False) as session:
            row, task = (
                session.get_one(ProcessInstance, ids["matter"]),
                session.get_one(UserTask, ids["task"]),
            )
            return row.state, row.history_seq, task.assignee_id, task.urged_at

    before = state()
    assert signed_in("admin").post(
        address.format(**ids), data=sent
    ).status_code in (
        403,
        404,
    )
    assert state() == before


@pytest.fixture
def stuck(application, monkeypatch) -> tuple[str, str]:
    """Ids of a matter whose approval could not be carried out, and of its incident."""

    def refuse(_context: object) -> None:
        raise HandlerRefused("清单暂时不能更改")

    now, given = (
        datetime.now(UTC),
        {"decision": "approve", "opinion": "情况属实"},
    )
    monkeypatch.setitem(TOPICS, "item-list.publish", refuse)
    with application.app_context():
        with transaction() as session:
            people = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            APPLICATION,
            people["jk-sf"],
            "zhenjiang:justice:321102",
            now,
        )
        for by, more in (
            ("jk-wgb", {"approver": "government"}),
            ("jk-zf", {}),
        ):
            with transaction() as session:
                open_tasks = (
                    UserTask.instance_id == begun.instance_id,
                    UserTask.state == "open",
                )
                task = session.scalars(
                    sa.select(UserTask.id).where(*open_tasks)
                ).one()
            user_tasks.complete(
                task, {**given, **more}, by=people[by], now=now
            )
        with transaction() as session:
            incident = session.scalars(
                sa.select(Incident.id).where(
                    Incident.instance_id == begun.instance_id
                )
            ).one()
    return begun.instance_id, incident


@pytest.mark.parametrize("username", ["jk-sf", "jk-wgb", "jk-zf"])
def test_what_stands_still_is_told_at_the_head_of_the_page_to_who_waits_for_it(
    signed_in, stuck, username: str
) -> None:
    instance, _incident = stuck
    page = signed_in(username).get(f"/instance/{instance}").text
    alerts = re.findall(
        r'<div class="alert alert-warning" role="status">(.*?)</div>',
        page,
        re.DOTALL,
    )
    (alert,) = alerts
    assert "清单暂时不能更改" in alert and "请等待处理" in alert


def test_he_sends_what_stands_still_back_to_whoever_decided_with_his_reason(
    application, signed_in, stuck
) -> None:
    matter, incident = stuck
    admin, address = (
        signed_in("admin"),
        f"/admin/incidents/{incident}/send-back",
    )
    assert address in admin.get("/admin/").text
    page = admin.get(address).text
    assert page.index('value="approve_by_government"') < page.index(
        'value="review_application"'
    )
    kept = admin.post(
        f"/admin/incidents/{incident}/resolve", data={"remark": "不再处理此事"}
    )
    assert (
        kept.status_code == 422
        and "仍停在“纳入清单”" in kept.text
        and "不再处理此事" in kept.text
    )
    for wrong in (
        {"to": "approve_by_government", "reason": ""},
        {"to": "nothing", "reason": "清单不能更改"},
    ):
        refused = admin.post(address, data=wrong)
        assert refused.status_code == 422 and wrong["reason"] in refused.text
    assert (
        signed_in("jk-wgb")
        .post(address, data={"to": "review_application", "reason": "试试"})
        .status_code
        == 403
    )
    assert (
        admin.post(
            address,
            data={"to": "approve_by_government", "reason": "清单不能更改"},
        ).status_code
        == 302
    )
    told = signed_in("jk-zf").get(f"/instance/{matter}").text
    assert "退回重新办理：政府审批" in told and "清单不能更改" in told
    with application.app_context(), transaction() as session:
        assert session.scalars(
            sa.select(UserTask.element_id).where(
                UserTask.instance_id == matter, UserTask.state == "open"
            )
        ).all() == ["approve_by_government"]
    assert admin.get(address).status_code == 404, (
        "nothing is open there any more"
    )
    assert admin.get("/admin/incidents/nothing/send-back").status_code == 404
