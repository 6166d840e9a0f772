"""What a form says and nobody reads is told by its name, once."""

from __future__ import annotations

import json

import pytest

import forms


def told(component: dict, **of_the_form: object) -> tuple[str, ...]:
    return forms.load(
        json.dumps({"components": [component], **of_the_form})
    ).ignored


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"searchable": True}, "searchable"),
        ({"use24h": False}, "use24h"),
        ({"timeSerializingFormat": "utc_normalized"}, "timeSerializingFormat"),
        ({"inventedByNobody": 1}, "inventedByNobody"),
        (
            {"validate": {"required": True, "minDate": "2026-01-01"}},
            "validate.minDate",
        ),
        ({"appearance": {"prefixIcon": "x"}}, "appearance.prefixIcon"),
        ({"properties": {"colour": "red"}}, "properties.colour"),
        ({"layout": {"row": "r", "grow": 1}}, "layout.grow"),
        ({"conditional": {"disable": "=x"}}, "conditional.disable"),
    ],
)
def test_a_property_that_is_not_read_is_told_with_its_control(
    more: dict, name: str
) -> None:
    (sentence,) = told(
        {"type": "textfield", "key": "a", "label": "标题", **more}
    )
    assert sentence.startswith("控件“标题”") and f"“{name}”" in sentence


def test_one_of_the_form_itself_is_told_too() -> None:
    assert told({"type": "textfield", "key": "a"}, theme="dark") == (
        "表单的“theme”本系统不读取，已忽略",
    )


def test_a_name_in_many_controls_is_told_once() -> None:
    inner = [
        {"type": "textfield", "key": f"k{n}", "label": "x", "odd": 1}
        for n in range(30)
    ]
    (sentence,) = told({"type": "group", "label": "组", "components": inner})
    assert "共 30 处" in sentence


def test_what_is_read_is_not_told() -> None:
    component = {
        "type": "number",
        "key": "a",
        "label": "x",
        "appearance": {"suffixAdorner": "万元"},
        "increment": "0.5",
    }
    assert (
        told(
            {
                **component,
                "layout": {"row": "r", "columns": 8},
                "validate": {"min": 1, "max": 9},
            }
        )
        == ()
    )


@pytest.mark.parametrize("odd", [[1], "x", None, {"a": []}])
def test_properties_of_any_shape_are_told_or_refused(odd: object) -> None:
    for name in (
        "conditional",
        "layout",
        "validate",
        "appearance",
        "properties",
        "inventedByNobody",
    ):
        try:
            found = told(
                {"type": "textfield", "key": "a", "label": "x", name: odd}
            )
        except forms.FormUnsupported:
            continue
        assert all("“" in each for each in found)
