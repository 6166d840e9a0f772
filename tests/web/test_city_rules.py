"""Who answers for what: triage begins with what the matrix says, and everybody may read the matrix."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from orchestrator.services import instances
from orchestrator.store.people import Person
from orchestrator.store.registers import GridArea, ServiceItem
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
from orchestrator.store.user_tasks import UserTask

EAST = "3211020010011001"


def triage(application, category: str) -> str:
    """Id of the township's task for a case of that category that a member of the eastern grid reports."""
    with application.app_context():
        with transaction() as session:
            person = session.scalars(
                sa.select(Person.id).where(Person.username == "zd-wgy1")
            ).one()
            item = session.scalars(
                sa.select(ServiceItem.id).where(
                    ServiceItem.territory_code == "321102",
                    ServiceItem.category == category,
                )
            ).first()
            area = session.scalars(
                sa.select(GridArea.id).where(GridArea.grid_code == EAST)
            ).first()
        given = {
            "item_id": item,
            "case_title": "邻里纠纷",
            "description": "因漏水争吵",
            "location": "二单元",
            "priority": "normal",
            "disposal": "report",
            "area_id": area,
        }
        body = f"zhenjiang:grid-member:{EAST}"
        found = instances.start(
            "zhenjiang",
            "case_handling",
            given,
            person,
            body,
            datetime.now(UTC),
        ).instance_id
        with transaction(writing=False) as session:
            return session.scalars(
                sa.select(UserTask.id).where(
                    UserTask.instance_id == found, UserTask.state == "open"
                )
            ).one()


def chosen(page: str, field: str) -> list[str]:
    select = re.search(rf'<select[^>]*name="{field}".*?</select>', page, re.S)
    assert select
    return re.findall(r'value="([^"]+)"[^>]*selected', select[0])


def test_triage_begins_with_what_the_matrix_says_of_the_item(
    application, signed_in
) -> None:
    client = signed_in("zd-wgb")
    task = f"/task/{triage(application, '矛盾化解')}"
    page = client.get(task).text
    lead = "zhenjiang:justice-office:321102001"
    assert chosen(page, "lead_department") == [lead]
    assert chosen(page, "case_priority") == []
    assert "可填 1 至 20 个工作日" in page
    page = client.get(f"/task/{triage(application, '应急处置')}").text
    assert chosen(page, "lead_department") == [
        "zhenjiang:law-enforcement-team:321102001"
    ]
    assert chosen(page, "case_class") == ["complex"]
    assert chosen(page, "case_priority") == ["urgent"]
    assert "按责任清单预填" in page
    dissolve(application, lead, datetime.now(UTC))
    page = client.get(task).text
    assert chosen(page, "lead_department") == []
    assert "按责任清单预填" not in page, "nobody there is left"
    dissolve(application, lead, None)


def dissolve(application, body_id: str, at: datetime | None) -> None:
    with application.app_context(), transaction() as session:
        session.get_one(Body, body_id).dissolved_at = at


def test_a_township_is_offered_departments_of_its_own_level_and_the_county(
    application, signed_in
) -> None:
    page = signed_in("zd-wgb").get(f"/task/{triage(application, '宣传引导')}")
    select = re.search(
        r'<select[^>]*name="lead_department".*?</select>', page.text, re.S
    )
    assert select
    places = {
        value.rpartition(":")[2]
        for value in re.findall(r'value="(zhenjiang:[^"]+)"', select[0])
    }
    assert places == {"321102001", "321102"}


def test_what_the_matrix_has_no_row_for_begins_empty(
    application, signed_in
) -> None:
    page = signed_in("zd-wgb").get(f"/task/{triage(application, '宣传引导')}")
    assert chosen(page.text, "lead_department") == []
    assert "按责任清单预填" not in page.text


@pytest.mark.parametrize("username", ["admin", "designer", "zd-wgb"])
def test_matrix_limits_and_what_follows_are_read_on_a_page(
    signed_in, username: str
) -> None:
    page = signed_in(username).get("/rules/").text
    for text in (
        "综合行政执法队",
        "简易的 2 工作日",
        "分流时可另定 1 至 20 工作日",
        "镇（街道）机构分流：镇（街道）、县级部门（第三十三条第一款）",
        "抄送分流交办的网格化机构",
        "没有人领取的每 30 分钟再提醒一次",
    ):
        assert text in page
