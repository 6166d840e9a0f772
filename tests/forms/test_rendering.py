"""Rendering: labels, errors and what was typed, for eyes, keyboards and screen readers."""

import lxml.html
import pytest

import forms
from forms.components import COMPONENTS
from forms.schema import _VALUES, longest
from tests.forms.conftest import DECISION, REASON, ROWS, field, load


def page(
    form: forms.Form,
    data: dict | None = None,
    errors: dict | None = None,
    options: dict | None = None,
    **more: object,
):
    html = forms.render(form, data or {}, errors or {}, options or {}, **more)
    return lxml.html.fromstring(f"<form>{html}</form>")


def every_kind() -> list[dict]:
    more = {
        "dynamiclist": {"components": [field("textfield", "x", "内")]},
        "text": {"text": "# 标题\n- 一\n\n说明"},
    }
    choices = {"values": [("a", "甲"), ("b", "乙")]}
    return [
        field(
            kind,
            f"k_{kind}",
            f"标签{kind}",
            description="说明",
            required=True,
            **more.get(kind, choices),
        )
        for kind in COMPONENTS
    ]


def test_every_component_that_carries_a_value_is_checked() -> None:
    assert _VALUES.keys() == {
        kind
        for kind, component in COMPONENTS.items()
        if component.carries_value
    }


