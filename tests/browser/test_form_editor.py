"""The form editor: no word of it is left in English, and the form is drawn to who fills it in as its viewer
shows it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import forms
from forms.components import COMPONENTS
from tests.browser import drawing
from tests.browser.office import Office

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
SCHEMA = json.loads((HERE / "all_components.form").read_text())
LEFT = ("Powered by bpmn.io", "URL")
"""The mark of the editor's makers, and a word that Chinese has too."""
LABELS = """async (type) => {
  const editor = window.gridflowFormEditor;
  const drawn = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  const all = editor.get('formFieldRegistry').getAll();
  editor.get('selection').set(all.find((each) => each.type === type));
  const open = (heads, whole) => {
    for (const head of document.querySelectorAll(heads)) {
      if (!head.closest(whole)?.querySelector('.open')) head.click();
    }
  };
  await drawn();
  open('.bio-properties-panel-group-header', '.bio-properties-panel-group');
  await drawn();
  open('.bio-properties-panel-collapsible-entry-header', '.bio-properties-panel-collapsible-entry');
  await drawn();
  const found = new Set();
  const root = document.getElementById('form-editor');
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const typed = node.parentElement.closest('style, .cm-editor, .bio-properties-panel-header-label');
    if (!typed) found.add(node.data.trim());
  }
  for (const element of root.querySelectorAll('*')) {
    for (const name of ['title', 'placeholder', 'aria-label', 'data-placeholder']) {
      found.add(element.getAttribute(name) || '');
    }
  }
  return [...found].filter((each) => /[A-Za-z]{3}/.test(each));
}"""
"""Chooses the component of that type, opens its panel's groups, returns what is said in Latin letters."""
VIEW = """async (schema) => {
  const box = document.body.appendChild(document.createElement('div'));
  await new window.gridflowFormViewer({ container: box }).importSchema(schema, {});
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  return [window.viewedFields(box), window.drawnFields(document.getElementById('preview'))];
}"""

PROBES = {
    "n": (0.5, 1, 1.5, 1.25, 2.3, 9, 9.5),
    "t": ("甲", "乙甲", "丙", "甲丙", "甲" * 20, "甲" * 21),
    "ta": ("字" * 100, "字" * 101),
    "r": ("a", ""),
    "ti": ("",),
}
"""Field → values at the borders of what its steps, limits and patterns allow."""
REFUSED = """async ([schema, probes]) => {
  const box = document.body.appendChild(document.createElement('div'));
  const form = new window.gridflowFormViewer({ container: box });
  await form.importSchema(schema, {});
  const fields = form.get('formFieldRegistry').getAll();
  const check = form.get('validator');
  return Object.entries(probes).map(([key, values]) => {
    const field = fields.find((each) => each.key === key);
    return [key, values.map((value) => check.validateField(field, value).length > 0)];
  });
}"""
"""Which of the values the viewer refuses."""
TIMES = """async (schema) => {
  const box = document.body.appendChild(document.createElement('div'));
  await new window.gridflowFormViewer({ container: box }).importSchema(schema, {});
  const drawn = () => new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
  await drawn();
  const offered = [];
  for (const input of box.querySelectorAll('.fjs-timepicker input')) {
    input.focus();
    input.click();
    await drawn();
    offered.push(box.querySelectorAll('.fjs-timepicker .fjs-dropdownlist-item').length);
    input.blur();
    await drawn();
  }
  const preview = document.getElementById('preview');
  const timed = [...preview.querySelectorAll('[type=time], [type=datetime-local]')];
  return [offered, timed.map((each) => 86400 / Number(each.step))];
}"""
"""How many times of a day the viewer offers at each field, and the server."""


@pytest.fixture(scope="module")
def page(browser: Browser, product: str, browser_context_args: dict) -> Page:
    """The editor with a form that holds every component, each with what it may say."""
    office = Office(browser, product, browser_context_args)
    page = drawing.opened(office, "督办")
    page.get_by_role("link", name="表单和决策表").click()
    page.get_by_label("名称").fill("全部控件")
    page.get_by_label("编号").fill("all_components")
    page.get_by_role("button", name="新建并编辑").click()
    page.wait_for_selector("#designer[data-ready]")
    page.evaluate("s => window.gridflowFormEditor.importSchema(s)", SCHEMA)
    page.evaluate(
        "() => { const e = window.gridflowFormEditor;"
        " const field = e.get('formFieldRegistry').getAll().find((each) => each.key === 't');"
        " e.get('modeling').editFormField(field, 'description', '写全称。'); }"
    )
    page.wait_for_selector('#preview [name="dl.1.dn"]')
    page.evaluate((HERE / "form_sides.js").read_text())
    return page


def test_no_word_of_the_editor_is_english(page: Page) -> None:
    kinds = {each["type"] for each in SCHEMA["components"]}
    assert kinds == set(COMPONENTS), "a component that nobody looks at"
    english = {
        word
        for kind in ("default", *sorted(kinds))
        for word in page.evaluate(LABELS, kind)
    }
    written = json.dumps(SCHEMA)
    assert (
        sorted(
            word
            for word in english
            if word not in LEFT
            and word not in written
            and "Markdown" not in word
        )
        == []
    )


def test_what_the_viewer_shows_is_what_the_server_draws(page: Page) -> None:
    viewed, drawn = page.evaluate(VIEW, SCHEMA)
    # The viewer keeps the options of tags behind a click.
    tags = next(each for each in viewed if each["label"] == "标签")
    tags["options"] = ["急", "缓"]
    for each in drawn:
        each["description"] = each["description"].removesuffix("。")
    assert [each["label"] for each in drawn] == [
        each["label"] for each in viewed
    ]
    assert drawn == viewed


def test_the_server_refuses_what_the_viewer_refuses(page: Page) -> None:
    form = forms.load(json.dumps(SCHEMA, ensure_ascii=False))
    refused = dict(page.evaluate(REFUSED, [SCHEMA, PROBES]))
    for key, values in PROBES.items():
        for value, by_viewer in zip(values, refused[key], strict=True):
            assert by_viewer == (key in _errors(form, key, value)), (
                key,
                value,
            )


def _errors(form: forms.Form, key: str, value: object) -> set[str]:
    try:
        forms.validate(form, {key: value}, {})
    except forms.Invalid as invalid:
        return set(invalid.errors)
    return set()


def test_the_server_offers_the_times_that_the_viewer_offers(
    page: Page,
) -> None:
    by_viewer, by_server = page.evaluate(TIMES, SCHEMA)
    assert by_viewer == by_server == [48, 96]


def test_an_arrow_key_goes_to_the_next_step(page: Page) -> None:
    amount = page.locator('#preview [name="n"]')
    amount.fill("5.2")
    amount.press("ArrowUp")
    assert amount.input_value() == "5.5"
    amount.press("ArrowDown")
    amount.press("ArrowDown")
    assert amount.input_value() == "4.5"
