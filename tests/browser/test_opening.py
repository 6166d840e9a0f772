"""A case is registered on a phone without a network, waits in the browser, and is sent once when there is a
network again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def office(
    browser: Browser, product: str, browser_context_args: dict
) -> Office:
    return Office(
        browser, product, {**browser_context_args, "viewport": PHONE}
    )


def opened(office: Office, username: str) -> Page:
    page = office.of(username)
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name=re.compile("事件办理")).first.click()
    return page


def begun(office: Office, page: Page, title: str) -> int:
    page.goto(f"{office.address}/started")
    return page.get_by_role("link", name=title).count()


def test_what_a_member_registers_without_a_network_is_sent_once_with_its_photograph(
    office: Office, tmp_path: Path
) -> None:
    page = opened(office, "zd-wgy1")
    for hidden in ("事件标题", "反映人电话", "知悉范围"):
        expect(page.get_by_label(hidden).first).to_be_hidden()
    office.check(page, "case on a phone")
    wide = "() => document.documentElement.scrollWidth"
    assert page.evaluate(wide) <= PHONE["width"]
    photo = tmp_path / "现场.png"
    page.screenshot(path=photo)
    page.context.set_offline(True)
    page.get_by_label("所属事项").select_option(index=1)
    page.get_by_label("详细地点").fill("三号楼断网处")
    page.get_by_label("照片和附件").set_input_files(photo)
    page.get_by_role("button", name="提交", exact=True).dblclick()
    waiting = page.get_by_role("region", name="待发送")
    expect(waiting).to_contain_text("三号楼断网处")
    expect(waiting.get_by_role("listitem")).to_have_count(1)
    expect(waiting).to_contain_text("1 个文件")
    expect(page.get_by_label("详细地点")).to_have_value("")
    office.check(page, "waiting to be sent")
    page.context.set_offline(False)
    expect(waiting).to_contain_text("已发送 1 件")
    assert begun(office, page, "三号楼断网处") == 1
    page.get_by_role("link", name="三号楼断网处").click()
    expect(
        page.get_by_role("link", name="登记时的照片：现场.png")
    ).to_be_visible()
    # Nothing waits any more, on any page.
    expect(page.get_by_role("region", name="待发送")).to_be_hidden()


def test_what_the_server_does_not_take_stays_and_goes_back_into_its_form(
    office: Office,
) -> None:
    page = opened(office, "zd-wgy1")
    page.context.set_offline(True)
    page.get_by_label("详细地点").fill("没有选事项")
    page.get_by_role("button", name="提交", exact=True).click()
    page.context.set_offline(False)
    waiting = page.get_by_role("region", name="待发送")
    expect(waiting).to_contain_text("请选择")
    place = page.get_by_label("详细地点")
    waiting.get_by_role("link", name="打开修改").click()
    expect(place).to_have_value("没有选事项")
    page.reload()
    expect(place).to_have_value("没有选事项")
    # What the server refuses again still waits, as it was typed last.
    place.fill("没有选事项，改过")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(waiting).to_contain_text("没有选事项，改过")
    # Who signs out is told that it stays here.
    page.evaluate("window.confirm = (text) => { window.told = text; }")
    page.locator("form[data-sign-out]").evaluate("it => it.requestSubmit()")
    assert "还有 1 件没有发送" in page.evaluate("window.told")
    page.get_by_label("所属事项").select_option(index=1)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已提交，编号")
    expect(page.get_by_role("region", name="待发送")).to_be_hidden()


def test_what_draws_a_map_or_a_diagram_is_loaded_when_the_box_is_seen(
    office: Office,
) -> None:
    """Who only reads his list on a phone loads neither."""
    page = office.of("zd-wgb")
    # So low that little stands above the map: nothing waits for this office in this product.
    page.set_viewport_size({"width": PHONE["width"], "height": 240})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{office.address}/home", wait_until="networkidle")
    assert [url for url in asked if "/map-" in url] == []
    page.locator("#home-map").scroll_into_view_if_needed()
    page.wait_for_selector("#home-map[data-ready]")
    page.set_viewport_size(PHONE)
    page.goto(f"{office.address}/cases")
    page.locator("main a[href*='/instance/']").first.click()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "/diagram-" in url] == []
    page.get_by_role("tab", name="流程图").click()
    page.wait_for_selector("[data-diagram][data-ready]")
