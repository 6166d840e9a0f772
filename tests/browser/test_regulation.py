"""An amended regulation at a real browser: five articles carried from their text to a running matter, without
a file being touched, and taken back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import plain
from tests.browser.office import Office

pytestmark = pytest.mark.browser

AMENDED = {
    "12": ("向社会公布并动态调整", "向社会公布，每年至少调整一次"),
    "13": (
        "报同级党委或者政府批准，并由",
        "报同级党委或者政府在七个工作日内批准，并由",
    ),
    "16": (
        "至少配备一名专职或者兼职网格员，专属",
        "至少配备一名专职网格员，专属",
    ),
    "32": ("二十四小时", "十二小时"),
    "35": ("二十四小时", "十二小时"),
}
"""Article → what its text said, and what it says now."""


def opened(office: Office, page: Page, address: str) -> None:
    page.goto(f"{office.address}/design/regulation/{address}")


def save(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f'[name="{name}"]').fill(value)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("已保存")


def amend(
    office: Office, page: Page, number: str, then: str, now: str
) -> None:
    """Types the article's new text: the first at its page, the others by the same form without a page."""
    address = f"{office.address}/design/regulation/articles/{number}"
    form = plain.form(page.context.request, address, "text", "amended_by")
    text = form.element.fields["text"]
    assert then in text
    typed = {
        "text": text.replace(then, now),
        "until": "2027-01-01",
        "amended_by": "第 12 号令",
    }
    if number == next(iter(AMENDED)):
        page.goto(address)
        save(page, **typed)
        expect(page.locator("ins, del").first).to_be_visible()
        return
    shown = form.send(typed)
    assert "已保存" in plain.told(shown)
    assert shown.xpath("//ins | //del")


def test_five_amended_articles_reach_running_matters_and_are_taken_back(
    office: Office,
) -> None:
    page = office.of("designer")
    opened(office, page, "")
    office.check(page, "regulation")
    page.get_by_role("button", name="开始修订").click()
    for number, (then, now) in AMENDED.items():
        amend(office, page, number, then, now)
    office.check(page, "amended article")

    # What the articles say is carried into deadlines, lists and norms.
    opened(office, page, "articles/32")
    page.get_by_role("link", name="打开时限").click()
    save(page, amount="12")
    opened(office, page, "deadlines/verify_case")
    save(page, amount="12")
    opened(office, page, "deadlines/approve_application")
    save(page, amount="7", citation="13.1")
    opened(office, page, "items")
    categories = page.locator('[name="categories"]').input_value()
    save(page, categories=f"{categories}\n平安建设")
    opened(office, page, "grids")
    rural = page.locator('[name="staffing.value"]').nth(1)
    expect(rural).to_have_value("至少一名")
    rural.fill("专职至少一名")
    save(page)

    # From the article to the step, and from the step back to the article.
    opened(office, page, "articles/13")
    step = page.locator(".list-group-item").filter(has_text="政府审批").first
    expect(step).to_contain_text("已改")
    step.get_by_role("button", name="并入并打开这一步").click()
    page.wait_for_selector("#designer[data-ready]")
    back = page.get_by_role("link", name="看第十三条", exact=False).first
    expect(back).to_be_visible()
    page.evaluate(
        "() => { const m = window.gridflowModeler;"
        " const [step] = m.get('selection').get();"
        " const told = step.businessObject.documentation[0].text;"
        " const words = m.get('bpmnFactory').create('bpmn:Documentation',"
        " { text: `${told}\\n七个工作日内批准` });"
        " m.get('modeling').updateProperties(step, { documentation: [words] }); }"
    )
    expect(page.locator("#saved")).to_have_text("已保存")
    back.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("第十三条")

    opened(office, page, "")
    page.get_by_role("link", name="检查并发布").click()
    for told in (
        "时限“网格员上报”由 24 小时改为 12 小时",
        "条文“第十六条 网格员配备”的原文有修改",
        "七个工作日内批准",
    ):
        expect(page.get_by_text(told).first).to_be_visible()
    page.get_by_label("说明").fill("第 12 号令")
    page.get_by_role("button", name="发布新版本").click()
    expect(page.get_by_role("status").first).to_contain_text("已发布")

    # A matter begun now has the new category, the new limit and the new text.
    number = office.start(
        "jk-cg",
        "事项准入",
        item_name="平安巡查",
        category="平安建设",
        legal_basis="《江苏省消防条例》第二十条",
        why_grids="点多面广",
        served="辖区居民",
        commitment_people="二人",
        commitment_funds="五万元",
        advice_and_training="每季度培训一次",
    )
    office.do(
        "jk-wgb",
        number,
        "审核申请",
        decision="approve",
        approver="government",
        opinion="同意上报",
    )
    approver = office.open_task("jk-zf", number, "政府审批")
    expect(approver.locator("body")).to_contain_text("在七个工作日内批准")

    opened(office, page, "")
    page.get_by_label("撤销的理由").fill("误发")
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(page.get_by_text("已撤销").first).to_be_visible()
    opened(office, page, "article/第三十二条")
    expect(page.locator("blockquote")).to_contain_text("二十四小时")
