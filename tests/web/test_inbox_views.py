"""The inbox: several tasks decided with one form, saved views, density, the preview, and what arrived
meanwhile."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.store.instances import HistoryEntry
from orchestrator.store.people import Membership, Person
from orchestrator.store.saved_views import InboxChoice, SavedView
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_unsent import task_of

REVIEWED = {
    "decision": "approve",
    "opinion": "材料齐全，同意",
    "approver": "government",
}
PAGE = {"process": "item_admission", "sort": "-arrived"}


@pytest.fixture(autouse=True)
def no_views(application):
    yield
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(InboxChoice))
        session.execute(sa.delete(SavedView))


@pytest.fixture
def approvals(application, signed_in) -> list[str]:
    """Three tasks of the government of Jingkou, whose form allows that they are decided together."""
    office, tasks = signed_in("jk-wgb"), []
    for place in ("东", "西", "北"):
        task = task_of(
            application,
            item_name=f"{place}片河道巡查{datetime.now(UTC):%H%M%S%f}",
        )
        assert (
            office.post(f"/task/{task}/complete", data=REVIEWED).status_code
            == 302
        )
        with application.app_context(), transaction(writing=False) as session:
            query = sa.select(UserTask.id).where(
                UserTask.instance_id == task.split(".")[0],
                UserTask.state == "open",
            )
            tasks.append(session.scalars(query).one())
    return tasks


def state_of(application, task: str) -> str:
    with application.app_context(), transaction(writing=False) as session:
        return session.get_one(UserTask, task).state


def test_tasks_of_one_step_are_decided_together_each_with_its_own_result(
    application, signed_in, approvals
) -> None:
    client, other = signed_in("jk-zf"), task_of(application)
    asked = client.post(
        "/several/together",
        data={"task": [*approvals, other], "_query": "sort=-arrived"},
    )
    page = client.get(asked.location).text
    assert (
        page.count('name="_task"') == 3
        and 'name="decision"' in page
        and "sort=-arrived" in page
    )
    sent = {
        "_task": approvals,
        "_key": "k1",
        "decision": "approve",
        "opinion": "",
        "_query": "sort=-arrived",
    }
    refused = client.post("/together", data=sent)
    assert (
        refused.status_code == 422 and refused.text.count('name="_task"') == 3
    )
    assert {state_of(application, task) for task in approvals} == {"open"}
    sent["opinion"] = "同意纳入本区清单"
    alone = {"decision": "reject", "opinion": "材料不实，不予批准"}
    assert (
        client.post(f"/task/{approvals[2]}/complete", data=alone).status_code
        == 302
    )
    stale = client.post(
        "/together", data={**sent, f"_revision.{approvals[1]}": "99"}
    )
    assert stale.status_code == 409 and stale.text.count("没有办成") == 2
    assert (
        "刚刚有变动" in stale.text
        and "梁海涛" in stale.text
        and "同意纳入本区清单" in stale.text
    )
    assert (
        f'value="{approvals[1]}"' in stale.text
        and f'value="{approvals[2]}"' not in stale.text
    )
    assert [state_of(application, task) for task in approvals] == [
        "completed",
        "open",
        "completed",
    ]
    again = client.post("/together", data={**sent, "_task": approvals[:2]})
    assert again.status_code == 302 and "sort=-arrived" in again.location
    assert "已办结 2 项" in client.get(again.location).text, (
        "the first was answered the same"
    )
    assert state_of(application, approvals[1]) == "completed"


def test_what_is_to_be_decided_alone_is_not_decided_together(
    application, signed_in, approvals
) -> None:
    task, client = task_of(application), signed_in("jk-wgb")
    page = client.get("/together", query_string={"_task": [task]}).text
    assert "要逐件办理" in page and "没有可以一起办理的任务" in page
    assert (
        client.post(
            "/together", data={"_task": [task], **REVIEWED}
        ).status_code
        == 409
    )
    assert state_of(application, task) == "open"
    stranger = (
        signed_in("dy-cg")
        .get("/together", query_string={"_task": approvals})
        .text
    )
    assert (
        "片河道巡查" not in stranger and "没有可以一起办理的任务" in stranger
    )
    with application.app_context(), transaction() as session:
        row = session.get_one(UserTask, approvals[0])
        row.delegation = "pending"
        row.assignee_id, row.owner_id = session.scalars(
            sa.select(Person.id)
            .where(Person.username.in_(("jk-zf", "jk-wgb")))
            .order_by(Person.username.desc())
        )
    asked = {"_task": approvals}
    page = signed_in("jk-zf").get("/together", query_string=asked).text
    assert "委派给您的" in page and page.count('name="_task"') == 2
    assert (
        'formaction="/several/together"'
        not in client.get("/", query_string=PAGE).text
    )
    assert (
        'formaction="/several/together"'
        in signed_in("jk-zf").get("/", query_string=PAGE).text
    )


def test_several_are_handed_over_and_urged(application, signed_in) -> None:
    first, second = (
        task_of(application),
        task_of(application, item_name="另一项巡查"),
    )
    client, applicant = signed_in("jk-wgb"), signed_in("jk-sf")
    page = client.get("/", query_string=PAGE).text
    to = re.search(
        r'<select[^>]*name="to".*?<option value="(\d+)">罗宏伟',
        page,
        re.DOTALL,
    )[1]
    data = {"task": [first, second], "to": to, "reason": "请您办理"}
    assert (
        "已转办 2 项"
        in client.post(
            "/several/assign", data=data, follow_redirects=True
        ).text
    )
    assert (
        f'data-task="{first}"'
        in signed_in("jk-wgb2").get("/?due=claimed&sort=-arrived").text
    )
    refused = client.post(
        "/several/assign", data=data, follow_redirects=True
    ).text
    assert refused.count("没有办成") == 2
    nobody = signed_in("jk-wgb2").post(
        "/several/assign", data={**data, "to": "x"}, follow_redirects=True
    )
    assert (
        nobody.text.count("只能转给同一办理机构的人员") == 2
        and 'value="请您办理"' in nobody.text
    )
    waiting = applicant.get("/?due=others&sort=-arrived").text
    assert "全部催办" in waiting and "全部领取" not in waiting
    sent = {
        "task": [first, second],
        "reason": "请尽快",
        "_query": "due=others",
    }
    assert (
        "已催办 2 项"
        in applicant.post(
            "/several/urge", data=sent, follow_redirects=True
        ).text
    )
    assert (
        "没有办成"
        in applicant.post(
            "/several/urge", data=sent, follow_redirects=True
        ).text
    )


def test_a_second_press_of_a_button_over_several_does_nothing_more(
    application, signed_in
) -> None:
    """Proves it with the key of the page: handed over to oneself and urged as who oversees, both of which may
    be done again; other words are another press."""
    task = task_of(application, item_name="再按一次的巡查")
    matter = task.split(".")[0]
    client = signed_in("jk-wgb")
    page = client.get("/", query_string=PAGE).text
    key = re.search(
        r'id="several".*?name="_key" value="([^"]+)"', page, re.DOTALL
    )[1]
    with application.app_context(), transaction(writing=False) as session:
        to = session.scalars(
            sa.select(Person.id).where(Person.username == "jk-wgb")
        ).one()
    sent = {"task": task, "_key": key, "to": to, "reason": "请您办理"}
    for action, told in (
        ("assign", "已转办 1 项"),
        ("urge", "已催办 1 项"),
        ("unclaim", "已放回 1 项"),
    ):
        for _press in range(2):
            assert (
                told
                in client.post(
                    f"/several/{action}", data=sent, follow_redirects=True
                ).text
            )
    assert entries(application, matter, "assigned", "urged", "unclaimed") == [
        "assigned",
        "urged",
        "unclaimed",
    ]
    client.post("/several/urge", data={**sent, "reason": "请今天办理"})
    address = f"/instance/{matter}/oversee/urge"
    assert (
        'name="_key"'
        in client.get(f"/instance/{matter}")
        .text.split(address)[1]
        .split("</form>")[0]
    )
    for _press in range(2):
        assert (
            client.post(
                address, data={"_key": "another", "reason": "请今天办理"}
            ).status_code
            == 302
        )
    assert entries(application, matter, "urged") == ["urged"] * 3


def entries(application, matter: str, *kinds: str) -> list[str]:
    """The kinds of the matter's entries that are among these, in their order."""
    query = sa.select(HistoryEntry.kind).where(
        HistoryEntry.instance_id == matter
    )
    with application.app_context(), transaction(writing=False) as session:
        return list(
            session.scalars(
                query.where(HistoryEntry.kind.in_(kinds)).order_by(
                    HistoryEntry.seq
                )
            )
        )


