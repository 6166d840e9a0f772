"""A form saves itself while somebody types: another device shows it, leaving before it is saved asks, a
submission clears it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office
from tests.browser.test_unsent import START, TYPED

pytestmark = pytest.mark.browser


def another_device(office: Office, username: str) -> Page:
    return Office(office.browser, office.address, office.context_args).of(
        username
    )


def test_what_was_typed_is_on_another_device_and_gone_after_submission(
    office: Office,
) -> None:
    page = office.of("zj-cg")
    page.goto(f"{office.address}{START}")
    office.fill(page, {**TYPED, "item_name": "自动保存的巡查"})
    expect(page.get_by_text("已自动保存")).to_be_visible()
    other = another_device(office, "zj-cg")
    other.goto(f"{office.address}/start")
    expect(other.get_by_text("草稿")).to_be_visible()
    other.goto(f"{office.address}{START}")
    expect(other.get_by_text("已恢复您于")).to_be_visible()
    expect(other.locator("[name=item_name]")).to_have_value("自动保存的巡查")
    expect(
        other.locator("[name=category]:checked, select[name=category]").first
    ).to_have_value("治安安全")
    # What this machine kept is not offered beside what the server has.
    page.reload()
    expect(page.locator("[name=item_name]")).to_have_value("自动保存的巡查")
    expect(page.locator("#kept-typed")).to_be_hidden()
    office.check(page, "restored form")
    other.get_by_role("button", name="提交", exact=True).click()
    expect(other.get_by_role("status")).to_contain_text("已提交，编号")
    page.reload()
    expect(page.locator("[name=item_name]")).to_have_value("")
    expect(page.get_by_text("已恢复您于")).to_be_hidden()


def test_leaving_before_it_is_saved_asks_and_nothing_is_lost(
    office: Office,
) -> None:
    page = another_device(office, "zj-cg")
    page.goto(f"{office.address}{START}")
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.context.set_offline(True)
    page.locator("[name=item_name]").click()
    page.keyboard.type("断网时写的巡查")
    expect(page.get_by_text("内容暂存在本机")).to_be_visible()
    page.context.set_offline(False)
    page.goto(f"{office.address}/start")
    assert asked == ["beforeunload"]
    page.goto(f"{office.address}{START}")
    # The last save may be lost with the page; the copy of this machine is there then.
    here = page.get_by_role("button", name="恢复这些内容")
    expect(here.or_(page.get_by_text("已恢复您于")).first).to_be_visible()
    if here.is_visible():
        here.click()
    expect(page.locator("[name=item_name]")).to_have_value("断网时写的巡查")
    expect(page.get_by_text("已自动保存")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="清除，重新填写").click()
    expect(page.get_by_role("status")).to_contain_text("已清除")
    expect(page.locator("[name=item_name]")).to_have_value("")
