"""A leader and a recruitment at the desk in Zhenjiang; conduct, a reward and the pay sheet on telephones in
Dongying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from orchestrator.domain.pay import month_before
from orchestrator.store.assessments import (
    PUBLISHED,
    AssessmentPeriod,
    AssessmentResult,
)
from orchestrator.store.people import Membership, Person
from tests.browser.office import Office
from tests.conftest import serving

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
WEST = "3211020010011002"
COMMUNITY = "zhenjiang:{}:321102001001".format
STREET = "370502001"
AGREED = {"decision": "approve", "opinion": "同意方案"}


@pytest.fixture(scope="module")
def telephones(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    browser_context_args: dict,
) -> Iterator[Office]:
    """Dongying's people, each with a telephone."""
    folder = tmp_path_factory.mktemp("telephones")
    phone = {**browser_context_args, "viewport": PHONE}
    with serving(folder, "dongying") as address:
        yield Office(browser, address, phone, folder)


def _later(**passed: int) -> str:
    return f"{date.today() + timedelta(**passed)}"


def test_a_leader_is_named_with_the_opinions_of_party_and_committee(
    office: Office,
) -> None:
    number = office.start(
        "zd-wgb",
        "网格长确定",
        post_grid=WEST,
        leader_name="姜红梅",
        leader_username="zd-wgz2",
        leader_position="committee",
        party_organisation=COMMUNITY("community-party"),
        committee=COMMUNITY("village-committee"),
        proposal_reason="熟悉网格，居民信任",
    )
    agreed = {"decision": "approve", "opinion": "同意"}
    office.do("zd-dzz", number, "村（社区）党组织会同", **agreed)
    office.do("zd-jw", number, "村（居）委会会同", **agreed)
    office.do("zd-wgb", number, "确定网格长", **agreed)
    page = office.of("zd-wgb")
    page.goto(f"{office.address}/members/")
    office.check(page, "members")
    row = page.get_by_role("row").filter(has_text="姜红梅")
    expect(row).to_contain_text("网格长")


def test_a_recruitment_is_agreed_by_three_and_announced(
    office: Office,
) -> None:
    page = office.of("zd-zf")
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name="专职网格员招聘").first.click()
    if not page.locator('[name="places.0.post_grid"]').count():
        page.get_by_role("button", name="增加一项").click()
    plan = {
        "plan_title": "第一批专职网格员",
        "post": "full_time",
        "places__0__post_grid": WEST,
        "places__0__wanted": 1,
        "recruitment_need": "现有社区工作者都已担任，仍缺一人",
        "recruitment_means": "劳动合同用工，街道财政列支",
        "requirements": "高中以上学历",
    }
    office.fill(page, plan)
    office.check(page, "recruitment plan")
    page.get_by_role("button", name="提交", exact=True).click()
    status = page.get_by_role("status").filter(has_text="编号").first
    number = status.inner_text().rsplit(" ", 1)[-1]
    office.do("jk-wgb", number, "网格化机构会同", **AGREED)
    office.do("jk-rs", number, "人社部门会同", **AGREED)
    office.do("jk-mz", number, "民政部门会同", **AGREED)
    office.do(
        "zd-zf",
        number,
        "发布公告",
        notice_channels="政府网站、公示栏",
        examination_mode="笔试加面试",
        applications_until=_later(days=10),
    )
    page.goto(f"{office.address}/started")
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("第一批专职网格员")


def test_a_complaint_is_verified_heard_and_decided(telephones: Office) -> None:
    by = "dyq-wgzx"
    form = telephones.start_form(by, "网格员履职问题处理", "member")
    number = telephones.start(
        by,
        "网格员履职问题处理",
        member=form.choices("member")[0],
        complaint_source="public",
        complaint="登记为已走访，居民没有见到人",
    )
    telephones.do(
        by,
        number,
        "核查",
        finding="serious",
        finding_grounds="走访居民三户，均未见到",
    )
    telephones.do(
        by,
        number,
        "听取陈述申辩",
        hearing="objects",
        statement="因家中有事，请从轻处理",
    )
    telephones.do(
        by, number, "决定是否退出", decision="keep", opinion="情节较轻"
    )
    page = telephones.of(by)
    page.goto(f"{telephones.address}/?q={number}&view=done")
    _fits(page)


