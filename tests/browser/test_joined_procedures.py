"""A designer draws a process that others call, and a message from another instance; both are published and
running instances go through them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk, drawing
from tests.browser.office import Office

pytestmark = pytest.mark.browser

APPROVAL = "审批（approval）"
MESSAGE = "合同已经登记"
FORM = "设备采购（equipment_purchase）"
KEY = "合同编号（设备采购）"
YES = {"decision": "approve", "opinion": "预算内"}


def draw_called(office: Office) -> None:
    """Nobody starts it: the finance bureau looks at what its caller hands over."""
    page = desk.new_procedure(office, "预算核对", "budget_check")
    desk.step(page, "办理")
    desk.choose(page, 办理机构="同级财政", 表单=APPROVAL)
    desk.saved(page)
    drawing.publish(page, page.url, "采购办法：预算由财政核对")


def draw_caller(office: Office) -> Page:
    """Calls the process, then waits until the contract is registered."""
    page = desk.new_procedure(office, "设备采购", "equipment_purchase")
    desk.new_file(page, "表单", "设备采购", "equipment_purchase")
    desk.field(page, "单行文字", "合同编号", "contract_number")
    desk.back(page)
    desk.step(page, "提出")
    desk.choose(page, 表单=FORM)
    desk.add(page, "调用流程", "核对预算")
    desk.choose(page, 调用的流程="预算核对（budget_check）")
    desk.add(page, "等待消息", "等合同登记")
    desk.fill(page, 消息名称=MESSAGE)
    desk.choose(page, 按哪个字段找到对方事项=KEY)
    desk.step(page, "办理")
    desk.choose(page, 办理机构="发起机构", 表单=APPROVAL)
    desk.starters(page, "县级城市管理")
    desk.saved(page)
    return page


def draw_sender(office: Office) -> Page:
    """Another procedure, whose instances send the message."""
    page = desk.new_procedure(office, "合同登记", "contract_entry")
    desk.step(page, "提出")
    desk.choose(page, 表单=FORM)
    desk.step(page, "办理")
    page.get_by_role("button", name="删除", exact=True).click()
    desk.step(page, "提出")
    desk.add(page, "发出消息", "告知采购")
    desk.choose(page, 选已有的消息=MESSAGE)
    desk.choose(page, 按哪个字段找到对方事项=KEY)
    desk.starters(page, "县级财政")
    desk.saved(page)
    return page


def test_a_called_process_and_a_message_from_another_instance_reach_running_instances(
    amended: Office,
) -> None:
    office = amended
    draw_called(office)
    page = draw_caller(office)
    editor = page.url
    drawing.play(
        office,
        page,
        editor,
        "核对预算、登记合同以后办理",
        "jk-cg",
        {"contract_number": "采购-1"},
        ("办理", YES),
        "等合同登记",
        ("办理", YES),
    )
    drawing.publish(page, editor, "设备采购办法")
    page = draw_sender(office)
    editor = page.url
    drawing.play_plainly(
        office,
        page,
        editor,
        "登记合同",
        "jk-cz",
        {"contract_number": "采购-1"},
    )
    drawing.publish(page, editor, "设备采购办法：合同由财政登记")
    number = office.start("jk-cg", "设备采购", contract_number="采购-7")
    office.do("jk-cz", number, "办理", **YES)
    office.start("jk-cz", "合同登记", contract_number="采购-7")
    office.deliver()
    office.do("jk-cg", number, "办理", **YES)
    mine = office.of("jk-cg")
    mine.goto(f"{office.address}/started?q={number}")
    expect(mine.get_by_role("row").filter(has_text=number)).to_contain_text(
        "已办结"
    )
