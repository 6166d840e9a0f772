"""The telephone of a resident's report: masked until it is opened with a reason that his administrator
reviews; read, opened or not seen as the city grades it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import bundles, deployments, jurisdictions
from orchestrator.store import people_pages
from orchestrator.store.accounts import AccountEvent
from orchestrator.store.instances import ProcessInstance
from orchestrator.store.report_openings import KIND
from orchestrator.store.resident_reports import (
    ReportAttempt,
    ResidentReport,
)
from orchestrator.store.session import transaction
from tests.web.conftest import ROOT
from tests.web.counting import statements
from tests.web.test_resident_reports import (
    MASKED,
    PHONE,
    number_of,
    report_of,
    send,
)
from web import account_changes

HIDDEN = "不在您的知悉范围内"
WHY = "与反映人约定到现场的时间"
OWN = 'opened_by = ["grid-office@township"]'
"""As Zhenjiang's own profile grades it."""


@pytest.fixture
def report(application) -> str:
    """Id of a report that nobody has opened."""
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(ReportAttempt))
        session.execute(
            sa.delete(AccountEvent).where(AccountEvent.kind == KIND)
        )
    key = f"graded-{datetime.now(UTC).timestamp()}"
    number = number_of(send(application.test_client(), _key=key))
    return report_of(application, number).id


@contextmanager
def graded(application, readers: str) -> Iterator[None]:
    """The city grades the telephone so."""
    city = dict(jurisdictions.resources(ROOT / "bpmn" / "zhenjiang"))
    before = city["jurisdiction.toml"]
    head, key, grade = before.decode().partition(
        "[data.grades.resident_report]"
    )
    assert OWN in grade
    changed = f"{head}{key}{grade.replace(OWN, readers, 1)}".encode()
    for profile in (changed, before):
        city["jurisdiction.toml"] = profile
        with application.app_context():
            deployments.deploy(city, "zhenjiang", None, datetime.now(UTC))
            bundles.forget()
        if profile is changed:
            yield


def test_it_is_masked_until_he_says_why_and_closes_again(
    application, signed_in, report
) -> None:
    client = signed_in("zd-wgb")
    page = client.get(f"/reports/{report}").text
    assert MASKED in page and PHONE not in page
    assert "没有打开的电话随事件一起保存" in page
    refused = client.post(f"/reports/{report}/disclose", data={"reason": ""})
    assert refused.status_code == 422 and "请写明查看的事由" in refused.text
    assert PHONE not in client.get(f"/reports/{report}").text
    client.post(f"/reports/{report}/disclose", data={"reason": WHY})
    page = client.get(f"/reports/{report}").text
    assert page.count(PHONE) == 2, "in the facts and in the case's form"
    assert PHONE not in signed_in("zd-wgb2").get(f"/reports/{report}").text
    with application.app_context(), transaction() as session:
        session.execute(
            sa.update(AccountEvent)
            .where(AccountEvent.kind == KIND)
            .values(at=datetime.now(UTC) - timedelta(minutes=31))
        )
    assert PHONE not in client.get(f"/reports/{report}").text


def test_what_is_refused_shows_no_telephone_that_was_not_opened(
    signed_in, report
) -> None:
    client = signed_in("zd-wgb")
    refused = client.post(f"/reports/{report}/accept", data={})
    assert refused.status_code == 422 and PHONE not in refused.text


def test_the_administrator_reviews_each_opening_and_its_person_answers(
    signed_in, report
) -> None:
    client, administrator = signed_in("zd-wgb"), signed_in("admin")
    client.post(f"/reports/{report}/disclose", data={"reason": WHY})
    page = administrator.get("/admin/looks/?waiting=1").text
    assert WHY in page and "居民反映" in page
    (look,) = re.findall(r'name="look" value="(account:\d+)"', page)
    doubt = {"look": look, "verdict": "questioned", "note": "为何不用来电"}
    told = administrator.post("/admin/looks/review", data=doubt)
    assert told.status_code == 302
    assert look not in administrator.get("/admin/looks/?waiting=1").text
    assert "为何不用来电" in administrator.get("/admin/looks/").text
    home = client.get("/home").text
    assert "为何不用来电" in home
    (address,) = set(re.findall(r'action="([^"]*account:\d+[^"]*)"', home))
    client.post(address, data={"answer": "来电没有显示号码"})
    page = administrator.get("/admin/looks/").text
    assert "本人说明：来电没有显示号码" in page


