"""报酬, 组织和队伍, 装备和保险 on the pages: what is sent comes back, what is wrong is told, the member sees
what is his."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import BytesIO

import sqlalchemy as sa

from orchestrator.domain.assessment import last_period
from orchestrator.domain.pay import month_before
from orchestrator.store.assessments import PUBLISHED, AssessmentPeriod
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from web.shown import today

TOWNSHIP = "zhenjiang:grid-office:321102001"
EAST = "3211020010011001"


def _today(application) -> date:
    with application.test_request_context():
        return today()


def _publish(application) -> None:
    """The assessment that counts in the month before is published."""
    now = datetime.now(UTC)
    with application.test_request_context(), transaction() as session:
        session.execute(sa.update(Membership).values(from_on=date(2020, 1, 1)))
        first = today().replace(day=1)
        session.add(
            AssessmentPeriod(
                id="a" * 20,
                tenant_id="zhenjiang",
                rule="members",
                period=last_period("quarter", first),
                body_id="zhenjiang:grid-office:321102",
                territory_path="321100/321102/",
                name="网格员考核",
                of="members",
                formula={},
                state=PUBLISHED,
                closed_at=now,
                appeal_until=now,
            )
        )


def _version(text: str) -> str:
    (version,) = set(re.findall(r'name="version" value="(\d+)"', text))
    return version


def _form_of(text: str, field: str) -> str:
    """The form of the page that has the field."""
    forms = re.findall(r"<form.*?</form>", text, re.DOTALL)
    (form,) = [each for each in forms if f'name="{field}"' in each]
    return form


def test_a_sheet_goes_through_three_hands_and_into_a_file(
    application, signed_in
) -> None:
    clerk, head = signed_in("zd-wgb2"), signed_in("zd-wgb")
    county, member = signed_in("jk-wgb"), signed_in("zd-wgy1")
    month = {"body": TOWNSHIP, "period": month_before(_today(application))}
    early = clerk.post("/pay/", data=month)
    assert early.status_code == 422 and "还没有公布" in early.text
    _publish(application)
    assert "编制报酬表" in clerk.get("/pay/").text
    sheet = clerk.post("/pay/", data=month).location
    page = clerk.get(sheet).text
    assert "第四十五条第一款" in page and "钟永明" in page
    (line,) = re.findall(rf'action="({sheet}/lines/\w+)"', page)[:1]
    wrong = clerk.post(line, data={"version": "1", "other": "十"})
    assert wrong.status_code == 422 and "金额应是" in wrong.text
    for client, act in ((clerk, "submit"), (head, "check")):
        shown = client.get(sheet).text
        if act == "check":
            acts = re.findall(
                r'name="act" value="(\w+)"', _form_of(shown, "reason")
            )
            assert acts == ["return"], "Enter in the reason sends back"
        version = _version(shown)
        done = client.post(sheet, data={"act": act, "version": version})
        assert done.status_code == 302
    again = county.post(sheet, data={"act": "approve", "version": "1"})
    assert again.status_code == 422 and "有了变动" in again.text
    version = _version(county.get(sheet).text)
    county.post(sheet, data={"act": "approve", "version": version})
    assert "已批准" in head.get(sheet).text
    table = county.get(f"{sheet}.csv").data.decode("utf-8-sig")
    assert table.startswith("姓名,岗位,等次,基本报酬") and "合计" in table
    assert county.get(f"{sheet}.xlsx").data[:2] == b"PK"
    assert member.get(sheet).status_code == 404
    own = member.get("/pay/").text
    assert "我的报酬" in own and "3000.00" in own


def test_organisations_are_registered_read_and_taken_over(
    application, signed_in
) -> None:
    head, member = signed_in("zd-wgb"), signed_in("zd-wgy1")
    address = f"/grid-groups/grids/{EAST}/new"
    given = {"kind": "party", "name": "第一网格党支部", "head": "韩素梅"}
    wrong = head.post(address, data=given | {"name": ""})
    assert wrong.status_code == 422 and "请填写名称" in wrong.text
    assert head.post(address, data=given).status_code == 302
    assert "第一网格党支部" in member.get(f"/grids/{EAST}").text
    listed = head.get("/grid-groups/").text
    (group,) = set(re.findall(r'href="(/grid-groups/\w{20,24})"', listed))
    changed = head.post(group, data=given | {"version": "1", "head": "陈敏"})
    assert changed.status_code == 302 and "陈敏" in head.get(group).text
    file = head.get("/grid-groups/table.csv").data.splitlines()[:2]
    sent = {"file": (BytesIO(b"\r\n".join(file)), "a.csv")}
    done = head.post("/grid-groups/import", data=sent)
    assert done.status_code == 302
    assert "已新增 0 条，修改 1 条" in head.get("/grid-groups/").text
    assert member.get(group).status_code == 404


def test_equipment_and_insurance_stand_on_the_members_page(
    application, signed_in
) -> None:
    head, member = signed_in("zd-wgb"), signed_in("zd-wgy1")
    with application.test_request_context(), transaction() as session:
        query = sa.select(Person.id).where(Person.username == "zd-wgy1")
        person = session.scalar(query)
    page = f"/members/{person}"
    assert "没有在保的登记：人身意外伤害保险" in head.get(page).text
    given = {
        "kind": "insurance",
        "name": "accident",
        "number": "P-1",
        "from_on": _today(application).isoformat(),
    }
    assert head.post(f"{page}/issues", data=given).status_code == 302
    shown = member.get(page).text
    assert "P-1" in shown and "没有在保的登记：人身" not in shown
    assert "登记终止" not in shown, "he keeps no file of his own"
    twice = head.post(f"{page}/issues", data=given)
    assert twice.status_code == 422 and "已经登记过" in twice.text
    (issue,) = re.findall(
        r'name="returned" value="(\w+)"', head.get(page).text
    )
    head.post(f"{page}/issues", data={"returned": issue})
    assert "已终止" in member.get(page).text
