"""A designer gives Zhenjiang's admission a legal review: changes, mends, plays, compares, publishes; officials see only the new step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.office import Office
from tests.conftest import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

APPLICATION = {
    "category": "治安安全",
    "legal_basis": "《江苏省消防条例》第二十条",
    "why_grids": "点多面广，部门力量难以覆盖",
    "served": "辖区居民",
    "commitment_people": "每街道二人",
    "commitment_funds": "每年五万元",
    "advice_and_training": "每季度培训一次",
}
DRAW = """() => {
  const m = window.gridflowModeler, r = m.get('elementRegistry'), modeling = m.get('modeling');
  const start = r.get('application_submitted');
  modeling.removeElements([r.get('application_submitted_to_review_application')]);
  const task = modeling.appendShape(start, m.get('elementFactory').createShape({ type: 'bpmn:UserTask' }), { x: start.x + 150, y: start.y + 18 });
  m.get('selection').select(task);
}"""
CONNECT = """() => {
  const m = window.gridflowModeler, r = m.get('elementRegistry');
  const task = r.find((each) => each.businessObject.name === '合法性审查');
  m.get('modeling').connect(task, r.get('review_application'));
  m.get('selection').select(task);
}"""


@pytest.fixture(scope="module")
def office(browser: Browser, tmp_path_factory: pytest.TempPathFactory, browser_context_args: dict) -> Iterator[Office]:
    with serving(tmp_path_factory.mktemp("legal-review")) as address:
        yield Office(browser, address, browser_context_args)


def draw_form(page: Page) -> None:
    """A choice and an opinion, drawn into the form that was just begun."""
    for number, (component, key, label) in enumerate(
        (("单选", "legality", "是否合法"), ("多行文字", "legal_opinion", "审查意见"))
    ):
        page.locator(".fjs-palette-field", has_text=component).first.drag_to(page.locator(".fjs-drop-container-vertical").first)
        field = page.locator(".fjs-element[data-field-type]").nth(number)
        del field
        page.get_by_role("textbox", name="字段名").fill(key)
        page.get_by_role("textbox", name="名称", exact=True).fill(label)


def test_a_legal_review_goes_from_the_drawing_board_to_the_inbox(office: Office) -> None:
    running = office.start("jk-cg", "事项准入", item_name="晨间巡查", **APPLICATION)
    page = office.of("designer")
    page.goto(f"{office.address}/design/")
    page.get_by_role("row").filter(has_text="事项准入").get_by_role("button").click()
    page.wait_for_selector("#designer[data-ready]")
    editor = page.url

    # A form of its own.
    page.get_by_role("link", name="表单和决策表").click()
    office.check(page, "files")
    page.get_by_label("名称").fill("合法性审查意见")
    page.get_by_label("编号").fill("legal_review")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    draw_form(page)
    expect(page.locator("#preview")).to_contain_text("审查意见")
    expect(page.locator("#saved")).to_have_text("已保存")

    # The step: what is wrong is told until it is right.
    page.goto(editor)
    page.wait_for_selector("#designer[data-ready]")
    page.evaluate(DRAW)
    findings = page.locator("#findings")
    expect(findings).to_contain_text("由谁办理")
    expect(findings).to_contain_text("没有去向")
    page.get_by_role("textbox", name="名称").fill("合法性审查")
    page.get_by_label("办理机构").select_option(label="县级司法行政")
    page.get_by_label("办理时限").select_option(label="自定时长")
    expect(page.get_by_label("时长", exact=True)).to_have_value("3")
    page.get_by_label("表单", exact=True).select_option(label="合法性审查意见（legal_review）")
    page.get_by_label("依据", exact=True).select_option(label="默认（法规没有规定）")
    page.evaluate(CONNECT)
    expect(findings).not_to_contain_text("错误")
    expect(page.locator("#saved")).to_have_text("已保存")

    # What drawing cannot tell, the scenarios do: a city's application has no county.
    page.get_by_role("link", name="检查并发布").click()
    expect(page.get_by_text("没有「县级司法行政」").or_(page.get_by_text("没有对应的机构")).first).to_be_visible()
    page.goto(editor)
