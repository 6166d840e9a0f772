"""报酬, 组织和队伍, 装备和保险 on the pages: what is sent comes back, what is wrong is told, the member sees
what is his."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import sqlalchemy as sa

from orchestrator.domain.assessment import last_period
from orchestrator.domain.data_grades import DataGrade, DataRules
from orchestrator.domain.pay import first_and_last, month_before
from orchestrator.services import bundles
from orchestrator.store.assessments import PUBLISHED, AssessmentPeriod
from orchestrator.store.grid_groups import GridGroup
from orchestrator.store.pay import PaySheet
from orchestrator.store.people import Membership, Person
from orchestrator.store.session import transaction
from orchestrator.store.territories import Body
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


def _began_on_the_last_day(application, month: str) -> None:
    """The member of the east grid did."""
    days = first_and_last(month)
    person = sa.select(Person.id).where(Person.username == "zd-wgy1")
    with application.test_request_context(), transaction() as session:
        session.execute(
            sa.update(Membership)
            .where(Membership.person_id.in_(person))
            .values(from_on=days[1])
        )


def _stands_elsewhere(application, sheet: str) -> None:
    with application.test_request_context(), transaction() as session:
        row = session.get_one(PaySheet, sheet.rpartition("/")[2])
        row.rules = row.rules | {"elsewhere": [["石磊", "象山街道"]]}


def _done(client, sheet: str, step: str, **fields: str) -> str:
    """Completes the sheet's task as the pages offer it; the address of the matter."""
    shown = client.get(sheet).text
    (task,) = set(re.findall(r'href="(/task/[^"?]+)"', shown))
    page = client.get(task).text
    assert step in page and f'href="{sheet}"' in page
    form = _form_of(page, "_revision")
    given = dict(re.findall(r'name="(_\w+)" value="([^"]*)"', form))
    answer = client.post(f"{task}/complete", data={**given, **fields})
    assert answer.status_code == 302, answer.text
    (matter,) = set(re.findall(r'href="(/instance/[^"/]+)"', shown))
    return matter


def test_a_sheet_goes_through_three_hands_and_into_a_file(
    application, signed_in
) -> None:
    clerk, head = signed_in("zd-wgb2"), signed_in("zd-wgb")
    county, member = signed_in("jk-wgb"), signed_in("zd-wgy1")
    month = {"body": TOWNSHIP, "period": month_before(_today(application))}
    early = clerk.post("/pay/", data=month)
    assert early.status_code == 422 and "季度的网格员考核还没有" in early.text
    assert "考核公布、当月结束以后编制" in clerk.get("/pay/").text
    _publish(application)
    assert "编制报酬表" in clerk.get("/pay/").text
    _began_on_the_last_day(application, month["period"])
    sheet = clerk.post("/pay/", data=month).location
    _stands_elsewhere(application, sheet)
    page = clerk.get(sheet).text
    assert "第四十五条第一款" in page and "钟永明" in page
    assert re.search(r"绩效按\d{4}年第\d季度考核等次", page)
    assert page.count("当月在岗 1 天") == 1, "the others served all of it"
    assert "石磊：已列入象山街道的报酬表" in page
    (line,) = re.findall(rf'action="({sheet}/lines/\w+)"', page)[:1]
    wrong = clerk.post(line, data={"version": "1", "other": "十"})
    assert wrong.status_code == 422 and "金额应是" in wrong.text
    matter = _done(clerk, sheet, "核对报酬表", pay_note="按考核等次")
    wrote = clerk.get(sheet).text
    assert "现在的步骤：复核报酬表" in wrote and 'href="/task/' not in wrote
    (task,) = set(re.findall(r'href="(/task/[^"?]+)"', head.get(sheet).text))
    form = _form_of(clerk.get(task).text, "_revision")
    given = dict(re.findall(r'name="(_\w+)" value="([^"]*)"', form))
    good = {"check_decision": "approve"}
    own = clerk.post(f"{task}/complete", data={**given, **good})
    assert own.status_code >= 400 and "改动过的人不能复核" in own.text
    _done(head, sheet, "复核报酬表", check_decision="approve")
    assert "批准报酬表" in clerk.get(sheet).text
    by_hand = county.post(sheet, data={"act": "approve", "version": "3"})
    assert by_hand.status_code == 422 and "按流程办理" in by_hand.text
    _done(county, sheet, "批准报酬表", approval_decision="approve")
    assert "已批准" in head.get(sheet).text
    told = head.get(matter).text
    assert "报酬表校验值" in told and f'href="{sheet}"' in told
    assert "照此改后再报" not in clerk.get(matter).text, "nobody begins it so"
    table = county.get(f"{sheet}.csv").data.decode("utf-8-sig")
    assert table.startswith(
        "姓名,岗位,等次,基本报酬,绩效,另加,扣减,应发合计,已兑现奖励,已兑现补助,说明"
    )
    assert "当月在岗 1 天" in table and "石磊,已列入象山街道" in table
    assert county.get(f"{sheet}.xlsx").data[:2] == b"PK"
    assert member.get(sheet).status_code == 404
    own = member.get("/pay/").text
    assert "我的报酬" in own and "3000.00" in own
    assert "当月在岗 1 天" in own