def test_a_reward_is_proposed_and_agreed(telephones: Office) -> None:
    form = telephones.start_form("wh-wgzx", "网格员表扬奖励", "member")
    number = telephones.start(
        "wh-wgzx",
        "网格员表扬奖励",
        member=form.choices("member")[0],
        reward_kind="praise",
        deed="巡查时发现燃气泄漏，及时上报并疏散群众",
        amount=500,
    )
    telephones.do(
        "dyq-wgzx",
        number,
        "核定",
        decision="approve",
        publicity_until=_later(days=7),
        opinion="情况属实",
    )


def test_a_pay_sheet_is_drawn_up_checked_approved_and_read_by_its_member(
    telephones: Office,
) -> None:
    assert telephones.folder is not None
    _assess(telephones.folder)
    drawn = telephones.of("wh-wgzx2")
    drawn.goto(f"{telephones.address}/pay/")
    telephones.check(drawn, "pay")
    drawn.get_by_role("button", name="编制报酬表").click()
    expect(drawn.get_by_role("status")).to_contain_text("报酬表已编制")
    telephones.check(drawn, "pay sheet")
    _fits(drawn)
    sheet = drawn.url
    drawn.get_by_role("link", name="办理经过").click()
    drawn.wait_for_url("**/instance/*")
    matter = drawn.url
    number = drawn.locator(".page-pretitle").inner_text().split(" · ")[1]
    _fits(drawn)
    checked, approved = (
        {"check_decision": "approve"},
        {"approval_decision": "approve"},
    )
    telephones.do("wh-wgzx2", number, "核对报酬表", pay_note="按考核等次")
    telephones.do("wh-wgzx", number, "复核报酬表", **checked)
    telephones.do("dyq-wgzx", number, "批准报酬表", **approved)
    drawn.goto(matter)
    _fits(drawn)
    drawn.get_by_role("link", name="报酬表", exact=True).click()
    expect(drawn).to_have_url(sheet)
    expect(drawn.get_by_text("已批准", exact=True)).to_be_visible()
    member = telephones.of("wh-wgy1")
    member.goto(f"{telephones.address}/pay/")
    expect(member.get_by_text("3600.00")).to_be_visible()
    _fits(member)


def _fits(page: Page) -> None:
    """Nothing of the page stands beside the telephone."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], page.url


def _assess(folder: Path) -> None:
    """Everybody has served for long; the street's assessment of the last month is published."""
    engine = sa.create_engine(f"sqlite:///{folder / 'gridflow.sqlite'}")
    now = datetime.now(UTC)
    # The city's own day, in whose month the page begins.
    month = month_before((now + timedelta(hours=8)).date())
    with Session(engine) as session:
        long_ago = now.date() - timedelta(days=400)
        session.execute(sa.update(Membership).values(from_on=long_ago))
        member = session.scalar(
            sa.select(Person.id).where(Person.username == "wh-wgy1")
        )
        period = AssessmentPeriod(
            id="p" * 20,
            tenant_id="dongying",
            rule="members",
            period=month,
            body_id=f"dongying:grid-office:{STREET}",
            territory_path=f"370500/370502/{STREET}/",
            name="网格员绩效考核",
            of="members",
            formula={},
            state=PUBLISHED,
            closed_at=now,
            appeal_until=now,
        )
        result = AssessmentResult(
            id="r" * 20,
            period_id=period.id,
            key=str(member),
            name="陈长青",
            score=95.0,
            grade="优秀",
            rank=1,
        )
        session.add(period)
        session.flush()
        session.add(result)
        session.commit()
    engine.dispose()
