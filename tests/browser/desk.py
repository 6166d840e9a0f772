"""What a designer presses at his desk: the list of steps, the panel, the form editor, the publication."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.office import Office


def new_procedure(office: Office, name: str, key: str) -> Page:
    """The draft of a procedure that is begun from an empty one."""
    page = office.of("designer")
    page.goto(f"{office.address}/design/")
    page.get_by_text("新建流程").first.click()
    page.get_by_label("名称", exact=True).fill(name)
    page.get_by_label("编号", exact=True).fill(key)
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_selector("#designer[data-ready]")
    return page


def row(page: Page, name: str) -> Locator:
    """The step or flow of that name in the list of steps."""
    named = re.compile(f"^{re.escape(name)}")
    return page.locator("#steps ol button").filter(has_text=named).first


def step(page: Page, name: str) -> None:
    row(page, name).click()
    expect(row(page, name)).to_have_attribute("aria-pressed", "true")


def add(page: Page, kind: str, name: str) -> None:
    """One more element after the chosen one, which is chosen then."""
    page.locator("#steps-kind").select_option(label=kind)
    page.get_by_role("button", name="加上").click()
    page.locator("#steps-name").fill(name)
    expect(page.locator("#bio-properties-panel-name")).to_have_value(name)


def connect(page: Page, to: str) -> None:
    """A flow from the chosen step; from a gateway it is chosen then."""
    page.locator("#steps-target").select_option(label=to)
    page.get_by_role("button", name="连上").click()


def choose(page: Page, **settings: str) -> None:
    """Chooses in the panel: name of the control → label of the option."""
    for control, option in settings.items():
        page.get_by_label(control, exact=True).select_option(label=option)


def fill(page: Page, **settings: str) -> None:
    """Types into the panel: name of the control → text."""
    for control, text in settings.items():
        page.get_by_label(control, exact=True).fill(text)
        page.get_by_label(control, exact=True).blur()


def otherwise(page: Page) -> None:
    """The chosen flow is gone where no condition holds."""
    page.get_by_label("其余情况都走这条线").check(force=True)


def starters(page: Page, *bodies: str) -> None:
    """Chooses who may start the procedure."""
    page.get_by_role("button", name="流程属性").click()
    page.locator(
        ".bio-properties-panel-group-header", has_text="谁可以发起"
    ).click()
    for body in bodies:
        page.get_by_label(body, exact=True).check(force=True)


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("已保存")


def new_file(page: Page, kind: str, name: str, key: str) -> None:
    """The editor of a form or a decision table that is begun."""
    saved(page)
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("种类").select_option(label=kind)
    page.get_by_label("名称").fill(name)
    page.get_by_label("编号").fill(key)
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")


def field(page: Page, kind: str, label: str, key: str) -> None:
    """One more component of the form, into the chosen list or after the chosen one."""
    page.locator(".fjs-palette-field", has_text=kind).first.click()
    panel = page.locator(".fjs-properties-container")
    expect(panel).to_contain_text(kind)
    name = panel.locator(
        "#bio-properties-panel-key, #bio-properties-panel-path"
    )
    if not name.is_visible():
        panel.locator(
            ".bio-properties-panel-group-header", has_text="基本"
        ).click()
    text = panel.locator("[data-entry-id=label] [contenteditable=true]")
    text.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(label)
    name.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(key)
    name.blur()
    expect(page.locator("#preview")).to_contain_text(label)


def back(page: Page) -> None:
    """From a file of the draft to its diagram."""
    saved(page)
    page.get_by_role("link", name="返回流程图").click()
    page.wait_for_selector("#designer[data-ready]")


def column(page: Page, label: str, variable: str, kind: str) -> None:
    """What the first input of the table is called, which variable it reads, and its type."""
    page.locator("th.input-cell").dblclick()
    page.locator(".dms-input-label").fill(label)
    page.get_by_label("输入表达式").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(variable)
    page.locator("select.type-ref-edit-select").select_option(label=kind)
    page.keyboard.press("Escape")


def rules(page: Page, *rows: tuple[str, str]) -> None:
    """The rows of a table with one input and one output."""
    for number, row_of in enumerate(rows):
        if number:
            page.locator(".add-rule-add").click()
        cells = page.locator("#table-editor tbody tr").nth(number)
        for kind, text in zip(("input", "output"), row_of, strict=True):
            cells.locator(f"td.{kind}-cell").click()
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
