"""Forms for the tests, written as form-js components."""

from __future__ import annotations

import json

import pytest

import forms


def load(*components: dict) -> forms.Form:
    return forms.load(json.dumps({"id": "f", "components": list(components)}))


def field(
    kind: str,
    key: str,
    label: str,
    hide: str = "",
    required: bool = False,
    **more: object,
) -> dict:
    """A component; `values` may be pairs, `hide` is its condition."""
    validate = {
        **({"required": True} if required else {}),
        **more.pop("validate", {}),
    }
    if "values" in more:
        more["values"] = [
            {"value": value, "label": shown} for value, shown in more["values"]
        ]
    return {
        "type": kind,
        "key": key,
        "label": label,
        "validate": validate,
        "conditional": {"hide": hide},
        **more,
    }


def refused(
    form: forms.Form, data: dict, options: dict | None = None
) -> dict[str, list[str]]:
    """The errors of data that the form refuses."""
    with pytest.raises(forms.Invalid) as invalid:
        forms.validate(form, data, options or {})
    return invalid.value.errors


def accepted(
    form: forms.Form, data: dict, options: dict | None = None
) -> dict:
    return forms.validate(form, data, options or {})


DECISION = field(
    "radio",
    "decision",
    "意见",
    required=True,
    values=[("approve", "同意"), ("reject", "不同意")],
)
REASON = field(
    "textarea",
    "reason",
    "理由",
    hide='=decision != "reject"',
    required=True,
    validate={"minLength": 2},
)
ROWS = field(
    "dynamiclist",
    "after",
    "网格",
    components=[
        field("textfield", "name", "名称", required=True),
        field(
            "select",
            "kind",
            "类别",
            required=True,
            values=[("general", "综合网格"), ("dedicated", "专属网格")],
            defaultValue="general",
        ),
        field(
            "checklist", "areas", "片区", values=[("a", "一组"), ("b", "二组")]
        ),
        field(
            "textfield",
            "unit",
            "所属单位",
            hide='=kind = "general"',
            required=True,
        ),
    ],
)
