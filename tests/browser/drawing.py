"""What a designer does at the drawing: chooses a step, uses its menus and its panel, tries, publishes."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.office import Office

SELECT = """name => {
  const m = window.gridflowModeler, r = m.get('elementRegistry');
  const found = r.get(name) || r.find((each) => each.businessObject.name === name && !each.labelTarget);
  m.get('canvas').scrollToElement(found);
  m.get('selection').select(found);
}"""


def opened(office: Office, designer: str, procedure: str) -> Page:
    """The procedure's draft, ready to be drawn."""
    page = office.of(designer)
    page.goto(f"{office.address}/design/")
    row = page.get_by_role("row").filter(has_text=procedure).first
    row.get_by_role("button").or_(
        row.get_by_role("link", name="继续编辑")
    ).first.click()
    page.wait_for_selector("#designer[data-ready]")
    return page


def select(page: Page, name: str) -> None:
    """Chooses the element of that id or name."""
    page.evaluate(SELECT, name)


def menu(page: Page, action: str, kind: str = "") -> None:
    """An entry of the menu beside the chosen element; `kind`: what it is changed into."""
    page.locator(
        f'.djs-context-pad.open .entry[data-action="{action}"]'
    ).click()
    if kind:
        page.locator(f'.djs-popup .entry[data-id="{kind}"]').click()


def append(page: Page, after: str, kind: str, name: str) -> None:
    """A step after that one, with a name."""
    select(page, after)
    menu(page, "append.append-task")
    # A new step asks for its name in the drawing; the panel has it too.
    page.keyboard.press("Escape")
    menu(page, "replace", kind)
    named(page, name)


def named(page: Page, name: str) -> None:
    page.locator("#bio-properties-panel-name").fill(name)
    # The panel draws its controls anew once the drawing has the name.
    page.wait_for_function(
        "name => window.gridflowModeler.get('selection').get()[0]?.businessObject.name === name",
        arg=name,
    )


def connect(page: Page, name: str, to: str) -> None:
    """A flow from the one element to the other, by the menu and the mouse."""
    select(page, name)
    menu(page, "connect")
    target = page.evaluate(
        "name => { const r = window.gridflowModeler.get('elementRegistry');"
        " const found = r.find((each) => each.businessObject.name === name && !each.labelTarget);"
        " return (r.get(name) || found).id; }",
        to,
    )
    shape = page.locator(f'[data-element-id="{target}"] .djs-hit').first
    shape.hover()
    shape.click()


def choose(page: Page, **labels: str) -> None:
    """Chooses in the panel: name of the control → label of the option."""
    for control, option in labels.items():
        page.get_by_label(control, exact=True).select_option(label=option)


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_have_text("已保存")


def publish(page: Page, editor: str, remark: str) -> None:
    """Publishes the draft, after its checks and scenarios."""
    page.goto(f"{editor}/publish")
    page.get_by_label("说明").fill(remark)
    page.get_by_role("button", name="发布新版本").click()
    expect(page.get_by_role("status").first).to_contain_text("已发布")


def task(page: Page, name: str) -> Locator:
    """The task of that name on the page of a trial."""
    return page.locator("form.list-group-item").filter(has_text=name)
