"""Editors that stay open: a session or a token that ended costs no change, and a copy on the machine is its
author's alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import drawing
from tests.browser.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
ADD_ROW = (
    "() => window.gridflowTableEditor.getActiveViewer().get('modeling')"
    ".addRow({ type: 'dmn:DecisionRule' })"
)
ROWS = "() => window.gridflowTableEditor.getActiveViewer().get('sheet').getRoot().rows.filter(Boolean).length"
RENAME = (
    "name => { const m = window.gridflowModeler;"
    " m.get('modeling').updateProperties(m.get('elementRegistry').get('review_exit'), { name }); }"
)
NAME = "() => window.gridflowModeler.get('elementRegistry').get('review_exit').businessObject.name"
COPIES = "() => Object.keys(localStorage).filter((each) => /^gridflow-(draft|clipboard)-/.test(each))"


def diagram(office: Office) -> Page:
    return drawing.opened(office, "事项退出")


def made(office: Office, kind: str, key: str) -> Page:
    """The editor of a new file of the draft."""
    page = diagram(office)
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("种类").select_option(kind)
    page.get_by_label("名称").fill(f"登录{key}")
    page.get_by_label("编号").fill(key)
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    return page


def reloaded(page: Page) -> Page:
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    return page


def stale_token(page: Page) -> None:
    page.evaluate(
        "() => { const box = document.getElementById('designer'); if (box) box.dataset.csrf = 'over';"
        " for (const each of document.getElementsByName('csrf_token')) each.value = 'over'; }"
    )


def test_a_table_is_saved_once_its_designer_is_signed_in_again(
    office: Office,
) -> None:
    page = made(office, "dmn", "graded_again")
    before = page.evaluate(ROWS)
    page.context.clear_cookies()
    page.evaluate(ADD_ROW)
    expect(page.locator("#saved")).to_contain_text("登录已过期")
    page.get_by_label("（designer）的密码").fill("gridflow")
    page.get_by_role("button", name="登录并保存").click()
    expect(page.locator("#saved")).to_have_text("已保存")
    assert reloaded(page).evaluate(ROWS) == before + 1


def test_every_editor_takes_a_fresh_token_by_itself_and_saves(
    office: Office,
) -> None:
    page = made(office, "dmn", "graded_late")
    before = page.evaluate(ROWS)
    stale_token(page)
    page.evaluate(ADD_ROW)
    expect(page.locator("#saved")).to_have_text("已保存")
    assert reloaded(page).evaluate(ROWS) == before + 1

    page = made(office, "form", "visit_late")
    stale_token(page)
    page.locator(".fjs-palette-field", has_text="日期").first.drag_to(
        page.locator(".fjs-form-editor").first,
        target_position={"x": 500, "y": 200},
    )
    expect(page.locator("#saved")).to_have_text("已保存")
    reloaded(page)
    assert (
        page.evaluate(
            "() => window.gridflowFormEditor.getSchema().components.length"
        )
        >= 1
    )

    page = diagram(office)
    stale_token(page)
    page.evaluate(RENAME, "审核退出（久置之后）")
    expect(page.locator("#saved")).to_have_text("已保存")
    assert reloaded(page).evaluate(NAME) == "审核退出（久置之后）"
    expect(page.get_by_label("（designer）的密码")).to_be_hidden()

    page.goto(page.url.split("#")[0].split("?")[0].rstrip("/") + "/scenarios")
    typed = page.locator("#text").input_value() + "\n# 久置之后写下的一行\n"
    page.locator("#text").fill(typed)
    stale_token(page)
    page.get_by_role("button", name="保存并演练").click()
    expect(page.get_by_text("页面停留过久")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value(typed)
    page.get_by_role("button", name="重新提交").click()
    expect(
        page.get_by_text("情景已保存").or_(page.get_by_text("情景没有保存"))
    ).to_be_visible()


def test_what_could_not_be_saved_is_its_authors_alone_and_goes_when_he_signs_out(
    office: Office,
) -> None:
    page = diagram(office)
    page.evaluate(
        "() => localStorage.setItem(`gridflow-clipboard-${document.body.dataset.person}-`, '{}')"
    )
    page.route("**/save", lambda route: route.abort())
    page.evaluate(RENAME, "审核退出（未能保存）")
    expect(page.locator("#saved")).to_contain_text("改动留在本机")
    (person,) = {page.evaluate("() => document.body.dataset.person")}
    assert sorted(each.split("-")[2] for each in page.evaluate(COPIES)) == [
        person,
        person,
    ]

    # Another person at the same machine, after a session that merely ended.
    page.evaluate("() => { document.body.dataset.person = '0'; }")
    other = page.evaluate(COPIES)
    page.evaluate(
        "keys => keys.forEach((key) => { localStorage.setItem(key.replace(/-\\d+-/, '-999999-'),"
        " localStorage.getItem(key)); localStorage.removeItem(key); })",
        other,
    )
    reloaded(page)
    expect(page.locator("#kept")).to_be_hidden()

    page.evaluate(RENAME, "审核退出（仍未保存）")
    expect(page.locator("#saved")).to_contain_text("改动留在本机")
    # Signing out saves it first; what another left on the machine stays his.
    page.unroute("**/save")
    page.locator("form[data-sign-out]").evaluate(
        "form => form.requestSubmit()"
    )
    expect(page.get_by_label("用户名")).to_be_visible()
    left = page.evaluate(COPIES)
    assert left and all("-999999-" in each for each in left)
    office.forget("designer")


def test_who_signs_out_while_nothing_can_be_saved_is_asked_first(
    office: Office,
) -> None:
    page = diagram(office)
    page.route("**/save", lambda route: route.abort())
    page.evaluate(RENAME, "审核退出（退出前未保存）")
    expect(page.locator("#saved")).to_contain_text("改动留在本机")
    leaving = page.locator("form[data-sign-out]")
    page.evaluate(
        "() => { window.confirm = (text) => { window.asked = text; return false; }; }"
    )
    leaving.evaluate("form => form.requestSubmit()")
    page.wait_for_function("() => window.asked")
    assert "还有改动没有保存成功" in page.evaluate("() => window.asked")
    # Who stays has his change, on the page and on this machine.
    page.wait_for_function(f"() => ({COPIES})().length === 1")
    assert page.evaluate(NAME) == "审核退出（退出前未保存）"
    page.evaluate("() => { window.confirm = () => true; }")
    leaving.evaluate("form => form.requestSubmit()")
    expect(page.get_by_label("用户名")).to_be_visible()
    assert page.evaluate(COPIES) == []
    office.forget("designer")
