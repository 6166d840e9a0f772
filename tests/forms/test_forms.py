"""Forms: what is refused at loading, what the server accepts, and what a person sees."""

import json

import pytest
from werkzeug.datastructures import MultiDict

import forms


def load(*components: dict) -> forms.Form:
    return forms.load(json.dumps({"id": "f", "components": list(components)}))


DECISION = {
    "type": "radio", "key": "decision", "label": "意见", "validate": {"required": True},
    "values": [{"value": "approve", "label": "同意"}, {"value": "reject", "label": "不同意"}],
}  # fmt: skip
REASON = {
    "type": "textarea", "key": "reason", "label": "理由", "validate": {"required": True, "minLength": 2},
    "conditional": {"hide": '=decision != "reject"'},
}  # fmt: skip


def test_an_unsupported_component_is_refused_by_name() -> None:
    with pytest.raises(forms.FormUnsupported, match="iframe") as refused:
        load({"type": "iframe", "label": "地图"}, {"type": "table", "label": "表"})
    assert len(refused.value.reasons) == 2


def test_every_field_tells_its_own_reason() -> None:
    form = load(DECISION, {"type": "number", "key": "n", "label": "人数", "validate": {"min": 1, "max": 5}})
    with pytest.raises(forms.Invalid) as invalid:
        forms.validate(form, {"decision": "maybe", "n": "9"}, {})
    assert invalid.value.errors == {"decision": ["意见的选项已变化或不存在，请重新选择"], "n": ["人数应在 1 到 5 之间"]}


def test_a_hidden_field_is_neither_asked_for_nor_kept() -> None:
    form = load(DECISION, REASON)
    assert forms.validate(form, {"decision": "approve", "reason": "多余"}, {}) == {"decision": "approve"}
    with pytest.raises(forms.Invalid) as invalid:
        forms.validate(form, {"decision": "reject"}, {})
    assert invalid.value.errors == {"reason": ["请填写理由"]}


def test_options_come_from_the_register() -> None:
    form = load({"type": "select", "key": "item", "label": "事项", "valuesKey": "items", "validate": {"required": True}})
    options = {"items": [forms.Option("i1", "巡查")]}
    assert form.sources == {"items"}
    assert forms.validate(form, {"item": "i1"}, options) == {"item": "i1"}
    with pytest.raises(forms.Invalid):
        forms.validate(form, {"item": "i2"}, options)
    assert forms.summarise(form, {"item": "i1"}, options) == [("事项", "巡查")]


ROWS = {
    "type": "dynamiclist", "key": "after", "label": "网格",
    "components": [
        {"type": "textfield", "key": "name", "label": "名称", "validate": {"required": True}},
        {"type": "checklist", "key": "areas", "label": "片区", "values": [{"value": "a", "label": "一组"}, {"value": "b", "label": "二组"}]},
    ],
}  # fmt: skip


def test_rows_of_a_list_are_read_added_and_removed() -> None:
    form = load(ROWS)
    posted = [("after.0.name", "甲"), ("after.0.areas", "a"), ("after.0.areas", "b"), ("after.1.name", "乙")]
    data = forms.parse_submission(form, MultiDict(posted))
    assert data == {"after": [{"name": "甲", "areas": ["a", "b"]}, {"name": "乙", "areas": []}]}
    assert len(forms.parse_submission(form, MultiDict([*posted, ("_add", "after")]))["after"]) == 3
    assert forms.parse_submission(form, MultiDict([*posted, ("_remove", "after.0")]))["after"] == [{"name": "乙", "areas": []}]
    with pytest.raises(forms.Invalid) as invalid:
        forms.validate(form, {"after": [{"name": ""}]}, {})
    assert list(invalid.value.errors) == ["after.0.name"]


def test_what_was_typed_is_kept_escaped_and_its_error_stands_beside_it() -> None:
    form = load({"type": "textfield", "key": "t", "label": "标题", "validate": {"required": True, "maxLength": 3}})
    html = forms.render(form, {"t": '<b>"太长了'}, {"t": ["标题最多 3 个字"]}, {})
    assert "&lt;b&gt;&#34;太长了" in html and "<b>" not in html
    assert 'aria-invalid="true"' in html and 'aria-describedby="field-t-error"' in html and "标题最多 3 个字" in html


def test_a_pattern_has_a_sentence_of_its_own() -> None:
    form = load(
        {
            "type": "textfield",
            "key": "p",
            "label": "电话",
            "validate": {"pattern": "[0-9]+"},
            "properties": {"patternMessage": "电话只填数字"},
        }
    )
    with pytest.raises(forms.Invalid) as invalid:
        forms.validate(form, {"p": "12a"}, {})
    assert invalid.value.errors == {"p": ["电话只填数字"]}


def test_dates_are_checked_and_kept_as_text() -> None:
    form = load({"type": "datetime", "key": "d", "label": "日期", "subtype": "date"})
    assert forms.validate(form, {"d": "2026-03-02"}, {}) == {"d": "2026-03-02"}
    with pytest.raises(forms.Invalid):
        forms.validate(form, {"d": "2026-02-30"}, {})
