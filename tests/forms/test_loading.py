"""Loading: what form-js files may hold, and what is refused by name."""

import json
from pathlib import Path

import pytest

import forms
from tests.forms.conftest import DECISION, ROWS, field, load

DEFINITIONS = sorted(
    (Path(__file__).parents[2] / "forms" / "definitions").glob("*.form")
)


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda path: path.stem)
def test_every_form_that_is_delivered_loads_under_its_files_name(
    path: Path,
) -> None:
    form = forms.load(path.read_text())
    assert form.id == path.stem and form.title


def reasons(*components: dict) -> str:
    with pytest.raises(forms.FormUnsupported) as refused:
        load(*components)
    return "；".join(refused.value.reasons)


def test_unsupported_components_are_all_refused_by_name() -> None:
    told = reasons(
        {"type": "iframe", "label": "地图"},
        {"type": "group", "components": [{"type": "button", "label": "提交"}]},
    )
    assert (
        "“地图”的类型“iframe”不受支持" in told
        and "“提交”的类型“button”不受支持，页面自带提交按钮" in told
    )


@pytest.mark.parametrize(
    ("component", "told"),
    [
        (field("textfield", "", "标题"), "没有字段名"),
        (field("textfield", "a.b", "标题"), "字段名“a.b”不能用"),
        (field("textfield", "_key", "标题"), "字段名“_key”不能用"),
        (field("textfield", "csrf_token", "标题"), "不能用"),
        (
            field("textfield", "t", "标题", validate={"pattern": "["}),
            "正则表达式有误",
        ),
        (
            field("textfield", "t", "标题", validate={"maxLength": "多"}),
            "应为数字",
        ),
        (
            field("textfield", "t", "标题", validate={"validationType": "id"}),
            "校验类型“id”不受支持",
        ),
        (field("textfield", "t", "标题", readonly=True), "只读的控件不受支持"),
        (field("textfield", "t", "=title"), "文字中的表达式不受支持"),
        (
            field("select", "s", "事项", valuesExpression="=items"),
            "选项表达式不受支持",
        ),
        (
            field("select", "s", "事项", values=[])
            | {"values": [{"label": "甲"}]},
            "每个选项都要有 value",
        ),
        (
            field("datetime", "d", "日期", subtype="week"),
            "时间类型“week”不受支持",
        ),
        (
            field("textfield", "t", "标题", hide="=gone = 1"),
            "表单里没有的字段“gone”",
        ),
        (field("textfield", "t", "标题", hide="=t in [1,2]"), "看不懂"),
        (
            field(
                "dynamiclist",
                "l",
                "行",
                components=[field("filepicker", "f", "附件")],
            ),
            "动态列表里不能再放“附件”",
        ),
        (
            field("dynamiclist", "l", "行", components=[ROWS]),
            "动态列表里不能再放“网格”",
        ),
        (
            field("dynamiclist", "l", "行", components=[DECISION, DECISION]),
            "“decision”出现了两次",
        ),
    ],
)
def test_what_would_be_dropped_in_silence_is_refused(
    component: dict, told: str
) -> None:
    assert told in reasons(component)


def test_a_key_may_occur_once() -> None:
    assert "字段“decision”出现了两次" in reasons(
        DECISION, {"type": "group", "components": [DECISION]}
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        '{"components": {}}',
        '{"components": [1]}',
        "[" * 100_000,
    ],
)
def test_what_is_no_form_is_refused_not_crashed_on(text: str) -> None:
    with pytest.raises(forms.FormUnsupported):
        forms.load(text)


def test_too_deep_groups_are_refused() -> None:
    component: dict = DECISION
    for _level in range(50):
        component = {"type": "group", "components": [component]}
    assert "嵌套超过" in reasons(component)


def test_what_form_js_writes_by_itself_is_read() -> None:
    form = forms.load(
        json.dumps(
            {
                "id": "x",
                "type": "default",
                "schemaVersion": 18,
                "exporter": {"name": "form-js"},
                "components": [
                    {
                        "id": "Field_1",
                        "type": "datetime",
                        "key": "on",
                        "dateLabel": "日期",
                        "subtype": "date",
                        "layout": {"row": "r"},
                    },
                    {
                        "id": "Field_2",
                        "type": "dynamiclist",
                        "path": "rows",
                        "label": "行",
                        "defaultRepetitions": 0,
                        "allowAddRemove": True,
                        "components": [
                            {
                                "id": "Field_3",
                                "type": "textfield",
                                "key": "t",
                                "label": "文",
                            }
                        ],
                    },
                    {"id": "Field_4", "type": "text", "text": "## 说明"},
                ],
            }
        )
    )
    assert [(each.key, each.label) for each in form.inputs()] == [
        ("on", "日期"),
        ("rows", "行"),
    ]
    assert form.field_keys == {"on", "rows"}


def with_batch(value: object, *components: dict) -> forms.Form:
    fields = components or (field("textfield", "note", "备注"),)
    return forms.load(
        json.dumps(
            {
                "id": "f",
                "type": "default",
                "components": [*fields],
                "properties": {"batch": value},
            }
        )
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("true", True), (False, False), ("", False), (None, False)],
)
def test_a_form_says_whether_it_serves_several_tasks_at_once(
    value: object, expected: bool
) -> None:
    form = with_batch(value)
    assert form.batch is expected and form.ignored == ()


def test_a_component_nobody_knows_in_a_form_for_several_tasks_is_refused() -> (
    None
):
    with pytest.raises(forms.FormUnsupported, match="hologram"):
        with_batch(True, field("hologram", "h", "甲"))


@pytest.mark.parametrize("value", ["yes", 1, [], {"a": 1}])
def test_another_word_for_batch_is_refused(value: object) -> None:
    with pytest.raises(forms.FormUnsupported, match="true 或 false"):
        with_batch(value)


def test_a_form_for_several_tasks_has_no_files_and_another_name_is_told() -> (
    None
):
    with pytest.raises(forms.FormUnsupported, match="不能有附件"):
        with_batch(True, field("filepicker", "paper", "文件"))
    schema = {
        "id": "f",
        "type": "default",
        "components": [],
        "properties": {"batches": True},
    }
    assert "properties.batches" in forms.load(json.dumps(schema)).ignored[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"components":\n[}', "第 2 行有误"),
        ('{"components":' + "[" * 100_000, "太深"),
        ('{"components":[{"min":' + "9" * 5_000 + "}]}", "太长的数字"),
    ],
)
def test_what_is_no_json_is_told_in_words(text: str, told: str) -> None:
    with pytest.raises(forms.FormUnsupported, match=told):
        forms.load(text)
