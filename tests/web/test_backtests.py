"""The page that holds a draft against finished matters."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import designing, instances, user_tasks
from orchestrator.store.drafts import Draft
from orchestrator.store.people import Person
from orchestrator.store.session import transaction
from tests.web.test_registers import APPLICATION

ITEM = "河道回溯巡查"


@pytest.fixture(scope="module")
def draft(application) -> str:
    """A draft of admissions that asks somebody else for the review, after one was refused."""
    now = datetime.now(UTC)
    with application.app_context():
        with transaction() as session:
            ids = dict(
                session.execute(sa.select(Person.username, Person.id)).all()
            )
        given = {**APPLICATION, "item_name": ITEM}
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            given,
            ids["jk-sf"],
            "zhenjiang:justice:321102",
            now,
        )
        answer = {
            "decision": "reject",
            "approver": "government",
            "opinion": "不宜纳入",
        }
        user_tasks.complete(begun.task_ids[0], answer, ids["jk-wgb"], now)
        opened = designing.open_draft(
            "zhenjiang", "item_admission", ids["designer"], now
        )
        with transaction() as session:
            row = session.get_one(Draft, opened)
            name = designing.diagram_name(row)
            row.content = {
                name: row.content[name].replace(
                    '"grid-office@same"', '"justice@county"', 1
                )
            }
    return opened


def test_what_would_have_been_different_is_told(signed_in, draft: str) -> None:
    page = signed_in("designer").get(f"/design/{draft}/backtest?last=50")
    told = re.sub(r"\s+", " ", page.get_data(as_text=True))
    assert page.status_code == 200
    assert f"事项准入：{ITEM}" not in told, "a title is his who may see it"
    row = next(each for each in told.split("</tr>") if ">不同</span>" in each)
    assert ">不同</span>" in row
    assert "原由京口区网格化服务管理中心办，新版由京口区司法局办" in row
    assert re.search(r"[1-9]\d* 件会不同", told)
    assert (
        signed_in("designer")
        .get(f"/design/{draft}/backtest?last=many")
        .status_code
        == 200
    )


def test_a_broken_draft_is_told_what_to_correct(
    application, signed_in, draft: str
) -> None:
    with application.app_context(), transaction() as session:
        row = session.get_one(Draft, draft)
        kept = dict(row.content)
        name = designing.diagram_name(row)
        row.content = {
            name: kept[name].replace(' default="review_passed"', "", 1)
        }
    page = signed_in("designer").get(f"/design/{draft}/backtest")
    assert page.status_code == 422
    assert "草稿还有错误，改正之后才能检验" in page.get_data(as_text=True)
    with application.app_context(), transaction() as session:
        session.get_one(Draft, draft).content = kept


def test_a_draft_of_nobody_is_not_found(signed_in) -> None:
    assert (
        signed_in("designer").get("/design/nothing/backtest").status_code
        == 404
    )