def test_a_sheet_from_before_the_procedure_is_checked_on_its_page(
    application, signed_in
) -> None:
    head = signed_in("zd-wgb")
    with application.test_request_context(), transaction() as session:
        drawn = session.scalar(sa.select(PaySheet.id))
    if drawn is None:
        _publish(application)
        month = {"body": TOWNSHIP, "period": month_before(_today(application))}
        by = signed_in("zd-wgb2").post("/pay/", data=month)
        drawn = by.location.rpartition("/")[2]
    with application.test_request_context(), transaction() as session:
        row = session.get_one(PaySheet, drawn)
        row.instance_id, row.state = None, "submitted"
    shown = head.get(f"/pay/{drawn}").text
    acts = re.findall(r'name="act" value="(\w+)"', _form_of(shown, "reason"))
    assert acts == ["return"], "Enter in the reason sends back"
    given = {"act": "check", "version": _version(shown)}
    assert head.post(f"/pay/{drawn}", data=given).status_code == 302
    assert "待批准" in head.get(f"/pay/{drawn}").text


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
    abroad = given | {"version": "2", "phone": "+86 138", "remark": "甲\r\n乙"}
    assert head.post(group, data=abroad).status_code == 302
    file = head.get("/grid-groups/table.csv").data
    assert "限工作使用" in file.decode("utf-8-sig").splitlines()[-1]
    assert f"\t{EAST},".encode() in file, "a spreadsheet keeps each digit"
    sent = {"file": (BytesIO(file), "a.csv")}
    done = head.post("/grid-groups/import", data=sent)
    assert done.status_code == 302
    assert "已新增 0 条，修改 1 条" in head.get("/grid-groups/").text
    (row,) = _groups(application)
    assert (row.phone, row.remark) == ("+86 138", "甲\r\n乙")
    assert head.get("/grid-groups/table.csv").data == file
    assert member.get(group).status_code == 404
    ended = given | {"version": "4", "name": "", "ended": "yes"}
    refused = head.post(group, data=ended)
    assert refused.status_code == 422
    assert 'name="ended" value="yes" checked' in refused.text


def _groups(application) -> list[GridGroup]:
    with application.test_request_context(), transaction() as session:
        return list(session.scalars(sa.select(GridGroup)))


def test_a_row_with_something_hidden_is_not_opened(
    application, signed_in, monkeypatch
) -> None:
    head = signed_in("zd-wgb")
    given = {"kind": "party", "name": "第二支部", "phone": "13800009999"}
    head.post(f"/grid-groups/grids/{EAST}/new", data=given)
    (group,) = [
        row.id for row in _groups(application) if row.name == "第二支部"
    ]
    assert "13800009999" in head.get(f"/grid-groups/{group}").text
    grade = DataGrade(
        "groups",
        "联系电话",
        ("phone",),
        (),
        (),
        ("group",),
        ("police-station@any",),
        (),
        "default",
    )
    with application.test_request_context(), transaction() as session:
        profile = bundles.profile_in_force(session, "zhenjiang")
    graded = replace(profile, data=DataRules((grade,)))
    monkeypatch.setattr(bundles, "rules_of_sight", lambda *_given: graded)
    page = head.get(f"/grid-groups/{group}")
    assert page.status_code == 422 and "您没有看到的内容" in page.text
    assert "13800009999" not in page.text
    listed = head.get("/grid-groups/").text
    assert "第二支部" in listed and group not in listed


def test_nothing_is_registered_where_one_only_serves(
    application, signed_in
) -> None:
    with application.test_request_context(), transaction() as session:
        elsewhere = session.scalars(
            sa.select(Body)
            .where(
                Body.tenant_id == "zhenjiang",
                Body.role == "grid-member",
                ~Body.territory_path.startswith("321100/321102/321102001/"),
            )
            .order_by(Body.id)
        ).first()
        code = elsewhere.territory_code
        query = sa.select(Person.id).where(Person.username == "zd-wgb")
        session.add(
            Membership(
                person_id=session.scalar(query),
                body_id=elsewhere.id,
                title="网格员",
                from_on=date(2020, 1, 1),
            )
        )
    listed = signed_in("zd-wgb").get("/grid-groups/").text
    assert f"/grids/{code}" in listed
    assert f"/grid-groups/grids/{code}/new" not in listed
    assert f"/grid-groups/grids/{EAST}/new" in listed


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
    assert re.search(r'id="gf-line-\d+"[^>]* name="number"', twice.text)
    (issue,) = re.findall(
        r'name="returned" value="(\w+)"', head.get(page).text
    )
    head.post(f"{page}/issues", data={"returned": issue})
    assert "已终止" in member.get(page).text