@pytest.mark.parametrize(
    ("readers", "shown", "after_a_reason"),
    [
        ('seen_by = ["grid-office@township"]', PHONE, PHONE),
        ('opened_by = ["grid-office@township"]', MASKED, PHONE),
        ('opened_by = ["grid-office@county"]', HIDDEN, HIDDEN),
    ],
)
def test_a_city_says_who_reads_and_who_opens_it(
    application, signed_in, report, readers, shown, after_a_reason
) -> None:
    client = signed_in("zd-wgb")
    with graded(application, readers):
        page = client.get(f"/reports/{report}").text
        assert shown in page
        assert (PHONE in page) is (shown == PHONE)
        client.post(f"/reports/{report}/disclose", data={"reason": WHY})
        page = client.get(f"/reports/{report}").text
        assert after_a_reason in page
        assert (PHONE in page) is (after_a_reason == PHONE)


def openings(application) -> int:
    with application.app_context(), transaction(writing=False) as session:
        rows = sa.select(sa.func.count()).select_from(AccountEvent)
        return session.scalar(rows.where(AccountEvent.kind == KIND))


def test_where_the_telephone_is_hidden_no_opening_is_recorded(
    application, signed_in, report
) -> None:
    client = signed_in("zd-wgb")
    with graded(application, 'opened_by = ["grid-office@county"]'):
        told = client.post(f"/reports/{report}/disclose", data={"reason": WHY})
    assert told.status_code == 404 and openings(application) == 0


def test_a_page_asks_once_whether_the_telephone_is_open(
    application, signed_in, report
) -> None:
    client = signed_in("zd-wgb")
    for load in (
        lambda: client.get(f"/reports/{report}"),
        lambda: client.post(f"/reports/{report}/accept", data={}),
    ):
        with statements(application) as sent:
            load()
        asked = [text for text in sent if "max(account_event.at)" in text]
        assert len(asked) == 1


def test_many_openings_do_not_crowd_out_the_record_of_an_account(
    application, signed_in, report
) -> None:
    signed_in("zd-wgb").post(
        f"/reports/{report}/disclose", data={"reason": WHY}
    )
    with application.app_context(), transaction() as session:
        opened = session.scalars(
            sa.select(AccountEvent).where(AccountEvent.kind == KIND)
        ).one()
        for number in range(101):
            earlier = opened.at - timedelta(minutes=number)
            kind = KIND if number else "unlocked"
            if not number:
                earlier = opened.at - timedelta(days=1)
            session.add(
                AccountEvent(
                    person_id=opened.person_id,
                    at=earlier,
                    kind=kind,
                    details=dict(opened.details),
                )
            )
        session.flush()
        lines = people_pages.record(session, opened.person_id)
        assert [line[0].kind for line in lines] == ["unlocked"]
        session.rollback()


def test_every_change_of_an_account_has_words_on_its_page(application) -> None:
    with application.test_request_context():
        known = account_changes.names()
    noted = set()
    for file in (ROOT / "orchestrator").rglob("*.py"):
        text = file.read_text("utf-8")
        noted |= set(
            re.findall(r"\bnote\(\s*session,\s*person,\s*\"([a-z-]+)\"", text)
        )
    assert len(noted) > 10 and noted <= known.keys()


def test_a_report_is_accepted_unopened_where_the_telephone_is_required(
    application, signed_in, report
) -> None:
    city = dict(jurisdictions.resources(ROOT / "bpmn" / "zhenjiang"))
    name = "case_report.form"
    before = (ROOT / "forms" / "definitions" / name).read_bytes()
    form = json.loads(city.get(name, before))
    (phone,) = [
        field
        for field in form["components"]
        if field.get("key") == "reporter_phone"
    ]
    phone["validate"]["required"] = True
    city[name] = json.dumps(form).encode()
    client = signed_in("zd-wgb")
    with application.app_context():
        deployments.deploy(city, "zhenjiang", None, datetime.now(UTC))
        bundles.forget()
    try:
        refused = client.post(f"/reports/{report}/accept", data={})
        assert refused.status_code == 422 and PHONE not in refused.text
        page = client.get(f"/reports/{report}").text
        assert PHONE not in page
        values = {
            "item_id": re.search(r'<option value="(\w{22})">', page)[1],
            "case_title": "路灯不亮",
            "description": "路灯不亮，晚上看不清",
            "area_id": re.search(r'<option value="(\d{12}-01)"', page)[1],
            "location": "3号楼前",
            "priority": "normal",
            "disposal": "report",
        }
        done = client.post(f"/reports/{report}/accept", data=values)
    finally:
        with application.app_context():
            city = jurisdictions.resources(ROOT / "bpmn" / "zhenjiang")
            deployments.deploy(city, "zhenjiang", None, datetime.now(UTC))
            bundles.forget()
    assert done.status_code == 302, done.text
    with application.app_context(), transaction(writing=False) as session:
        accepted = session.get_one(ResidentReport, report)
        case = session.get_one(ProcessInstance, accepted.instance_id)
        assert case.variables["reporter_phone"] == PHONE
