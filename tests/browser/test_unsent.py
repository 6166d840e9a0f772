"""What is typed survives a lost session, a second person, a dead network and a body too large, in a real
browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser
START = "/start/item_admission/zhenjiang:urban-management:321100"
TYPED = {
    "item_name": "夜间巡查河道",
    "category": "治安安全",
    "legal_basis": "《河道管理条例》第三条",
    "why_grids": "点多面广",
    "served": "居民",
    "commitment_people": "二人",
    "commitment_funds": "五万元",
    "advice_and_training": "每季度一次",
}


def typing(office: Office, name: str = "夜间巡查河道") -> Page:
    page = office.of("zj-cg")
    page.goto(f"{office.address}{START}")
    # A second application for one name is refused.
    office.fill(page, {**TYPED, "item_name": name})
    return page


def submit(page: Page) -> None:
    page.get_by_role("button", name="提交", exact=True).click()


def test_who_is_not_signed_in_any_more_signs_in_on_the_page_and_goes_on(
    office: Office,
) -> None:
    page = typing(office)
    page.context.clear_cookies()
    submit(page)
    expect(page.get_by_text("登录已过期")).to_be_visible()
    expect(page.locator("[name=item_name]")).to_have_value("夜间巡查河道")
    office.check(page, "unsent")
    page.get_by_label("（zj-cg）的密码").fill("gridflow")
    page.get_by_role("button", name="登录并提交").click()
    expect(page.get_by_role("status")).to_contain_text("已提交，编号")
    assert not page.evaluate(
        "() => Object.keys(localStorage).filter((each) => each.startsWith('gridflow-typed-')).length"
    )


def test_a_second_person_in_another_tab_does_not_send_it(
    office: Office,
) -> None:
    page = typing(office, "换人时巡查河道")
    other = page.context.new_page()
    other.goto(f"{office.address}/sign-in")
    other.get_by_label("用户名").fill("zj-wgb")
    other.get_by_label("密码").fill("gridflow")
    other.locator("form.card").get_by_role("button", name="登录").click()
    expect(other.get_by_role("heading", name="待办")).to_be_visible()
    other.close()
    submit(page)
    expect(page.get_by_text("所以没有提交")).to_be_visible()
    page.get_by_label("（zj-cg）的密码").fill("gridflow")
    page.get_by_role("button", name="登录并提交").click()
    expect(page.get_by_role("status")).to_contain_text("已提交，编号")


def test_a_dead_network_loses_nothing(office: Office) -> None:
    page = typing(office)
    page.locator("[name=item_name]").fill("断网时巡查河道")
    page.context.set_offline(True)
    submit(page)
    page.context.set_offline(False)
    page.goto(f"{office.address}{START}")
    expect(page.locator("[name=item_name]")).to_have_value("")
    page.get_by_role("button", name="恢复这些内容").click()
    expect(page.locator("[name=item_name]")).to_have_value("断网时巡查河道")
    submit(page)
    expect(page.get_by_role("status")).to_contain_text("已提交，编号")
    page.goto(f"{office.address}{START}")
    expect(page.get_by_role("button", name="恢复这些内容")).to_be_hidden()


def test_a_body_that_is_too_large_is_not_sent(
    office: Office, tmp_path: Path
) -> None:
    page = typing(office)
    page.evaluate("() => { document.body.dataset.limit = '2000'; }")
    file = tmp_path / "请示.pdf"
    file.write_bytes(b"%PDF-1.4" + b"x" * 4000)
    page.locator("input[type=file]").first.set_input_files(file)
    submit(page)
    expect(page.locator("#too-large")).to_contain_text("还没有提交")
    assert re.search(r"/start/", page.url)
    expect(page.locator("[name=item_name]")).to_have_value("夜间巡查河道")


@pytest.mark.parametrize("limit", ["textLimit", "fieldLimit"])
def test_more_text_or_more_fields_than_a_form_may_hold_are_not_sent(
    office: Office, limit: str
) -> None:
    page = typing(office)
    page.evaluate("limit => { document.body.dataset[limit] = '5'; }", limit)
    submit(page)
    expect(page.locator("#too-large")).to_contain_text("文字合计最多")
    assert re.search(r"/start/", page.url)
    expect(page.locator("[name=item_name]")).to_have_value("夜间巡查河道")
