"""Personal data of a form as a later one marks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import forms

PHONE = {"type": "textfield", "key": "phone", "label": "电话"}
NESTED = {
    "type": "default",
    "id": "f",
    "components": [
        {"type": "group", "label": "反映人", "components": [PHONE]},
        {
            "type": "dynamiclist",
            "path": "people",
            "label": "同住人",
            "components": [{**PHONE, "key": "mobile"}],
        },
        {"type": "textfield", "key": "title", "label": "标题"},
    ],
}


def test_fields_of_groups_and_columns_of_lists_are_marked_and_nothing_else() -> (
    None
):
    form = forms.load(json.dumps(NESTED))
    assert forms.personal_keys(form) == frozenset()
    assert forms.value_keys(form) >= {"phone", "mobile", "title"}
    marked = forms.with_personal(form, {"phone", "mobile", "nothing"})
    assert forms.personal_keys(marked) == {"phone", "mobile"}
    given = {
        "phone": "13812345678",
        "people": [{"mobile": "13812345678"}],
        "title": "楼道堆物",
    }
    told = str(forms.summarise(marked, given, {}))
    assert told.count("138****5678") == 2 and "楼道堆物" in told
    assert forms.with_personal(marked, {"phone"}) is marked


def test_telephones_birth_dates_and_identity_numbers_of_the_products_forms_are_personal() -> (
    None
):
    """A form that asks for one and does not say so shows it to everybody who may read the instance."""
    root = Path(__file__).parents[2]
    files = [
        *root.glob("forms/definitions/*.form"),
        *root.glob("bpmn/*/*.form"),
    ]
    asked = [
        (file.name, field)
        for file in files
        for field in _asked(json.loads(file.read_text())["components"])
        if any(
            word in field.get("label", "")
            for word in ("电话", "手机", "出生", "身份证")
        )
    ]
    assert len(asked) >= 3
    assert [
        (name, field["key"])
        for name, field in asked
        if field.get("properties", {}).get("personal") != "true"
    ] == []


def _asked(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for component in components:
        yield component
        yield from _asked(component.get("components", []))


def test_who_is_named_for_a_list_sees_no_other_field_by_a_columns_key() -> (
    None
):
    column = {**PHONE, "label": "手机"}
    rows = {
        "type": "dynamiclist",
        "path": "members",
        "label": "成员",
        "components": [{"type": "group", "components": [column]}],
    }
    others = {**rows, "path": "others", "label": "其他人"}
    fields = [PHONE, rows, others]
    form = forms.load(json.dumps({**NESTED, "components": fields}))
    form = forms.with_graded(form, {"phone", "members", "others"})
    given = {
        "phone": "13812345678",
        "members": [{"phone": "13912345678"}],
        "others": [{"phone": "13712345678"}],
    }
    for named, told in (
        ({"plain": frozenset({"members"})}, "13912345678"),
        ({"opened": frozenset({"members"})}, "139****5678"),
    ):
        sight = forms.Sight(**named)
        summary = dict(forms.summarise(form, given, {}, sight=sight))
        assert summary == {
            "电话": forms.NOT_SHOWN,
            "成员": f"1. 手机：{told}",
            "其他人": forms.NOT_SHOWN,
        }
        assert forms.holds_masked(form, given, sight) is ("opened" in named)
    opened = forms.Sight(
        plain=frozenset({"members"}), opened=frozenset({"phone"})
    )
    assert dict(forms.summarise(form, given, {}, sight=opened))["电话"] == (
        "138****5678"
    )
    assert forms.holds_masked(form, {"phone": given["phone"]}, opened)