def test_a_view_keeps_filters_and_order_for_oneself_or_for_the_body(
    application, signed_in
) -> None:
    task = task_of(application)
    client, colleague, stranger = (
        signed_in("jk-wgb"),
        signed_in("jk-wgb2"),
        signed_in("jk-zf"),
    )
    kept = "q=审核申请&process=item_admission&sort=-arrived&after=x"
    data = {
        "_query": kept,
        "name": "  准入  审核 ",
        "body": "zhenjiang:grid-office:321102",
        "_first": "1",
    }
    saved = client.post("/views/save", data=data)
    assert "after" not in saved.location and "sort=-arrived" in saved.location
    assert 'class="gf-view gf-chosen"' in client.get(saved.location).text
    begun = client.get("/")
    assert begun.status_code == 302 and begun.location == saved.location
    assert f'data-task="{task}"' in client.get(begun.location).text
    assert client.get("/?view=all").status_code == 200
    shared = colleague.get("/").text
    assert (
        "准入 审核" in shared
        and "（共用）" in shared
        and "删除视图" not in colleague.get(saved.location).text
    )
    assert "准入 审核" not in stranger.get("/").text
    view = re.search(r"view=(\w+)", saved.location)[1]
    assert (
        stranger.post("/views/first", data={"_view": view}).status_code == 404
    )
    assert colleague.post(f"/views/{view}/remove").status_code == 404
    assert (
        colleague.post("/views/first", data={"_view": view}).status_code == 302
    )
    assert colleague.get("/").status_code == 302
    assert (
        client.post("/views/save", data={**data, "body": ""}).status_code
        == 302
    )
    assert (
        "准入 审核" not in colleague.get("/?view=all").text
        and colleague.get("/").status_code == 200
    )
    begin = {"_query": kept, "name": "准入 审核", "body": ""}
    client.post("/views/save", data={**begin, "_first": "1"})
    assert client.get("/").status_code == 302
    client.post("/views/save", data=begin)
    assert client.get("/").status_code == 200
    for wrong, status in (
        ({"name": " "}, 422),
        ({"name": "长" * 21}, 422),
        ({"body": "elsewhere"}, 403),
    ):
        assert (
            client.post("/views/save", data={**data, **wrong}).status_code
            == status
        )
    assert client.post(f"/views/{view}/remove").status_code == 302
    assert client.get("/").status_code == 200
    view = re.search(
        r"view=(\w+)", client.post("/views/save", data=data).location
    )[1]
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(
                Membership.body_id == data["body"],
                Membership.person_id
                == sa.select(Person.id)
                .where(Person.username == "jk-wgb")
                .scalar_subquery(),
            )
            .values(until_on=date(2026, 1, 1))
        )
    assert "删除视图" in colleague.get(f"/?view={view}").text
    assert stranger.post(f"/views/{view}/remove").status_code == 404
    assert colleague.post(f"/views/{view}/remove").status_code == 302
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.until_on == date(2026, 1, 1))
            .values(until_on=None)
        )