def test_every_control_has_a_label_a_hint_and_an_error_tied_to_it() -> None:
    form = load(*every_kind())
    shown = page(form, errors={each.key: ["请更正"] for each in form.inputs()})
    ids = [each.get("id") for each in shown.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    for each in form.inputs():
        (control,) = shown.xpath(f"//*[@id='field-{each.key}']")
        holder = (
            control
            if control.get("aria-describedby")
            else control.xpath("ancestor::fieldset")[-1]
        )
        assert holder.get("aria-invalid") == "true", each.key
        told = [
            shown.get_element_by_id(part).text_content()
            for part in holder.get("aria-describedby").split()
        ]
        limit = (
            f"；最多 {longest(each)} 个字"
            if each.type in ("textfield", "textarea")
            else ""
        )
        assert told == [f"说明{limit}", "请更正"], each.key
        assert (
            shown.xpath(f"//label[@for='field-{each.key}']")
            or control.xpath("ancestor::label")
            or holder.xpath("legend")
        )


def test_what_was_typed_is_kept_escaped() -> None:
    form = load(
        field("textfield", "t", "标<题>"), field("textarea", "a", "文")
    )
    html = forms.render(
        form, {"t": '<b>"', "a": "\n</textarea><script>"}, {}, {}
    )
    assert (
        "<b>" not in html and "<script>" not in html and "标&lt;题&gt;" in html
    )
    shown = page(form, {"t": '<b>"', "a": "二\n行"})
    assert (
        shown.xpath("//input/@value") == ['<b>"']
        and shown.xpath("//textarea")[0].text.lstrip("\n") == "二\n行"
    )


def test_a_wrong_number_stays_as_it_was_typed() -> None:
    shown = page(
        load(field("number", "n", "人数", decimalDigits=0)),
        {"n": "十二"},
        {"n": ["人数应为数字"]},
    )
    (control,) = shown.xpath("//input")
    assert (
        control.get("value"),
        control.get("type"),
        control.get("inputmode"),
    ) == (
        "十二",
        "text",
        "numeric",
    )


def test_a_new_form_begins_with_its_defaults_and_a_returned_one_with_what_was_typed() -> (
    None
):
    form = load(
        field(
            "select",
            "s",
            "类别",
            values=[("a", "甲"), ("b", "乙")],
            defaultValue="b",
        )
    )
    assert page(form).xpath("//option[@selected]/@value") == ["b"]
    assert page(form, {"s": "a"}).xpath("//option[@selected]/@value") == ["a"]
    assert page(form, {"s": ""}).xpath("//option[@selected]/@value") == []


def test_a_hidden_field_is_hidden_and_carries_its_condition_for_the_browser() -> (
    None
):
    form = load(DECISION, REASON)
    for data, hidden in (
        ({}, True),
        ({"decision": "approve"}, True),
        ({"decision": "reject"}, False),
    ):
        (box,) = page(form, data).xpath("//*[@data-hide-when]")
        assert ("hidden" in box.attrib) is hidden
    assert (
        box.get("data-hide-when")
        == '["!=",["field","decision"],["value","reject"]]'
    )


def test_rows_have_buttons_that_work_without_scripts_and_a_template_for_scripts() -> (
    None
):
    shown = page(
        load(ROWS),
        {"after": [{"name": "甲"}, {"name": "乙"}]},
        {"after.1.name": ["名称重复"]},
    )
    assert shown.xpath("//button[@name='_remove']/@value")[:2] == [
        "after.0",
        "after.1",
    ]
    assert shown.xpath("//button[@name='_add']/@value") == ["after"]
    assert shown.xpath("//*[@id='field-after-1-name']/@aria-invalid") == [
        "true"
    ]
    assert "after.__row__.name" in shown.xpath("//template//input/@name")


def test_a_list_begins_with_one_row_and_may_be_emptied() -> None:
    assert len(page(load(ROWS)).xpath("//*[@data-row-list]/*")) == 1
    assert (
        len(page(load(ROWS), {"after": []}).xpath("//*[@data-row-list]/*"))
        == 0
    )


def test_files_already_uploaded_are_named() -> None:
    shown = page(
        load(field("filepicker", "f", "附件", multiple=True)),
        {"f": ["id1"]},
        filenames={"id1": "图.png"},
    )
    assert "已上传：图.png" in shown.text_content()
    assert shown.xpath("//input[@type='checkbox']/@value") == ["id1"]
    assert shown.xpath("//input[@type='file']/@name") == ["file:f"]


def test_the_article_that_asks_for_a_field_stands_at_its_label() -> None:
    shown = page(
        load(
            field(
                "textfield",
                "t",
                "保障承诺",
                properties={"citation": "第十四条"},
            )
        )
    )
    assert "依据：第十四条" in shown.xpath("//label")[0].text_content()


def test_a_long_list_of_choices_scrolls() -> None:
    options = {
        "areas": [forms.Option(str(n), f"第 {n} 组") for n in range(30)]
    }
    (listed,) = page(
        load(field("checklist", "a", "片区", valuesKey="areas")),
        options=options,
    ).xpath("//*[@data-options]")
    assert listed.get("data-hint") == "输入文字筛选"
    assert listed.get("data-named") == "筛选选项"


def test_read_only_shows_the_values_and_no_controls() -> None:
    shown = page(
        load(DECISION, REASON, ROWS),
        {"decision": "approve", "after": [{"name": "甲", "kind": "general"}]},
        readonly=True,
    )
    assert shown.xpath("//input | //select | //textarea | //button") == []
    text = shown.text_content()
    assert "同意" in text and "综合网格" in text
    assert (
        shown.xpath(
            "//*[@data-hide-when][not(@hidden)]//*[contains(text(), '理由')]"
        )
        == []
    )


def test_the_summary_of_errors_leads_to_the_fields_in_their_order() -> None:
    form = load(DECISION, ROWS)
    errors = {"after.1.name": ["请填写名称"], "decision": ["请选择意见"]}
    links = lxml.html.fromstring(forms.error_summary(form, errors)).xpath(
        "//a"
    )
    assert [(link.get("href"), link.text) for link in links] == [
        ("#field-decision", "请选择意见"),
        ("#field-after-1-name", "第 2 项：请填写名称"),
    ]
    assert forms.error_summary(form, {}) == ""


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("## 标题", "<h3"),
        ("- 一\n- 二", "<ul><li>一</li><li>二</li></ul>"),
        ("**要**点", "<strong>要</strong>点"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_texts_know_headings_bullets_and_bold(text: str, html: str) -> None:
    assert html in forms.render(
        load({"type": "text", "text": text}), {}, {}, {}
    )
