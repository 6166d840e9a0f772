"""A designer publishes four changes of Zhenjiang's exit, chosen in lists and panels; instances that ran
before are moved and show them: a review step, a shorter deadline, a timer that escalates, another rule of
exit."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk, drawing
from tests.browser.office import Office

pytestmark = pytest.mark.browser
OLD_SCENARIO = "部门提出退出，网格化机构不同意也要上报，由政府决定"
OPINION = {"stance": "agree", "civil_affairs_opinion": "与上位法一致"}
REFUSED = {"decision": "reject", "opinion": "仍有群众需要"}


def proposals(office: Office) -> tuple[dict[str, object], list[str]]:
    """What is filled in, and three exits: two that the grid office reviews, one before the government."""
    form = office.start_form("jk-sf", "事项退出", "item_id")
    items = form.choices("item_id")
    about = {"exit_reason": "已由融媒体中心承担", "approver": "government"}
    numbers = [
        office.start(who, "事项退出", item_id=item, **about)
        for who, item in zip(("jk-sf", "jk-sf", "jk-wgb"), items, strict=False)
    ]
    return {"item_id": items[3], **about}, numbers


def draw(page: Page) -> None:
    ground = "默认（法规没有规定）"
    desk.step(page, "审核退出申请")
    desk.choose(page, 办理时限="自定时长")
    desk.fill(page, 时长="2")
    # The list says in words when the flow is taken.
    consent = desk.row(page, "→ 同意上报")
    expect(consent).to_contain_text("“审核意见”是“同意，报请批准”")
    # Who does not consent ends it; before, the refusal went on to the government.
    desk.step(page, "→ 不同意，附意见上报")
    page.get_by_role("button", name="删除", exact=True).click()
    desk.step(page, "审核结果？")
    desk.connect(page, "未予退出")
    desk.otherwise(page)
    # Into the flow that leads to the government.
    desk.step(page, "→ 政府")
    desk.add(page, "人工任务", "合法性审查")
    desk.choose(
        page, 办理机构="同级司法行政", 办理时限="自定时长", 依据=ground
    )
    desk.choose(page, 表单="民政部门意见（civil_affairs_opinion）")
    # It stands on the way into which it was put, over no other step.
    reviewed, decided = page.evaluate(
        drawing.HEIGHTS, ["合法性审查", "政府审批"]
    )
    assert reviewed == decided
    assert page.evaluate(drawing.OVERLAPPING) == []
    desk.step(page, "政府审批")
    desk.add(page, "时限（到期后中止原任务）", "政府久拖不批")
    desk.choose(page, 到期时间="自定时长")
    desk.fill(page, 时长="15")
    desk.connect(page, "党委审批")
    assert page.evaluate(drawing.CROSSING) == []
    desk.saved(page)


def mend_scenarios(
    office: Office, page: Page, editor: str, filled: dict[str, object]
) -> None:
    """From the findings of the page of publishing: plays are kept, put into the others, the old rule is
    deleted."""
    page.get_by_role("link", name="检查并发布").click()
    expect(page.get_by_text("0 处错误")).to_be_visible()
    expect(page.get_by_role("button", name="发布新版本")).to_be_disabled()
    page.get_by_role("link", name="试运行", exact=True).click()
    drawing.play(
        office,
        page,
        editor,
        "政府十五个工作日未批的，改报党委",
        "jk-wgb",
        filled,
        ("合法性审查", OPINION),
        "政府久拖不批",
        ("党委审批", {"decision": "reject", "opinion": "继续保留"}),
    )
    drawing.play_plainly(
        office,
        page,
        editor,
        "网格化机构不同意的，保留在清单上",
        "jk-sf",
        filled,
        ("审核退出申请", REFUSED),
    )
    page.get_by_role("button", name="补进原有情景").click()
    page.get_by_role("link", name="改情景").click()
    page.get_by_role("button", name=f"删去情景“{OLD_SCENARIO}”").click()
    expect(page.get_by_role("heading", name=OLD_SCENARIO)).to_have_count(0)


def test_a_review_a_shorter_deadline_an_escalation_and_another_rule_of_exit_reach_running_instances(
    amended: Office,
) -> None:
    office = amended
    filled, numbers = proposals(office)
    page = drawing.opened(office, "事项退出")
    editor = page.url
    draw(page)
    mend_scenarios(office, page, editor, filled)
    drawing.publish(page, editor, "退出规定修改")
    drawing.moved(office, page, "事项退出", 2, *numbers)
    # What became of each, by the report; and what its people see.
    told = page.locator("main")
    expect(told).to_contain_text("“审核退出申请”的截止时间由")
    expect(told).to_contain_text("新增“政府久拖不批”")
    refused, reviewed, late = numbers
    office.do("jk-wgb", refused, "审核退出申请", **REFUSED)
    applicant = office.of("jk-sf")
    applicant.goto(f"{office.address}/started?q={refused}")
    expect(applicant.get_by_text("未予退出").first).to_be_visible()
    consent = {"decision": "approve", "opinion": "同意上报"}
    consent["approver"] = "government"
    office.do("jk-wgb", reviewed, "审核退出申请", **consent)
    office.do("jk-sf", reviewed, "合法性审查", **OPINION)
    office.open_task("jk-zf", reviewed, "政府审批")
    office.open_task("jk-zf", late, "政府审批")