def test_the_list_stands_as_dense_as_its_reader_has_it(signed_in) -> None:
    client = signed_in("jk-wgb")
    assert "gf-compact" not in client.get("/").text
    answer = client.post(
        "/views/density", data={"_density": "compact", "_query": "sort=number"}
    )
    assert (
        answer.location == "/?sort=number"
        and "gf-compact" in client.get("/").text
    )
    assert (
        client.post("/views/density", data={"_density": "tiny"}).status_code
        == 404
    )
    assert "gf-compact" not in signed_in("jk-wgb2").get("/").text


def test_a_view_has_its_own_density(signed_in) -> None:
    client = signed_in("jk-wgb")
    data = {"_query": "sort=number", "name": "密", "_density": "compact"}
    view = client.post("/views/save", data=data).location
    assert "gf-compact" in client.get(view).text
    assert "gf-compact" not in client.get("/").text
    page = client.get(view).text
    assert re.search(r'name="_density" value="comfortable"', page)
    turned = client.post(
        "/views/density",
        data={"_density": "comfortable", "_query": view.partition("?")[2]},
    ).location
    assert "view=" in turned and "gf-compact" not in client.get(turned).text
    client.post("/views/density", data={"_density": "compact"})
    assert "gf-compact" in client.get("/").text
    assert "gf-compact" not in client.get(turned).text
    assert "gf-compact" in client.get("/?density=tiny").text
    wrong = {"_density": "tiny", "_query": "density=compact"}
    assert client.post("/views/density", data=wrong).status_code == 404
    client.post("/views/save", data={**data, "_density": "tiny"})
    assert "density=" not in client.get("/?view=all").text.split("gf-view ")[1]


