"""A designer gives Zhenjiang's admission a legal review: changes, mends, plays, compares, publishes;
officials see only the new step."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office

pytestmark = pytest.mark.browser

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
  const shape = m.get('elementFactory').createShape({ type: 'bpmn:UserTask' });
  const task = modeling.appendShape(start, shape, { x: start.x + 150, y: start.y + 18 });
  m.get('selection').select(task);
}"""
CONNECT = """() => {
  const m = window.gridflowModeler, r = m.get('elementRegistry');
  const task = r.find((each) => each.businessObject.name === '合法性审查');
  m.get('modeling').connect(task, r.get('review_application'));
  m.get('selection').select(task);
}"""


def draw_form(page: Page) -> None:
    """A choice and an opinion, dragged into the form that was just begun and named in the panel."""
    panel = page.locator(".fjs-properties-container")
    for number, (component, key, label) in enumerate(
        (
            ("单选", "legality", "是否合法"),
            ("多行文字", "legal_opinion", "审查意见"),
        )
    ):
        page.locator(".fjs-palette-field", has_text=component).first.drag_to(
            page.locator(".fjs-form-editor").first,
            target_position={"x": 500, "y": 200 + number * 100},
        )
        expect(panel).to_contain_text(component)
        if (
            panel.locator("#bio-properties-panel-label").count() == 0
            or not panel.locator("#bio-properties-panel-label").is_visible()
        ):
            panel.locator(
                ".bio-properties-panel-group-header", has_text="基本"
            ).click()
        page.locator("#bio-properties-panel-label").fill(label)
        page.locator("#bio-properties-panel-key").fill(key)
        page.locator("#bio-properties-panel-key").blur()
        expect(page.locator("#preview")).to_contain_text(label)


def select(page: Page, name: str) -> None:
    page.evaluate(
        "name => { const m = window.gridflowModeler;"
        " m.get('selection').select(m.get('elementRegistry').find((each) => "
        "each.businessObject.name === name)); }",
        name,
    )


def publish_page(page: Page, editor: str) -> None:
    page.goto(f"{editor}/publish")
    expect(page.get_by_role("heading", name="改了什么")).to_be_visible()


def test_a_legal_review_goes_from_the_drawing_board_to_the_inbox(
    amended: Office,
) -> None:
    office = amended
    running = office.start(
        "jk-cg", "事项准入", item_name="晨间巡查", **APPLICATION
    )
    page = office.of("designer")
    page.goto(f"{office.address}/design/")
    page.get_by_role("row").filter(has_text="事项准入").first.get_by_role(
        "button"
    ).click()
    page.wait_for_selector("#designer[data-ready]")
    editor = page.url

    # A form of its own, seen as the official will see it.
    page.get_by_role("link", name="表单和决策表").click()
    office.check(page, "files")
    page.get_by_label("名称").fill("合法性审查意见")
    page.get_by_label("编号").fill("legal_review")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    draw_form(page)
    expect(page.locator("#saved")).to_have_text("已保存")

    # The step. First error: nobody does it. Second: it leads nowhere.
    page.goto(editor)
    page.wait_for_selector("#designer[data-ready]")
    page.evaluate(DRAW)
    findings = page.locator("#findings")
    expect(findings).to_contain_text("由谁办理")
    expect(findings).to_contain_text("没有连线")
    page.locator("#bio-properties-panel-name").fill("合法性审查")
    page.get_by_label("办理机构").select_option(label="县级司法行政")
    page.get_by_label("办理时限").select_option(label="自定时长")
    expect(page.get_by_label("时长", exact=True)).to_have_value("3")
    page.get_by_label("表单", exact=True).select_option(
        label="合法性审查意见（legal_review）"
    )
    page.get_by_label("依据", exact=True).select_option(
        label="默认（法规没有规定）"
    )
    expect(findings).not_to_contain_text("由谁办理")
    page.evaluate(CONNECT)
    expect(findings).not_to_contain_text("错误")
    expect(page.locator("#saved")).to_have_text("已保存")

    # What drawing cannot tell, the scenarios do: a city's application has no county.
    publish_page(page, editor)
    expect(page.get_by_role("button", name="发布新版本")).to_be_disabled()
    expect(page.get_by_text("市级部门申请").first).to_be_visible()
    page.goto(editor)
    page.wait_for_selector("#designer[data-ready]")
    select(page, "合法性审查")
    page.get_by_label("办理机构").select_option(label="同级司法行政")
    expect(page.locator("#saved")).to_have_text("已保存")

    # Played with the real forms, and kept.
    page.goto(f"{editor}/try")
    page.get_by_label("由谁发起").select_option("jk-cg")
    page.get_by_role("button", name="发起", exact=True).click()
    office.fill(page, {"item_name": "夜间巡查", **APPLICATION})
    page.get_by_role("button", name="提交", exact=True).click()
    expect(
        page.get_by_role("strong").filter(has_text="合法性审查")
    ).to_be_visible()
    page.get_by_role("button", name="办理", exact=True).click()
    office.fill(page, {"legality": "option1", "legal_opinion": "与上位法一致"})
    page.get_by_role("button", name="提交", exact=True).click()
    expect(
        page.get_by_role("strong").filter(has_text="审核申请")
    ).to_be_visible()
    page.get_by_label("情景名称").fill("先作合法性审查")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="补进原有情景").click()
    expect(
        page.get_by_text("全部情景通过，每条流转线都走到了")
    ).to_be_visible()

    # Compared, and published.
    page.get_by_role("link", name="并排比较").first.click()
    page.wait_for_selector("#comparison[data-ready]")
    told = page.locator("[data-kind=added]").filter(
        has_text="新增人工任务“合法性审查”"
    )
    expect(told).to_contain_text("办理机构：同级司法行政")
    expect(told).to_contain_text("时限：3工作日")
    expect(page.locator("#comparison .gf-added").first).to_be_visible()
    office.check(page, "compare")
    publish_page(page, editor)
    page.get_by_label("说明").fill("法治审核意见")
    page.get_by_role("button", name="发布新版本").click()
    expect(page.get_by_text("已发布，新发起的事项按新版本办")).to_be_visible()

    # The next application goes through the justice bureau; the one that runs does not.
    following = office.start(
        "jk-cg", "事项准入", item_name="夜间巡查", **APPLICATION
    )
    office.do(
        "jk-sf",
        following,
        "合法性审查",
        legality="option1",
        legal_opinion="与上位法一致",
    )
    for number in (running, following):
        office.open_task("jk-wgb", number, "审核申请")
    assert office.of("jk-sf").goto(f"{office.address}/?q={running}")
    expect(
        office.of("jk-sf").get_by_role("row").filter(has_text=running)
    ).to_have_count(0)

    # The versions: the running one could be moved; the publication is undone.
    page.get_by_role("row").filter(has_text="事项准入").get_by_role(
        "link", name="第 2 版"
    ).click()
    office.check(page, "versions")
    row = page.locator(".list-group-item").filter(has_text=running)
    expect(row.get_by_text("可以移动")).to_be_visible()
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="把选中的移到第 2 版").click()
    expect(page.get_by_text("已移动")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    page.get_by_text("撤销这次发布").click()
    page.get_by_label("撤销的理由").fill("司法局人手未到位")
    page.get_by_role("button", name="撤销发布").click()
    expect(
        page.get_by_text("已撤销，新发起的事项改按上一版办")
    ).to_be_visible()
    third = office.start(
        "jk-cg", "事项准入", item_name="午间巡查", **APPLICATION
    )
    office.open_task("jk-wgb", third, "审核申请")
