"""A designer without a mouse changes a diagram from the list of its steps; two designers at one draft lose
nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import drawing
from tests.browser.office import Office

pytestmark = pytest.mark.browser

SAVED = "async () => (await window.gridflowModeler.saveXML()).xml"

CROSSED = """() => { const m = window.gridflowModeler;
    const made = m.get('selection').get()[0];
    const [right, bottom] = [made.x + made.width, made.y + made.height];
    return m.get('elementRegistry').filter(each => each.type === 'bpmn:SequenceFlow' && !each.labelTarget
        && each.target !== made && each.waypoints.slice(1).some((to, index) => {
            const from = each.waypoints[index];
            return Math.min(from.x, to.x) < right && Math.max(from.x, to.x) > made.x
                && Math.min(from.y, to.y) < bottom && Math.max(from.y, to.y) > made.y;
        })).map(each => each.id); }"""
"""The flows that go through the step that was just made."""


def pick(page: Page, element: str) -> None:
    """Goes down the list to that step, by the keyboard."""
    page.locator("#steps ol button[tabindex='0']").focus()
    page.keyboard.press("Home")
    for _step in range(60):
        focused = page.evaluate("() => document.activeElement.dataset.element")
        if focused == element:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(element)


def test_a_step_is_added_named_moved_connected_and_undone_by_keyboard(
    office: Office,
) -> None:
    page = drawing.opened(office, "事项退出")
    before = page.evaluate(SAVED)
    # Names are read at once: the drawing is not made smaller than that.
    assert (
        page.evaluate("() => window.gridflowModeler.get('canvas').zoom()")
        >= 0.9
    )
    expect(page.locator("#steps ol button").first).to_be_in_viewport()
    pick(page, "review_exit")
    page.keyboard.press("Insert")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("合法性审查")
    page.keyboard.press("Tab")
    steps = page.locator("#steps ol button")
    expect(steps.filter(has_text="合法性审查")).to_have_count(1)
    made = page.evaluate(
        "() => window.gridflowModeler.get('selection').get()[0].id"
    )
    pick(page, made)
    page.keyboard.press("Alt+ArrowUp")
    told = page.locator("#steps [role=status]")
    expect(told).to_have_text("已移动")
    flows = page.evaluate(
        """() => window.gridflowModeler.get('elementRegistry')
            .filter(each => each.type === 'bpmn:SequenceFlow')
            .map(each => [each.source.id, each.target.id])"""
    )
    assert [made, "review_exit"] in flows
    office.check(page, "designer with its list of steps")
    count = len(flows)
    pick(page, made)
    page.locator("#steps [name=target]").select_option("review_exit")
    page.get_by_role("button", name="连上").press("Enter")
    expect(told).to_have_text("这两个步骤已经连上，没有再连")
    assert (
        page.evaluate(
            """() => window.gridflowModeler.get('elementRegistry')
                .filter(each => each.type === 'bpmn:SequenceFlow').length"""
        )
        == count
    )
    pick(page, made)
    page.keyboard.press("Delete")
    expect(told).to_have_text("已删除“合法性审查”")
    page.keyboard.press("Control+z")
    expect(steps.filter(has_text="合法性审查")).to_have_count(1)
    undo = page.get_by_role("button", name="撤销")
    while undo.is_enabled():
        undo.press("Enter")
    after = page.evaluate(SAVED)
    kinds = ("<bpmn:userTask", "<bpmn:sequenceFlow", "<bpmn:flowNodeRef")
    for kind in kinds:
        assert after.count(kind) == before.count(kind)
    expect(page.locator("#saved")).to_have_text("已保存")


def test_the_menu_of_a_gateway_offers_what_the_checks_accept(
    office: Office,
) -> None:
    page = drawing.opened(office, "事项退出")
    page.evaluate(
        """() => { const m = window.gridflowModeler;
            const found = m.get('elementRegistry').find(each => each.type === 'bpmn:ExclusiveGateway');
            m.get('popupMenu').open(found, 'bpmn-replace', { x: 300, y: 300 }); }"""
    )
    entries = page.locator(".djs-popup .entry")
    expect(entries.filter(has_text="并行网关")).to_be_visible()
    expect(entries.filter(has_text="复杂网关")).to_have_count(0)
    page.keyboard.press("Escape")
    gateway = page.evaluate(
        """() => window.gridflowModeler.get('elementRegistry').find(
            each => each.type === 'bpmn:ExclusiveGateway' && each.outgoing.length > 1).id"""
    )
    pick(page, gateway)
    page.keyboard.press("Insert")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(CROSSED) == [], "one more way crosses no flow"
    page.locator("#steps").get_by_role("button", name="撤销").press("Enter")


def rename(page: Page, element: str, name: str) -> None:
    page.evaluate(
        "([id, name]) => { const m = window.gridflowModeler;"
        " m.get('modeling').updateProperties(m.get('elementRegistry').get(id), { name }); }",
        [element, name],
    )


def name_of(page: Page, element: str) -> str:
    return page.evaluate(
        "id => window.gridflowModeler.get('elementRegistry').get(id).businessObject.name",
        element,
    )


def test_two_designers_at_once_lose_nothing(office: Office) -> None:
    one = drawing.opened(office, "事项退出")
    other = drawing.opened(office, "事项退出", one.context.new_page())
    first, second = one.evaluate(
        """() => window.gridflowModeler.get('elementRegistry')
            .filter(each => each.type === 'bpmn:UserTask').map(each => each.id).slice(0, 2)"""
    )
    rename(one, first, "甲改的")
    expect(one.locator("#saved")).to_have_text("已保存")
    rename(other, second, "乙改的")
    expect(other.locator("#merged")).to_contain_text("合并")
    assert name_of(other, first) == "甲改的"
    assert name_of(other, second) == "乙改的"
    rename(one, second, "甲也改")
    expect(one.locator("#overlapping-told")).to_contain_text("“乙改的”")
    expect(one.locator("#saved")).to_contain_text("请先选定用谁的")
    one.get_by_role("button", name="用对方的").click()
    expect(one.locator("#saved")).to_have_text("已保存")
    assert name_of(one, second) == "乙改的"
    assert name_of(one, first) == "甲改的"
    other.close()


def test_the_delete_key_takes_a_field_out_of_a_form(office: Office) -> None:
    page = drawing.opened(office, "事项退出")
    address = page.url.partition("#")[0]
    page.goto(f"{address}/files/exit_review.form")
    page.wait_for_selector("#designer[data-ready]")
    count = "() => window.gridflowFormEditor.getSchema().components.length"
    before = page.evaluate(count)
    page.locator(".fjs-form-container .fjs-element").nth(1).click(
        position={"x": 8, "y": 4}
    )
    page.keyboard.press("Delete")
    assert page.evaluate(count) == before - 1
    page.evaluate("() => window.gridflowFormEditor.get('commandStack').undo()")
    assert page.evaluate(count) == before
    expect(page.locator("#saved")).to_have_text("已保存")