def test_a_preview_has_the_facts_of_the_task(application, signed_in) -> None:
    task = task_of(application, served="沿河商户")
    shown = signed_in("jk-wgb").get(f"/inbox/task/{task}")
    assert shown.status_code == 200 and "<html" not in shown.text
    for fact in (
        "沿河商户",
        "宋志远",
        "审核申请",
        "由京口区网格化服务管理中心办理",
        "第十三条",
        f"/task/{task}",
    ):
        assert fact in shown.text, fact
    assert signed_in("jk-wgb").get("/inbox/task/nothing").status_code == 404


def test_what_arrived_since_is_counted_once_and_then_not_sent_again(
    application, signed_in
) -> None:
    client = signed_in("jk-wgb")
    since = {
        "since": re.search(r'data-since="([^"]+)"', client.get("/").text)[1]
    }
    nothing = client.get("/inbox/arrived", query_string=since)
    assert nothing.json["count"] == 0
    task_of(application)
    same = client.get(
        "/inbox/arrived",
        query_string=since,
        headers={"If-None-Match": nothing.headers["ETag"]},
    )
    assert same.json["count"] == 1
    for narrowed, count in (
        ({"due": "claimed"}, 0),
        ({"due": "others"}, 0),
        ({"q": "没有这样的事"}, 0),
        ({"q": "👵"}, 0),
        ({"process": "case_handling"}, 0),
        ({"process": "item_admission", "due": "new"}, 1),
    ):
        told = client.get("/inbox/arrived", query_string={**since, **narrowed})
        assert told.json["count"] == count, narrowed
    page = client.get("/?process=item_admission&due=new").text
    assert "/inbox/arrived?due=new&amp;process=item_admission" in page
    for tab in ("done", "started", "copies"):
        page = client.get(f"/{tab}?sort=title").text
        assert 'value="title" selected' in page, tab
    unchanged = client.get(
        "/inbox/arrived",
        query_string=since,
        headers={"If-None-Match": same.headers["ETag"]},
    )
    assert unchanged.status_code == 304 and not unchanged.data
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for text in (later, "x", "", "2026-01-01", "0001-01-01T00:00:00+14:00"):
        assert (
            client.get("/inbox/arrived", query_string={"since": text}).json[
                "count"
            ]
            == 0
        )
