"""A designer draws what an amended regulation demands at a real browser, without typing an expression: a form
with a table and a file, a decision table, a condition on an amount, a joint review by two thirds. Plays are
kept as its scenarios, it is published, and an instance goes through all of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk, drawing
from tests.browser.office import Office

pytestmark = pytest.mark.browser


YES = {"decision": "approve", "opinion": "同意"}
NO = {"decision": "reject", "opinion": "不同意"}
THREE = ("justice", "finance", "public-security")
QUOTATION = {
    "name": "报价单.pdf",
    "mimeType": "application/pdf",
    "buffer": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n",
}


def funds(amount: str, *departments: str) -> dict[str, object]:
    """What is asked for, with one row of the table and who signs."""
    filled: dict[str, object] = {
        "amount": amount,
        "items__0__purpose": "设备",
        "items__0__cost": amount,
    }
    if departments:
        filled["departments"] = [
            f"zhenjiang:{role}:321102" for role in departments
        ]
    return filled


def cover(office: Office, page: Page, editor: str) -> None:
    """A play along each way, kept as a scenario."""
    sign = ("部门会签", YES)
    refuse = ("部门会签", NO)
    drawn, plainly = drawing.play, drawing.play_plainly
    for play, name, filled, acts in (
        (plainly, "五万元以下即办", funds("3"), ()),
        (plainly, "十万元以下由财政办理", funds("6"), (("办理", YES),)),
        (
            drawn,
            "三分之二同意",
            funds("20", *THREE),
            (sign, sign, ("办理", YES)),
        ),
        (plainly, "会签没有通过", funds("20", *THREE), (refuse, refuse)),
    ):
        play(office, page, editor, name, "jk-cg", filled, *acts)


def go_through(office: Office) -> None:
    """An instance with a file: two of the three departments consent, then it is handled."""
    page = office.of("jk-cg")
    page.goto(f"{office.address}/start")
    page.get_by_role("link", name="专项经费申请").first.click()
    picker = page.locator('input[name="file:quotation"]')
    picker.set_input_files(QUOTATION)
    office.fill(page, funds("20", *THREE))
    page.get_by_role("button", name="提交", exact=True).click()
    status = page.get_by_role("status").filter(has_text="编号").first
    number = status.inner_text().split("编号 ")[1].split()[0].rstrip("。")
    signing = office.open_task("jk-sf", number, "部门会签")
    expect(signing.get_by_text("报价单.pdf").first).to_be_attached()
    expect(signing.get_by_text("设备").first).to_be_attached()
    for who in ("jk-sf", "jk-ga"):
        office.do(who, number, "部门会签", **YES)
    office.do("jk-cz", number, "办理", **YES)
    page.goto(f"{office.address}/started?q={number}")
    expect(page.get_by_role("row").filter(has_text=number)).to_contain_text(
        "已办结"
    )


def draw_form(page: Page) -> None:
    """An amount, a file, the departments that sign, and a table of two columns."""
    desk.new_file(page, "表单", "专项经费申请", "funds_application")
    desk.field(page, "数字", "申请金额", "amount")
    desk.field(page, "附件", "报价单", "quotation")
    desk.field(page, "多选", "会签部门", "departments")
    page.get_by_label("选项来自登记册").select_option(label="职能部门")
    desk.field(page, "可增减的列表", "用款明细", "items")
    desk.field(page, "单行文字", "用途", "purpose")
    desk.field(page, "数字", "金额", "cost")
    desk.back(page)


def draw_table(page: Page) -> None:
    """Less than five goes the short way."""
    desk.new_file(page, "决策表", "经办方式", "funds_way")
    desk.column(page, "申请金额", "amount", "数字")
    desk.rules(page, ("< 5", '"short"'), ("-", '"full"'))
    desk.back(page)


def draw_steps(page: Page) -> None:
    """A table says whether it is handled at all; from ten on three departments sign, and two thirds
    decide."""
    approval = "审批（approval）"
    desk.step(page, "提出")
    desk.choose(page, 表单="专项经费申请（funds_application）")
    desk.add(page, "决策任务", "确定经办方式")
    desk.choose(page, 决策表="经办方式（funds_way）")
    desk.add(page, "条件网关", "怎样经办？")
    desk.add(page, "条件网关", "金额？")
    desk.add(page, "人工任务", "部门会签")
    desk.choose(page, 会签方式="按比例通过", 表单=approval)
    desk.choose(page, 分别发给谁="会签部门（专项经费申请）")
    desk.fill(page, 通过的比例="2/3")
    desk.add(page, "条件网关", "会签结果？")
    desk.connect(page, "办结")
    desk.otherwise(page)
    desk.step(page, "→ 办理")
    desk.choose(page, 走这条线的条件="部门会签（会签的结果）")
    expect(page.locator("#panel")).to_contain_text("“部门会签”通过")
    desk.step(page, "办理")
    desk.choose(page, 办理机构="同级财政", 表单=approval)
    desk.step(page, "金额？")
    desk.connect(page, "办理")
    desk.otherwise(page)
    desk.step(page, "→ 部门会签")
    desk.choose(page, 走这条线的条件="申请金额（专项经费申请）")
    desk.fill(page, 数值="10")
    desk.step(page, "怎样经办？")
    desk.connect(page, "办结")
    desk.choose(page, 走这条线的条件="funds_way_result（决策表的结果）")
    desk.choose(page, 选项="short")
    desk.step(page, "→ 金额？")
    desk.otherwise(page)
    desk.starters(page, "县级城市管理")
    expect(page.locator("#findings")).not_to_contain_text("错误")


def test_a_form_a_table_a_condition_and_a_joint_review_reach_an_instance(
    amended: Office,
) -> None:
    office = amended
    page = desk.new_procedure(office, "专项经费申请", "special_funds")
    draw_form(page)
    draw_table(page)
    draw_steps(page)
    assert page.evaluate(drawing.CROSSING) == []
    desk.saved(page)
    editor = page.url
    page.get_by_role("link", name="检查并发布").click()
    expect(page.get_by_text("0 处错误")).to_be_visible()
    # Flows are called by the steps that they join, and nothing is published before scenarios go along them.
    expect(page.get_by_text("“会签结果？”→“办结”")).to_be_visible()
    expect(page.get_by_text("试运行没有走到的线")).to_be_visible()
    expect(page.get_by_role("button", name="发布新版本")).to_be_disabled()
    cover(office, page, editor)
    drawing.publish(page, editor, "专项经费管理办法")
    go_through(office)


def test_what_is_typed_slowly_in_the_panel_stays_in_its_field(
    amended: Office,
) -> None:
    page = drawing.opened(amended, "专项经费申请")
    desk.step(page, "办理")
    desk.choose(page, 办理时限="自定时长")
    amount = page.get_by_label("时长", exact=True)
    amount.click()
    page.keyboard.press("Control+a")
    # Each pause is longer than what the panel waits before it takes over what was typed.
    page.keyboard.type("123", delay=300)
    expect(amount).to_have_value("123")
    expect(amount).to_be_focused()
    desk.saved(page)
    page.get_by_role("button", name="作废草稿").click()
    expect(page.get_by_role("status").first).to_contain_text("作废")
