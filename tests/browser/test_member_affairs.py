"""A grid's leader is named and members are recruited, by each of those who take part, at a real browser."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser

WEST = "3211020010011002"
COMMUNITY = "zhenjiang:{}:321102001001".format
AGREED = {"decision": "approve", "opinion": "同意方案"}


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
