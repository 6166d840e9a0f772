"""What somebody reads never leads to what he may not open: a visit, a resident's report, an assessed result
and a grid whose instance is closed to him; a list of a place that is none of his; another city's check."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from flask import Flask

from orchestrator.services import instances
from orchestrator.store.assessments import AssessmentPeriod, AssessmentResult
from orchestrator.store.grid_entries import GridEntry
from orchestrator.store.grid_work import Visit
from orchestrator.store.history_checks import HistoryCheck
from orchestrator.store.instances import Copy, ProcessInstance
from orchestrator.store.people import Person
from orchestrator.store.registers import GridEvent, ItemListVersion
from orchestrator.store.resident_reports import ResidentReport
from orchestrator.store.session import transaction
from tests.web.test_registers import APPLICATION

NOW = datetime.now(UTC)
GRID = "3211020010011001"
PATH = f"321100/321102/321102001/321102001001/{GRID}/"
READER, OFFICE = "zd-wgb", "zhenjiang:grid-office:321102001"
PAGES = {
    "a visit of a household": "/grid-register/entries/closed",
    "a resident's report": "/reports/closed",
    "an appeal against a result": "/assessment/results/closed",
    "a change of a grid": f"/grids/{GRID}",
}


@pytest.fixture(scope="module")
def application(two_cities: Flask) -> Flask:
    return two_cities


@pytest.fixture(scope="module")
def closed(application: Flask) -> str:
    """A restricted instance that the township's office does not see; a record of each kind names it."""
    with application.app_context():
        with transaction() as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-sf")
            ).one()
        instance = instances.start(
            "zhenjiang",
            "item_admission",
            {**APPLICATION},
            by,
            "zhenjiang:justice:321102",
            datetime.now(UTC),
        ).instance_id
        with transaction() as session:
            session.get_one(ProcessInstance, instance).restricted = True
            _records(session, instance, by)
    return instance


def _records(session, instance: str, by: int) -> None:
    base = {"tenant_id": "zhenjiang", "territory_path": PATH}
    session.add_all(
        [
            GridEntry(
                id="closed", grid_code=GRID, kind="household", name="走访户", verified_on=NOW.date(),
                changed_at=NOW, changed_by=by, **base,
            ),
            ResidentReport(
                id="closed", number="CLOS-EDCL-OSED", grid_code=GRID, key="closed", content="路灯",
                place="东门", sender="x", state="accepted", received_at=NOW, instance_id=instance, **base,
            ),
            AssessmentPeriod(
                id="closed", tenant_id="zhenjiang", territory_path="321100/321102/", rule="offices",
                period="2020-01", body_id="zhenjiang:grid-office:321102", name="考核", of="offices",
                formula={"indicators": [], "grades": []}, closed_at=NOW, appeal_until=NOW,
            ),
            GridEvent(
                tenant_id="zhenjiang", grid_code=GRID, kind="rename", on=NOW.date(), instance_id=instance
            ),
        ]
    )  # fmt: skip
    session.flush()
    session.add_all(
        [
            Visit(
                id="closed", entry_id="closed", person_id=by, key="closed", visited_at=NOW, outcome="met",
                recorded_at=NOW, instance_id=instance, **base,
            ),
            AssessmentResult(
                id="closed", period_id="closed", key=OFFICE, name="正东路街道", appeal="open",
                figures={}, appeal_id=instance,
            ),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("kind", PAGES)
def test_a_record_leads_to_its_instance_once_that_opens(
    application: Flask, signed_in, closed: str, kind: str
) -> None:
    reader = signed_in(READER)
    page, instance = PAGES[kind], f"/instance/{closed}"
    assert reader.get(instance).status_code == 404
    shown = reader.get(page)
    assert shown.status_code == 200 and closed not in shown.text
    with application.app_context(), transaction() as session:
        session.add(
            Copy(instance_id=closed, body_id=OFFICE, reason="", sent_at=NOW)
        )
    try:
        assert reader.get(instance).status_code == 200
        assert closed in reader.get(page).text, "the record names it"
    finally:
        with application.app_context(), transaction() as session:
            session.execute(sa.delete(Copy).where(Copy.instance_id == closed))


def test_a_visit_names_no_case_that_its_visitor_may_not_open(
    application: Flask, signed_in, closed: str
) -> None:
    with application.app_context(), transaction(writing=False) as session:
        number = session.get_one(ProcessInstance, closed).business_key
    visit = {
        "_key": "foreign-case",
        "visited_at": NOW.isoformat(),
        "outcome": "met",
        "case_no": number,
    }
    answer = signed_in("zd-wgy1").post("/grid-work/visits/closed", data=visit)
    assert answer.status_code == 422 and "没有找到编号" in answer.text


@pytest.fixture(scope="module")
def lists(application: Flask) -> dict[str, str]:
    """Somebody without a body, and a list of a neighbouring county that is none of his."""
    with application.app_context(), transaction() as session:
        session.add(
            Person(
                tenant_id="zhenjiang",
                username="no-body",
                display_name="无机构",
                password_hash="x",
            )
        )
        for number, city, code in (
            (1, "zhenjiang", "321111"),
            (2, "dongying", "370502"),
        ):
            known = sa.select(ItemListVersion.id).where(
                ItemListVersion.territory_code == code
            )
            if session.scalars(known).first() is None:
                session.add(
                    ItemListVersion(
                        id=f"closed-{number}", tenant_id=city, territory_code=code, number=1,
                        effective_on=date(2026, 1, 1), change="admission", created_at=NOW,
                    )
                )  # fmt: skip
    return {"neighbour": "321111", "other city": "370502"}


@pytest.mark.parametrize("who", ["no-body", READER])
@pytest.mark.parametrize("whose", ["neighbour", "other city"])
@pytest.mark.parametrize("address", ["/items", "/items.xlsx"])
def test_a_list_of_a_place_that_is_none_of_his_is_not_found(
    signed_in, lists, who: str, whose: str, address: str
) -> None:
    asked = {"territory": lists[whose]}
    assert signed_in(who).get(address, query_string=asked).status_code == 404
    assert signed_in(who).get("/items").status_code == 200


def test_an_administrator_has_his_own_city_checked_and_reads_its_findings_alone(
    application: Flask, signed_in
) -> None:
    with application.app_context(), transaction() as session:
        session.execute(sa.delete(HistoryCheck))
        session.add(
            HistoryCheck(
                tenant_id="dongying",
                asked_at=NOW,
                finished_at=NOW,
                broken=1,
                findings=["事准-2026-00777 第 3 条：被改动"],
            )
        )
    admin = signed_in("admin")
    assert admin.post("/admin/verify").status_code == 302
    with application.app_context(), transaction(writing=False) as session:
        asked = set(
            session.scalars(
                sa.select(HistoryCheck.tenant_id).where(
                    HistoryCheck.finished_at.is_(None)
                )
            )
        )
    assert asked == {"zhenjiang"}
    page = admin.get("/admin/")
    assert page.status_code == 200 and "事准-2026-00777" not in page.text
