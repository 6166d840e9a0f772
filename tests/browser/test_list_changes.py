"""A change of a list that can't be carried out is told in the browser where it is typed, and what was typed
stays."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser
START = "/start/item_admission/zhenjiang:urban-management:321100"
TYPED = {
    "item_name": "河道夜间值守",
    "category": "治安安全",
    "legal_basis": "《河道管理条例》第三条",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}


def apply(office: Office, **typed: str) -> Page:
    page = office.of("zj-cg")
    page.goto(f"{office.address}{START}")
    office.fill(page, {**TYPED, **typed})
    page.get_by_role("button", name="提交", exact=True).click()
    return page


def test_a_name_that_is_applied_for_already_is_told_at_its_field_with_the_number_and_nothing_typed_is_lost(
    office: Office,
) -> None:
    page = apply(office)
    told = page.get_by_role("status").inner_text()
    number = told.partition("编号 ")[2].split()[0].strip("，。")
    page = apply(
        office, item_name="河道 夜间值守。", effective_on="2020-01-01"
    )
    expect(page.get_by_text("拟生效日期不能早于").first).to_be_visible()
    page.locator("[name=effective_on]").fill("")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(
        page.get_by_text(f"{number} 正在申请纳入同名事项，尚未办结").first
    ).to_be_visible()
    for name, value in {**TYPED, "item_name": "河道 夜间值守。"}.items():
        if name != "category":
            expect(page.locator(f"[name={name}]")).to_have_value(value)
    office.check(page, "refused application")
    page.locator("[name=item_name]").fill("河道清晨值守")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已提交，编号")
