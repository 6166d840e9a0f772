"""The list of tasks in two cities: keys, preview, what arrives meanwhile, several decided with one form,
saved views; each page without a serious accessibility finding."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.office import Office
from tests.browser.test_legal_review import APPLICATION
from tests.conftest import serving

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    browser_context_args: dict,
) -> Iterator[Office]:
    with serving(
        tmp_path_factory.mktemp("inbox"), "zhenjiang", "dongying"
    ) as address:
        yield Office(browser, address, browser_context_args)


def test_the_keys_move_preview_and_select_and_what_arrives_waits_until_it_is_asked_for(
    office: Office,
) -> None:
    for name in ("夜间噪声摸排", "沿河垃圾清理"):
        office.start("jk-sf", "事项准入", item_name=name, **APPLICATION)
    page = office.of("jk-wgb")
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{office.address}/?sort=number")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    preview = page.locator("#task-preview")
    expect(preview.get_by_role("heading", name="沿河垃圾清理")).to_be_visible()
    expect(preview).to_contain_text("《江苏省消防条例》第二十条")
    page.keyboard.press("k")
    expect(preview.get_by_role("heading", name="夜间噪声摸排")).to_be_visible()
    page.keyboard.press("x")
    office.check(page, "list with preview")

    # Letters that are typed move nothing.
    page.keyboard.press("/")
    page.keyboard.type("jjxe")
    expect(page.locator("#q")).to_have_value("jjxe")
    expect(preview.get_by_role("heading", name="夜间噪声摸排")).to_be_visible()

    office.start("jk-sf", "事项准入", item_name="校园周边巡查", **APPLICATION)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.get_by_role("button", name="有 1 件新待办，点此显示").click()
    expect(page.locator("#rows tr[data-task]")).to_have_count(3)
    chosen = page.locator("#rows input:checked")
    expect(chosen).to_have_count(1)
    expect(page.locator("#rows tr.gf-current")).to_contain_text("夜间噪声摸排")
    expect(page.locator("#arrived button")).to_have_count(0)
    every = page.get_by_role("checkbox", name="选中本页全部")
    # The box tells of the rows: of some, after the list came anew, and of all.
    expect(every).to_be_checked(indeterminate=True)
    every.click()
    expect(page.locator("#rows [name=task]:checked")).to_have_count(3)
    expect(every).to_be_checked()
    page.locator("#rows [name=task]").first.uncheck()
    expect(every).to_be_checked(indeterminate=True)
    page.locator("#rows [name=task]").first.check()
    expect(every).to_be_checked()
    every.uncheck()
    expect(chosen).to_have_count(0)
    page.locator("body").press("Shift+?")
    expect(page.get_by_role("dialog")).to_be_visible()
    office.check(page, "list of keys")
    page.keyboard.press("Escape")
    page.locator("#rows tr.gf-current a").first.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "审核申请：夜间噪声摸排"
    )

    # On a phone the decision is a sheet over the application.
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="去办理").click()
    opinion = page.get_by_label("意见说明")
    expect(opinion).to_be_in_viewport()
    limit = page.locator("[data-most]").filter(has_text="最多 4000 个字")
    expect(limit).to_be_hidden()
    opinion.fill("字" * 3_300)
    expect(limit).to_be_visible()
    office.check(page, "decision on a phone")
    # A printed page has no sheet over it.
    sheet = page.get_by_role("region", name="办理", exact=True)
    expect(sheet).to_have_css("position", "fixed")
    page.emulate_media(media="print")
    expect(sheet).not_to_have_css("position", "fixed")
    page.emulate_media(media="screen")
    # A button of the sheet leads back to it.
    close = page.get_by_role("link", name="收起")
    sheet.get_by_role("button", name="领取").click()
    expect(sheet.get_by_role("button", name="放回")).to_be_visible()
    expect(close).to_be_visible()
    # Closed, the reader is where he was in the application.
    page.keyboard.press("Escape")
    expect(close).to_be_hidden()
    page.evaluate("window.scrollTo({top: 300, behavior: 'instant'})")
    page.get_by_role("link", name="去办理").click()
    close.click()
    expect(close).to_be_hidden()
    assert page.evaluate("window.scrollY") == 300


def test_several_are_decided_with_one_form_and_a_view_leads_back_to_them(
    office: Office,
) -> None:
    for name in ("油区巡护", "海堤巡查"):
        office.start(
            "dyq-sf",
            "事项准入",
            item_name=name,
            **{**APPLICATION, "category": "风险排查"},
        )
    page = office.of("dyq-wgzx")
    page.goto(f"{office.address}/?process=item_admission&sort=number")
    page.get_by_text("把现在的筛选、排序和显示方式存为视图").click()
    page.get_by_label("视图名称").fill("准入")
    page.get_by_role("button", name="保存视图").click()
    expect(
        page.get_by_role("link", name=re.compile("准入$"))
    ).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="紧凑显示").click()
    office.check(page, "list with views")
    for name in ("油区巡护", "海堤巡查"):
        page.get_by_role("checkbox", name=re.compile(name)).check()
    page.get_by_role("button", name="一起办理").click()
    office.check(page, "decided together")
    expect(page.locator('input[name="_task"]:checked')).to_have_count(2)
    office.fill(page, {"decision": "approve", "opinion": "同意纳入"})
    page.get_by_role("button", name="一起提交").click()
    expect(page.get_by_text("已办结 2 项")).to_be_visible()
    expect(page.get_by_role("button", name="宽松显示")).to_be_visible()
    expect(
        page.get_by_role("link", name=re.compile("准入$"))
    ).to_have_attribute("aria-current", "true")
