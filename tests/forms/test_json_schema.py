"""Forms written as a JSON Schema: what means the same here, and that nothing else is lost in silence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forms import FormUnsupported, json_schema, load
from forms.definition import Form


def form(properties: dict[str, Any], **more: Any) -> Form:
    schema = {"type": "object", "properties": properties, **more}
    made = json_schema.components(schema)
    return load(json.dumps({"id": "f", "title": "f", "components": made}))


def test_fields_that_mean_the_same_become_ours() -> None:
    found = form(
        {
            "name": {
                "type": "string",
                "title": "姓名",
                "description": "与证件一致",
                "minLength": 2,
                "maxLength": 20,
                "pattern": "^a+$",
                "default": "aa",
            },
            "day": {"type": "string", "format": "date"},
            "at": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "paper": {"type": "string", "format": "data-url"},
            "age": {"type": "integer", "minimum": 1, "maximum": 150},
            "share": {"type": "number"},
            "agreed": {"type": "boolean"},
            "kind": {
                "type": "string",
                "enum": ["a", "b"],
                "enumNames": ["甲", "乙"],
            },
            "way": {"oneOf": [{"const": "x", "title": "走"}]},
            "many": {
                "type": "array",
                "uniqueItems": True,
                "items": {"type": "string", "enum": ["p", "q"]},
            },
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["what"],
                    "properties": {"what": {"type": "string"}},
                },
            },
        },
        required=["name", "agreed"],
    )
    told = {each.key: each for each in found.fields}
    assert [each.type for each in found.fields] == [
        "textfield",
        "datetime",
        "datetime",
        "textfield",
        "filepicker",
        "number",
        "number",
        "checkbox",
        "select",
        "select",
        "checklist",
        "dynamiclist",
    ]
    name = told["name"]
    assert (name.label, name.description, name.required, name.default) == (
        "姓名",
        "与证件一致",
        True,
        "aa",
    )
    assert (name.min_length, name.max_length) == (2, 20)
    assert (told["age"].minimum, told["age"].maximum) == (1, 150)
    assert (told["age"].decimals, told["share"].decimals) == (0, None)
    assert not told["agreed"].required, "there it may be answered with no"
    assert told["mail"].kind == "email" and told["at"].subtype == "datetime"
    assert [(each.value, each.label) for each in told["kind"].options] == [
        ("a", "甲"),
        ("b", "乙"),
    ]
    assert told["way"].options[0].label == "走"
    assert told["rows"].components[0].required


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"type": "object", "properties": {}}, "object"),
        ({"type": "string", "format": "uri"}, "uri"),
        ({"type": "string", "const": "x"}, "const"),
        ({"type": "string", "oneOf": [{"pattern": "x"}]}, "oneOf"),
        ({"type": "integer", "enum": [1, 2]}, "enum"),
        ({"type": "number", "exclusiveMinimum": 1}, "exclusiveMinimum"),
        ({"type": "string", "minimum": 1}, "minimum"),
        ({"type": ["string", "null"]}, "null"),
        ({"$ref": "#/x"}, "$ref"),
        ({"enum": ["options_from_task_data_var:people"]}, "enum"),
        ({"type": "array", "items": {"type": "string"}}, "array"),
        ({"type": "array", "minItems": 1, "items": {}}, "minItems"),
        ("x", "x"),
    ],
)
def test_every_other_field_is_refused_by_its_name(
    given: Any, named: str
) -> None:
    with pytest.raises(FormUnsupported) as refused:
        form({"plain": {"type": "string"}, "strange": given})
    (reason,) = refused.value.reasons
    assert "strange" in reason and named in reason


def test_what_is_demanded_of_all_fields_together_is_refused() -> None:
    with pytest.raises(FormUnsupported, match=r"整张表单.*if、then"):
        form({"a": {"type": "string"}}, **{"if": {}, "then": {}})


@pytest.mark.parametrize(
    ("data", "is_one"),
    [
        ({"properties": {"a": {}}}, True),
        ({"key": "x", "schema": {"properties": {}}}, True),
        ({"components": [], "properties": {}}, False),
        ({"properties": "x"}, False),
        ([], False),
    ],
)
def test_a_schema_is_told_from_a_form(data: Any, is_one: bool) -> None:
    assert json_schema.is_schema(data) is is_one
