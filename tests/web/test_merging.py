"""Cases that look like one are told before it is sent and at its triage; a merge proposes the right one and
can be undone, on both records; in two cities."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services.instances import resident_reports
from orchestrator.services.records import history
from orchestrator.store.instances import HistoryEntry, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import Grid, GridCase
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.session import transaction
from orchestrator.store.timers import TimerJob
from orchestrator.store.user_tasks import UserTask, UserTaskCandidate

ROOT = Path(__file__).parents[2]
CITIES = {
    "zhenjiang": ("zd-wgy1", "zd-wgb", "3211020010011001", "zd-wgy6"),
    "dongying": ("wh-wgy1", "wh-wgzx", "3705020010111001", "wh-wgy5"),
}
"""City → a member, his office, his grid, a member of another grid."""


@pytest.fixture(scope="module")
def application(two_cities: Flask) -> Flask:
    return two_cities


def register(client, city: str, title: str, place: str, point: str) -> str:
    grid = CITIES[city][2]
    address = f"/start/case_handling/{city}:grid-member:{grid}"
    item = re.search(r'<option value="(\w{22})">', client.get(address).text)
    given = {
        "item_id": item[1],
        "case_title": title,
        "description": title,
        "location": place,
        "coordinates": point,
        "priority": "normal",
        "disposal": "report",
    }
    told = client.post(address, data=given)
    assert told.status_code == 302, told.text
    return told.location.rpartition("/")[2]


def rows(application, matter: str):
    with application.app_context(), transaction(writing=False) as session:
        tasks = session.execute(
            sa.select(UserTask.element_id, UserTask.state, UserTask.due_at)
            .where(UserTask.instance_id == matter)
            .order_by(UserTask.id)
        ).all()
        timers = session.execute(
            sa.select(TimerJob.id, TimerJob.due_at, TimerJob.state)
            .where(TimerJob.instance_id == matter)
            .order_by(TimerJob.id)
        ).all()
        instance = session.get_one(ProcessInstance, matter)
        return tasks, timers, instance.state, instance.variables


@pytest.mark.parametrize("city", list(CITIES))
def test_a_merge_proposes_the_case_that_looks_like_it_and_is_undone(
    application, signed_in, city
) -> None:
    member, office, grid, stranger = CITIES[city]
    reporter = signed_in(member)
    first = register(reporter, city, "井盖松动", "三号楼东侧", "32.2,119.47")
    register(reporter, city, "广场舞噪声", "文化广场", "")
    asked = f"/place/case_handling/{city}:grid-member:{grid}/alike"
    given = {"case_title": "井盖松动了", "location": "三号楼东侧"}
    told = reporter.get(asked, query_string=given).json["html"]
    assert f"/instance/{first}" in told and "写法相近" in told
    assert reporter.get(asked, query_string={"location": "别处"}).json == {
        "html": ""
    }
    double = register(
        reporter,
        city,
        "三号楼井盖松动伤人",
        "三号楼东侧路边",
        "32.2003,119.47",
    )
    before = rows(application, double)
    client = signed_in(office)
    merging = f"/instance/{double}/merging"
    assert merging in client.get(f"/instance/{double}").text
    assert merging not in reporter.get(f"/instance/{double}").text
    assert signed_in(stranger).get(merging).status_code == 404
    refused = reporter.get(merging)
    assert refused.status_code == 403 and "只有经办" in refused.text
    page = client.get(merging).text
    assert "可能是同一件事" in page and "相距 33 米" in page
    assert re.search(rf'value="{first}" selected', page)
    merge = {"into": first, "reason": "同一个井盖"}
    client.post(f"/instance/{double}/oversee/merge", data=merge)
    tasks, timers, state, _variables = rows(application, double)
    assert state == "cancelled" and not timers
    assert {each.state for each in tasks} == {"cancelled"}
    refused = reporter.post(
        f"/instance/{double}/oversee/unmerge", data={"reason": "不是"}
    )
    assert refused.status_code == 403
    merged = client.get(f"/instance/{double}").text
    assert "撤销并案" in merged and merging not in merged
    assert client.get(merging).status_code == 404
    undo = {"reason": "是另一个井盖"}
    client.post(f"/instance/{double}/oversee/unmerge", data=undo)
    assert rows(application, double) == before
    with application.app_context():
        with transaction(writing=False) as session:
            kinds = sa.select(HistoryEntry.kind).where(
                HistoryEntry.kind == "unmerged",
                HistoryEntry.instance_id.in_([first, double]),
            )
            assert len(session.scalars(kinds).all()) == 2
            case = session.get_one(GridCase, double)
            assert case.state == "open" and case.merged_into is None
            task = session.scalars(
                sa.select(UserTask.id).where(
                    UserTask.instance_id == double, UserTask.state == "open"
                )
            ).one()
        assert history.verify(double) == [] and history.verify(first) == []
    again = client.post(f"/instance/{double}/oversee/unmerge", data=undo)
    assert again.status_code == 409
    # The case goes on by its diagram.
    shown = client.get(f"/task/{task}").text
    assert "可能是同一件事" in shown
    bureau = re.search(
        r'name="lead_department".*?<option value="([^"]+:[^"]+)"', shown, re.S
    )[1]
    done = client.post(
        f"/task/{task}/complete",
        data={
            "decision": "assign",
            "lead_department": bureau,
            "opinion": "请办",
        },
    )
    assert done.status_code == 302, done.text


def test_a_case_that_one_may_not_see_is_told_of_without_its_title(
    application, signed_in
) -> None:
    member, _office, _grid, stranger = CITIES["zhenjiang"]
    secret = register(
        signed_in(member), "zhenjiang", "邻里纠纷升级", "五号楼二单元", ""
    )
    client = signed_in(stranger)
    start = client.get("/start").text
    body = re.search(r"/start/case_handling/([^\"?]+)", start)[1]
    given = {"case_title": "邻里纠纷升级", "location": "五号楼二单元"}
    told = client.get(
        f"/place/case_handling/{body}/alike", query_string=given
    ).json["html"]
    assert "您无权查看" in told
    assert secret not in told and "邻里纠纷" not in told
    assert "写法相近" not in told and "地点相同" not in told


def test_a_resident_reads_how_far_the_case_is_that_his_was_merged_into(
    application, signed_in
) -> None:
    member, office, grid, _other = CITIES["zhenjiang"]
    reporter = signed_in(member)
    first = register(reporter, "zhenjiang", "树枝断落", "南门花坛", "")
    double = register(reporter, "zhenjiang", "树枝折断", "南门花坛", "")
    merge = {"into": first, "reason": "同一棵树"}
    signed_in(office).post(f"/instance/{double}/oversee/merge", data=merge)
    told = resident_reports.Sent("树枝断了", "南门")
    with application.app_context():
        with transaction(writing=False) as session:
            place = session.get_one(Grid, ("zhenjiang", grid))
        number = resident_reports.receive(
            place, told, (), "", datetime.now(UTC)
        )
        with transaction() as session:
            report = session.scalars(
                sa.select(ResidentReport).where(
                    ResidentReport.number == number
                )
            ).one()
            report.state = "accepted"
            report.instance_id = double
            session.flush()
            assert session.get_one(GridCase, double).state == "merged"
            assert resident_reports.follow(session, number).state == "accepted"
            session.get_one(GridCase, first).state = "archived"
            session.flush()
            assert resident_reports.follow(session, number).state == "finished"


def test_a_merge_is_not_undone_in_a_retired_grid_and_leaves_no_task_with_who_left(
    application, signed_in
) -> None:
    member, office, grid, other = CITIES["zhenjiang"]
    reporter = signed_in(member)
    first = register(reporter, "zhenjiang", "路面塌陷", "河滨路口", "")
    double = register(reporter, "zhenjiang", "路面下沉", "河滨路口", "")
    client = signed_in(office)
    merge = {"into": first, "reason": "同一处"}
    client.post(f"/instance/{double}/oversee/merge", data=merge)

    def retire(state: str) -> None:
        with application.app_context(), transaction() as session:
            session.get_one(Grid, ("zhenjiang", grid)).state = state

    undo = {"reason": "两处"}
    address = f"/instance/{double}/oversee/unmerge"
    retire("retired")
    refused = client.post(address, data=undo, follow_redirects=True)
    retire("active")
    assert "已经撤销，不能撤销并案" in refused.text
    theirs = sa.select(UserTask).where(UserTask.instance_id == double)
    named = sa.select(Person).where(Person.username == other)
    with application.app_context(), transaction() as session:
        gone = session.scalars(named).one()
        gone.active = False
        session.scalars(theirs).one().assignee_id = gone.id
    client.post(address, data=undo)
    with application.app_context(), transaction() as session:
        session.scalars(named).one().active = True
        task = session.scalars(theirs).one()
        assert task.state == "open" and task.assignee_id is None
        offers = sa.select(UserTaskCandidate.offered).where(
            UserTaskCandidate.task_id == task.id
        )
        assert all(session.scalars(offers).all())
