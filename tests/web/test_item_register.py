"""The item list of any day, what changes next, the page of one item, and what a reviewer sees beside an
application."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.store.item_reviews import ItemReview
from orchestrator.store.people import Person
from orchestrator.store.registers import (
    ItemListEntry,
    ItemListVersion,
    ServiceItem,
)
from orchestrator.store.session import transaction
from orchestrator.store.user_tasks import UserTask
from tests.web.test_registers import APPLICATION

PLACE = "321181"
BEGINS = date(2026, 3, 2)
ENDS = date(2096, 4, 30)


@pytest.fixture(scope="module")
def hydrant(application) -> str:
    """Id of an item of 丹阳市 that its department proposed: planned, temporary, with a decision."""
    with application.app_context(), transaction() as session:
        numbers = sa.select(sa.func.max(ItemListVersion.number)).where(
            ItemListVersion.tenant_id == "zhenjiang",
            ItemListVersion.territory_code == PLACE,
        )
        number = (session.scalar(numbers) or 0) + 1
        own = {"tenant_id": "zhenjiang", "territory_code": PLACE}
        session.add(
            ServiceItem(
                id="hydrant",
                code=f"{PLACE}-hydrant",
                name="市政消火栓完好巡查",
                category="治安安全",
                legal_basis="《消防法》",
                department="zhenjiang:emergency-management:321181",
                details={
                    "commitment_people": "每镇两人",
                    "why_grids": "点多面广",
                },
                **own,
            )
        )
        session.add(
            ItemListVersion(
                id="hydrant-v",
                number=number,
                effective_on=BEGINS,
                change="admission",
                approved_by="丹阳市人民政府 王五",
                created_at=datetime(2026, 2, 2, tzinfo=UTC),
                **own,
            )
        )
        session.flush()
        session.add(
            ItemListEntry(
                item_id="hydrant", entered_in=number, leaves_on=ENDS, **own
            )
        )
    return "hydrant"


def test_the_list_of_any_day_shows_what_was_in_force_on_it(
    signed_in, hydrant: str
) -> None:
    client = signed_in("dy-wgb")

    def listed(on: date) -> str:
        return client.get(f"/items?territory={PLACE}&on={on}").text.partition(
            'id="ahead"'
        )[0]

    assert (
        "市政消火栓"
        not in listed(BEGINS - timedelta(days=1)).partition(
            "已批准、尚未生效"
        )[0]
    )
    assert "市政消火栓" in listed(BEGINS) and "市政消火栓" in listed(ENDS)
    assert "市政消火栓" not in listed(ENDS + timedelta(days=1))
    assert "不是今天的" in listed(BEGINS) and "现行</span>" not in listed(
        BEGINS
    )


def test_the_calendar_says_what_changes_when(signed_in, hydrant: str) -> None:
    client = signed_in("dy-wgb")
    before = client.get(
        f"/items?territory={PLACE}&on={BEGINS - timedelta(days=5)}"
    ).text
    assert (
        "市政消火栓" in before.partition('id="ahead"')[2]
        and str(BEGINS) in before
    )
    near_the_end = client.get(
        f"/items?territory={PLACE}&on={ENDS - timedelta(days=5)}"
    ).text
    ahead = near_the_end.partition('id="ahead"')[2]
    assert str(ENDS + timedelta(days=1)) in ahead and "临时到期" in ahead


@pytest.mark.parametrize(
    "on", ["", "x", "2026-13-45", "0001-01-01", "9999-12-31", "2026-W01", "１"]
)
def test_what_is_no_day_shows_the_list_of_today(
    signed_in, hydrant: str, on: str
) -> None:
    answer = signed_in("dy-wgb").get(
        "/items", query_string={"territory": PLACE, "on": on}
    )
    assert answer.status_code == 200 and (
        "现行</span>" in answer.text or on == "2026-W01"
    )


def test_an_items_page_says_whose_it_is_and_what_was_promised(
    signed_in, hydrant: str
) -> None:
    text = signed_in("dy-wgb").get(f"/items/{hydrant}").text
    assert (
        "丹阳市应急管理局" in text
        and "每镇两人" in text
        and "《消防法》" in text
    )
    assert (
        "丹阳市人民政府 王五" in text
        and str(BEGINS) in text
        and "临时" in text
    )
    assert signed_in("dy-wgb").get("/items/nothing").status_code == 404


def test_an_items_page_tells_which_promises_were_kept(
    application, signed_in, hydrant: str
) -> None:
    assert "年度检查" not in signed_in("dy-wgb").get(f"/items/{hydrant}").text
    with application.app_context():
        with transaction(writing=False) as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-cg")
            ).one()
        instance_id = instances.start(
            "zhenjiang",
            "item_admission",
            {**APPLICATION, "item_name": "年度检查所附事项"},
            by,
            "zhenjiang:urban-management:321102",
            datetime.now(UTC),
        ).instance_id
        with transaction() as session:
            session.add(
                ItemReview(
                    instance_id=instance_id,
                    item_id=hydrant,
                    period="2026",
                    people="kept",
                    funds="unkept",
                    training="none",
                    conclusion="remedy",
                    opinion="经费三月底前拨付",
                    reviewed_at=datetime(2027, 1, 20, tzinfo=UTC),
                )
            )
    text = signed_in("dy-wgb").get(f"/items/{hydrant}").text
    _head, _heading, review = text.partition("年度检查")
    for expected in ("2026", "已落实", "未落实", "限期落实保障", "三月底前"):
        assert expected in review, expected


def test_a_reviewer_sees_what_is_like_the_item_on_his_own_and_the_neighbours_lists(
    application, signed_in, hydrant: str
) -> None:
    asked = {**APPLICATION, "item_name": "市政消火栓巡查"}
    with application.app_context():
        with transaction(writing=False) as session:
            by = session.scalars(
                sa.select(Person.id).where(Person.username == "jk-cg")
            ).one()
        begun = instances.start(
            "zhenjiang",
            "item_admission",
            asked,
            by,
            "zhenjiang:urban-management:321102",
            datetime.now(UTC),
        )
        with transaction(writing=False) as session:
            task = session.scalars(
                sa.select(UserTask.id).where(
                    UserTask.instance_id == begun.instance_id
                )
            ).one()
    text = signed_in("jk-wgb").get(f"/task/{task}").text
    _before, found, alike = text.partition('id="alike"')
    assert (
        found
        and "市政消火栓完好巡查" in alike.partition("</section>")[0]
        and "丹阳市" in alike
    )
    assert "民生公共服务协助" not in alike.partition("</section>")[0]
