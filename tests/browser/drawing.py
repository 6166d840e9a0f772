"""What a designer does at the drawing: chooses a step, uses its menus and its panel, tries, publishes."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser import plain
from tests.browser.office import Office, typed

SELECT = """name => {
  const m = window.gridflowModeler, r = m.get('elementRegistry');
  const found = r.get(name) || r.find((each) => each.businessObject.name === name && !each.labelTarget);
  m.get('canvas').scrollToElement(found);
  m.get('selection').select(found);
}"""

OVERLAPPING = """() => {
  const steps = window.gridflowModeler.get('elementRegistry').filter((each) => !each.labelTarget && !each.host
    && each.businessObject.$instanceOf('bpmn:FlowNode') && each.type !== 'bpmn:SubProcess');
  const meet = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width
    && one.y < other.y + other.height && other.y < one.y + one.height;
  return steps.flatMap((one, index) => steps.slice(index + 1).filter((other) => meet(one, other))
    .map((other) => [one.businessObject.name, other.businessObject.name]));
}"""
CROSSING = """() => {
  const found = window.gridflowModeler.get('elementRegistry').filter((each) => !each.labelTarget);
  const steps = found.filter((each) => each.businessObject.$instanceOf('bpmn:Task'));
  const inside = (step, point) => step.x + 2 < point.x && point.x < step.x + step.width - 2
    && step.y + 2 < point.y && point.y < step.y + step.height - 2;
  const along = (from, to) => Array.from({ length: 50 }, (_none, at) => (
    { x: from.x + (to.x - from.x) * at / 50, y: from.y + (to.y - from.y) * at / 50 }));
  return found.filter((each) => each.type === 'bpmn:SequenceFlow').flatMap((flow) => steps
    .filter((step) => flow.waypoints.slice(1).some((to, index) => along(flow.waypoints[index], to)
      .some((point) => inside(step, point))))
    .map((step) => [flow.id, step.businessObject.name]));
}"""
"""Which flow goes through which step."""
HEIGHTS = """names => names.map((name) => {
  const found = window.gridflowModeler.get('elementRegistry')
    .find((each) => each.businessObject.name === name && !each.labelTarget);
  return found.y + found.height / 2;
})"""


def opened(office: Office, procedure: str, page: Page | None = None) -> Page:
    """The procedure's draft, ready to be drawn, at the designer's page."""
    page = page or office.of("designer")
    page.goto(plain.draft(page.context.request, office.address, procedure))
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


def play(
    office: Office,
    page: Page,
    editor: str,
    name: str,
    starter: str,
    fields: dict[str, object],
    *acts: str | tuple[str, dict[str, object]],
) -> None:
    """Plays the draft and keeps the play as a scenario; an act is a task with its fields, or what the clock
    or another instance does."""
    page.goto(f"{editor}/try")
    page.get_by_label("由谁发起").select_option(starter)
    page.get_by_role("button", name="发起", exact=True).click()
    office.fill(page, fields)
    page.get_by_role("button", name="提交", exact=True).click()
    for act in acts:
        if isinstance(act, str):
            task(page, act).get_by_role("button").click()
            continue
        step, filled = act
        task(page, step).first.get_by_role("button", name="办理").click()
        office.fill(page, filled)
        page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_label("情景名称").fill(name)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name="改了什么")).to_be_visible()


def play_plainly(
    office: Office,
    page: Page,
    editor: str,
    name: str,
    starter: str,
    fields: dict[str, object],
    *acts: str | tuple[str, dict[str, object]],
) -> None:
    """The same by requests, for the further plays of a test that has drawn one; what follows is drawn."""
    request = page.context.request

    def press(button: str, beside: str = "") -> plain.Form:
        return plain.pressed(request, shown, button, beside)

    shown = plain.fetched(request, f"{editor}/try")
    shown = press("发起").send({"_by": starter})
    shown = press("提交").send(typed(fields))
    for act in acts:
        if isinstance(act, str):
            shown = press("拨到这一刻", act).send({})
            continue
        step, filled = act
        shown = press("办理", step).send({})
        shown = press("提交").send(typed(filled))
    page.goto(press("保存").leads_to({"name": name}))
    expect(page.get_by_role("heading", name="改了什么")).to_be_visible()


def moved(
    office: Office, page: Page, procedure: str, version: int, *numbers: str
) -> None:
    """Moves these instances to the version, on the page of versions."""
    page.goto(f"{office.address}/design/")
    page.get_by_role("row").filter(has_text=procedure).first.get_by_role(
        "link", name=f"第 {version} 版"
    ).click()
    for number in numbers:
        row = page.locator(".list-group-item").filter(has_text=number)
        row.get_by_role("checkbox").check()
    page.get_by_role("button", name=f"把选中的移到第 {version} 版").click()
    for number in numbers:
        told = page.locator(".list-group-item, tr").filter(has_text=number)
        expect(told.first).to_contain_text("已移动")
