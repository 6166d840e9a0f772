"""A designer at a real browser: opens a procedure, changes it in the panel, is told what is wrong, finds it
again, publishes."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import drawing, plain
from tests.browser.office import Office

pytestmark = pytest.mark.browser


def opened(office: Office) -> Page:
    return drawing.opened(office, "网格划分")


def select(page: Page, element: str) -> None:
    page.evaluate(
        "id => { const m = window.gridflowModeler; "
        "m.get('selection').select(m.get('elementRegistry').get(id)); }",
        element,
    )


def test_a_change_is_checked_saved_found_again_and_published(
    office: Office,
) -> None:
    page = opened(office)
    # Other tests publish in this product too.
    listed = plain.fetched(page.context.request, f"{office.address}/design/")
    row = listed.xpath("//tr[contains(., '网格划分')]")[0].text_content()
    version = int(re.search(r"第 (\d+) 版", row)[1])
    expect(page.locator("#findings")).to_contain_text("没有发现问题")
    select(page, "join_civil_affairs")
    page.get_by_label("办理机构").select_option(label="镇（街道）政府")
    expect(page.locator("#saved")).to_have_text("已保存")
    page.get_by_label("办理机构").select_option(label="县级民政")
    page.evaluate(
        "() => { const m = window.gridflowModeler;"
        " m.get('modeling').removeElements([m.get('elementRegistry').get('civil_affairs_agreed')]); }"
    )
    wrong = page.locator("#findings button", has_text="错误").first
    expect(wrong).to_be_visible()
    wrong.click()
    page.evaluate("() => window.gridflowModeler.get('commandStack').undo()")
    expect(page.locator("#findings")).to_contain_text("没有发现问题")
    select(page, "join_civil_affairs")
    before = page.locator("#designer").get_attribute("data-revision")
    page.get_by_label("依据", exact=True).select_option(
        label="第十一条 网格编码"
    )
    expect(page.locator("#designer")).not_to_have_attribute(
        "data-revision", before
    )
    expect(page.locator("#saved")).to_have_text("已保存")
    again = opened(office)
    select(again, "join_civil_affairs")
    expect(again.get_by_label("依据", exact=True)).to_have_value("第十一条")
    again.get_by_role("link", name="检查并发布").click()
    expect(
        again.get_by_text("全部情景通过，每条流转线都走到了")
    ).to_be_visible()
    office.check(again, "publish")
    again.get_by_role("button", name="发布新版本").click()
    expect(again.get_by_text("已发布，新发起的事项按新版本办")).to_be_visible()
    expect(
        again.get_by_role("row").filter(has_text="网格划分").first
    ).to_contain_text(f"第 {version + 1} 版")
    office.check(again, "procedures")


def test_a_change_that_could_not_be_saved_stays_on_the_machine(
    office: Office,
) -> None:
    page = drawing.opened(office, "事项退出")
    page.route("**/save", lambda route: route.abort())
    page.evaluate(
        "() => { const m = window.gridflowModeler;"
        " m.get('modeling').updateProperties(m.get('elementRegistry').get('review_exit'), { name: "
        "'审核退出理由' }); }"
    )
    expect(page.locator("#saved")).to_contain_text("改动留在本机")
    page.unroute("**/save")
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    page.get_by_role("button", name="载入本机的改动").click()
    page.wait_for_function(
        "() => !Object.keys(localStorage).some((key) => key.startsWith('gridflow-draft-'))"
    )
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    name = page.evaluate(
        "() => window.gridflowModeler.get('elementRegistry').get('review_exit').businessObject.name"
    )
    assert name == "审核退出理由"


@pytest.mark.parametrize("way", ["in another tab", "on the page"])
def test_a_change_is_saved_once_the_designer_is_signed_in_again(
    office: Office, way: str
) -> None:
    page = drawing.opened(office, "事项退出")
    page.context.clear_cookies()
    page.evaluate(
        "name => { const m = window.gridflowModeler;"
        " m.get('modeling').updateProperties(m.get('elementRegistry').get('review_exit'), { name }); }",
        f"审核退出（{way}）",
    )
    expect(page.locator("#saved")).to_contain_text("登录已过期")
    expect(page.get_by_label("（designer）的密码")).to_be_visible()
    if way == "on the page":
        page.get_by_label("（designer）的密码").fill("wrong")
        page.get_by_role("button", name="登录并保存").click()
        expect(page.locator("#sign-in-told")).to_contain_text(
            "用户名或密码不正确"
        )
        page.get_by_label("（designer）的密码").fill("gridflow")
        page.get_by_role("button", name="登录并保存").click()
    else:
        other = page.context.new_page()
        other.goto(f"{office.address}/sign-in")
        other.get_by_label("用户名").fill("designer")
        other.get_by_label("密码").fill("gridflow")
        other.locator("form.card").get_by_role("button", name="登录").click()
        expect(other.get_by_role("heading", name="待办")).to_be_visible()
        other.close()
    expect(page.locator("#saved")).to_have_text("已保存")
    expect(page.get_by_label("（designer）的密码")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    name = page.evaluate(
        "() => window.gridflowModeler.get('elementRegistry').get('review_exit').businessObject.name"
    )
    assert name == f"审核退出（{way}）"


def test_a_draft_is_tried_out_with_real_forms_and_kept_as_a_scenario(
    office: Office,
) -> None:
    page = drawing.opened(office, "清单外事项拒办")
    page.get_by_role("link", name="试运行").click()
    page.get_by_label("由谁发起").select_option("zd-wgy1")
    page.get_by_role("button", name="发起", exact=True).click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_text("请填写要求办理的事情").first).to_be_visible()
    asked = {
        "asked_by": "某银行",
        "task_asked": "推广手机银行",
        "asked_on": "2026-11-13",
        "refusal_reason": "清单上没有这一项",
    }
    office.fill(page, asked)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(
        page.get_by_role("strong").filter(has_text="处理拒绝")
    ).to_be_visible()
    page.get_by_role("button", name="拨到这一刻").click()
    page.get_by_role("button", name="办理", exact=True).click()
    office.fill(
        page, {"refusal_decision": "uphold", "refusal_opinion": "已告知该行"}
    )
    page.get_by_role("button", name="提交", exact=True).click()
    expect(
        page.get_by_role("listitem")
        .or_(page.locator(".list-group-item"))
        .filter(has_text="支持拒绝")
        .first
    ).to_be_visible()
    office.check(page, "trial")
    page.get_by_role("button", name="退回一步").click()
    expect(page.get_by_role("button", name="办理", exact=True)).to_be_visible()
    page.get_by_label("情景名称").fill("逾期之后仍可处理")
    page.get_by_role("button", name="保存").click()
    expect(
        page.get_by_text("全部情景通过，每条流转线都走到了")
    ).to_be_visible()


def test_what_is_copied_in_one_diagram_is_pasted_in_another(
    office: Office,
) -> None:
    page = drawing.opened(office, "事项退出")
    page.evaluate(
        "() => { const m = window.gridflowModeler;"
        " m.get('copyPaste').copy([m.get('elementRegistry').get('approve_by_party_committee')]); }"
    )
    other = page.context.new_page()
    other.goto(f"{office.address}/design/")
    other.get_by_role("row").filter(has_text="督办").first.get_by_role(
        "button"
    ).click()
    other.wait_for_selector("#designer[data-ready]")
    other.evaluate(
        "() => { const m = window.gridflowModeler; const pool = "
        "m.get('elementRegistry').find((each) => each.type === 'bpmn:Participant');"
        " m.get('copyPaste').paste({ element: pool, point: { x: pool.x + 200, y: pool.y + 60 } }); }"
    )
    found = other.evaluate(
        "() => window.gridflowModeler.get('elementRegistry').filter((each) => each.type === 'bpmn:UserTask')"
        ".map((each) => each.businessObject.get('camunda:candidateGroups'))"
    )
    assert "party-committee@same" in found
    other.close()


def test_the_date_picker_of_a_date_field_stays_closed_until_it_is_asked_for(
    office: Office,
) -> None:
    page = opened(office)
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("名称").fill("勘查时间")
    page.get_by_label("编号").fill("survey_time")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    page.locator(".fjs-palette-field", has_text="日期").first.drag_to(
        page.locator(".fjs-form-editor").first,
        target_position={"x": 500, "y": 200},
    )
    calendar = page.locator(".flatpickr-calendar").first
    expect(calendar).to_be_attached()
    expect(calendar).to_be_hidden()


def test_the_rule_of_a_form_is_chosen_in_its_panel(office: Office) -> None:
    page = opened(office)
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("名称").fill("专项分流")
    page.get_by_label("编号").fill("special_triage")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    page.get_by_label("规则").select_option(
        label="分流：牵头部门不兼作协办部门"
    )
    expect(page.get_by_text("要用到 lead_department")).to_be_visible()
    page.get_by_label("规则").select_option(label="不用规则")
    expect(page.get_by_text("要用到 lead_department")).to_be_hidden()


def test_only_designers_design(office: Office) -> None:
    page = office.of("jk-wgb")
    page.goto(f"{office.address}/design/")
    expect(page.get_by_text("您没有权限")).to_be_visible()


def test_a_form_is_saved_once_its_designer_is_signed_in_again(
    office: Office,
) -> None:
    page = opened(office)
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("名称").fill("走访记录")
    page.get_by_label("编号").fill("visit_record")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    expect(page.locator("#saved")).to_have_text("已保存")
    page.context.clear_cookies()
    page.locator(".fjs-palette-field", has_text="日期").first.drag_to(
        page.locator(".fjs-form-editor").first,
        target_position={"x": 500, "y": 200},
    )
    expect(page.locator("#saved")).to_contain_text("登录已过期")
    page.get_by_label("（designer）的密码").fill("gridflow")
    page.get_by_role("button", name="登录并保存").click()
    expect(page.locator("#saved")).to_have_text("已保存")
    page.reload()
    page.wait_for_selector("#designer[data-ready]")
    assert (
        page.evaluate(
            "() => window.gridflowFormEditor.getSchema().components.length"
        )
        >= 1
    )


def test_scenarios_are_kept_on_the_page_until_their_designer_is_signed_in_again(
    office: Office,
) -> None:
    page = opened(office)
    page.goto(page.url.split("#")[0].split("?")[0].rstrip("/") + "/scenarios")
    typed = (
        page.locator("#text").input_value() + "\n# 登录过期之前写下的一行\n"
    )
    page.locator("#text").fill(typed)
    page.context.clear_cookies()
    page.get_by_role("button", name="保存并演练").click()
    expect(page.get_by_text("登录已过期")).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_have_value(typed)
    page.get_by_label("（designer）的密码").fill("gridflow")
    page.get_by_role("button", name="登录并提交").click()
    expect(page.get_by_text("情景已保存")).to_be_visible()
