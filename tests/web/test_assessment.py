"""考核 on the pages: trial, closing, the result with its cases, an appeal; nobody else's result is shown."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from orchestrator.domain.assessment import last_period
from orchestrator.store.figures import CountedCase, CountedPart
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_figures import case
from web.shown import today

assert case
COUNTY = "zhenjiang:grid-office:321102"


@pytest.fixture(scope="module")
def last_month(application, case) -> str:
    """The month before, in which the case of test_figures stands as the bureau's."""
    with application.test_request_context(), transaction() as session:
        period = last_period("month", today())
        session.execute(
            sa.update(CountedCase)
            .where(CountedCase.instance_id == case)
            .values(state="archived", closed=period, registered=period)
        )
        session.add(
            CountedPart(
                instance_id=case,
                body_id="zhenjiang:urban-management:321102",
                asked=period,
                closed=period,
                late=False,
            )
        )
    return period


def test_a_month_is_tried_closed_shown_and_appealed_against(
    application, signed_in, last_month, case, monkeypatch
) -> None:
    head = signed_in("jk-wgb")
    address = {"rule": "departments", "period": last_month, "body": COUNTY}
    assert "试算和结账" in head.get("/assessment/").text
    trial = head.get("/assessment/draft", query_string=address)
    assert "京口区城市管理局" in trial.text and "按期办结率" in trial.text
    closed = head.post("/assessment/close", data=address)
    assert closed.status_code == 302
    page = head.get(closed.location).text
    (own,) = re.findall(
        r'href="(/assessment/results/\w+)">京口区城市管理局', page
    )
    result = head.get(own).text
    (behind,) = re.findall(rf'href="({own}/cases\?figure=closed)"', result)
    assert f"/instance/{case}" in head.get(behind).text
    table = head.get(f"{closed.location}/table.csv").data.decode("utf-8-sig")
    assert "京口区城市管理局" in table and "按期办结率" in table
    assert "（jk-wgb）于" in table.splitlines()[-1]
    bureau = signed_in("jk-cg")
    assert "京口区城市管理局" in bureau.get("/assessment/").text
    assert bureau.get(closed.location).status_code == 404
    assert "提交申诉" in bureau.get(own).text
    wrong = bureau.post(f"{own}/appeal", data={"reason": "错"})
    assert wrong.status_code == 422 and "申诉理由" in wrong.text
    bureau.post(f"{own}/appeal", data={"reason": "这件系上级挂账"})
    assert "申诉复核中" in bureau.get(own).text
    assert signed_in("dy-wgb").get(own).status_code == 404
    assert "这件系上级挂账" in bureau.get(own).text
    of_appeals = head.get("/?process=assessment_appeal&sort=-arrived")
    assert "复核申诉" in of_appeals.text
    with application.app_context(), transaction(writing=False) as session:
        task = session.scalars(
            sa.select(UserTask.id).where(
                UserTask.element_id == "review_appeal",
                UserTask.title.contains("京口区城市管理局"),
            )
        ).first()
    monkeypatch.setitem(
        application.jinja_env.globals,
        "row_facts",
        lambda row: [("议定什么", f"清理 {row.element_id}")],
    )
    review = head.get(f"/task/{task}").text
    assert "申诉理由" in review and "这件系上级挂账" in review
    assert "清理 review_appeal" in review


@pytest.mark.parametrize(
    "address",
    [
        "/assessment/draft",
        "/assessment/draft?rule=departments&period=2026-13&body=" + COUNTY,
        "/assessment/draft?rule=none&period=2026-10&body=" + COUNTY,
        "/assessment/draft?rule=departments&period=2026Q3&body=" + COUNTY,
        "/assessment/periods/none",
        "/assessment/results/none",
        "/assessment/results/none/cases?figure=closed",
        "/assessment/periods/none/table.csv",
    ],
)
def test_what_there_is_not_is_not_found(signed_in, address: str) -> None:
    assert signed_in("jk-wgb").get(address).status_code == 404


def test_a_period_without_a_formula_is_told_in_a_sentence(signed_in) -> None:
    answer = signed_in("jk-wgb").get(
        "/assessment/draft?rule=departments&period=2020-01&body=" + COUNTY
    )
    assert answer.status_code == 422 and "起施行" in answer.text
