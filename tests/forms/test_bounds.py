"""Forms take what is typed in bounded time, see through what is not seen, and honour or refuse every property
by name."""

from __future__ import annotations

import json
import time

import pytest

from forms.loading import FormUnsupported, load, load_deployed
from forms.render import render
from forms.schema import Invalid, validate


def form(*components: dict):
    return load(json.dumps({"components": list(components)}))


def reasons(*components: dict) -> str:
    with pytest.raises(FormUnsupported) as refused:
        form(*components)
    return "；".join(refused.value.reasons)


def text(pattern: str) -> dict:
    return {
        "type": "textarea",
        "key": "t",
        "label": "意见",
        "validate": {"pattern": pattern},
    }


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "^([A-Za-z0-9\\u4e00-\\u9fa5]+[，。；,. ]?)+$",
        "(x+x+)+y",
        "^(a|a)*$",
    ],
)
def test_no_pattern_takes_longer_than_its_text(pattern: str) -> None:
    begun = time.process_time()
    with pytest.raises(Invalid):
        validate(
            form(text(pattern)),
            {"t": "a" * 3_000 + "情况属实" + "x" * 500 + "（附件）"},
            {},
        )
    # Python's own `re` takes hours for each of them.
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("pattern", "typed"),
    [
        ("苏L", "车牌苏L12345"),
        ("^\\d{3}$", "123"),
        ("[\\u4e00-\\u9fa5]", "a情"),
        ("\\d", "x1"),
    ],
)
def test_a_pattern_is_searched_for_anywhere_as_in_the_editor(
    pattern: str, typed: str
) -> None:
    assert validate(form(text(pattern)), {"t": typed}, {}) == {"t": typed}


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=x)",
        "(?!x)",
        "(?<=x)y",
        "(a)\\1",
        "[",
        "a{1,5000}",
        "x" * 501,
        "((a{100}){100}){100}",
    ],
)
def test_a_pattern_that_cannot_be_searched_for_is_refused_at_the_check(
    pattern: str,
) -> None:
    assert "正则表达式" in reasons(text(pattern))


@pytest.mark.parametrize(
    "typed",
    [
        "\u200b\ufeff\u202e",
        "\u2060\u00ad",
        "\u3164\u2800",
        " \u3000\u200d ",
        "\u0301",
    ],
)
def test_what_nobody_sees_is_nothing(typed: str) -> None:
    required = form(
        {
            "type": "textfield",
            "key": "t",
            "label": "事由",
            "validate": {"required": True},
        }
    )
    with pytest.raises(Invalid) as refused:
        validate(required, {"t": typed}, {})
    assert refused.value.errors == {"t": ["请填写事由"]}


def test_marks_that_turn_a_line_round_are_taken_out_and_signs_of_several_characters_stay() -> (
    None
):
    assert validate(
        form(text(".")), {"t": "\u202e报告\u2066甲 👨\u200d👩\u200d👧"}, {}
    ) == {"t": "报告甲 👨\u200d👩\u200d👧"}


def test_three_million_characters_are_refused_for_their_number_alone() -> None:
    begun = time.process_time()
    with pytest.raises(Invalid) as refused:
        validate(form(text("^(a+)+$")), {"t": "\u200b" * 3_000_000}, {})
    assert refused.value.errors == {"t": ["意见最多 4000 个字"]}
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "key", ["None", "True", "pass", "if", "class", "null", "true", "lambda"]
)
def test_a_field_that_no_condition_could_read_is_refused(key: str) -> None:
    assert f"字段名“{key}”是表达式的保留字" in reasons(
        {"type": "textfield", "key": key, "label": "甲"}
    )


@pytest.mark.parametrize("kind", ["radio", "select", "checklist", "taglist"])
def test_a_required_choice_without_options_is_refused(kind: str) -> None:
    choice = {
        "type": kind,
        "key": "decision",
        "label": "审核意见",
        "values": [],
        "validate": {"required": True},
    }
    assert "没有可选的项" in reasons(choice)
    assert form({**choice, "valuesKey": "bodies"}).sources == {"bodies"}


@pytest.mark.parametrize(
    "given",
    [
        "{}",
        "[]",
        '{"key": "x", "schema": {"type": "object", "properties": {}}}',
        '{"components": {}}',
    ],
)
def test_a_form_of_another_kind_is_refused(given: str) -> None:
    with pytest.raises(FormUnsupported, match="components"):
        load(given)


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity", "-1", "1.5"])
def test_limits_that_are_no_whole_numbers_are_refused(number: str) -> None:
    given = (
        '{"components": [{"type": "textfield", "key": "t", "label": "甲", "validate": {"maxLength": '
        "NUMBER}}]}"
    )
    given = given.replace("NUMBER", number)
    with pytest.raises(FormUnsupported, match="maxLength"):
        load(given)


NUMBER = {"type": "number", "key": "n", "label": "补贴金额"}


@pytest.mark.parametrize(
    ("properties", "typed", "kept"),
    [
        ({"increment": "0.5"}, "1.5", 1.5),
        ({"decimalDigits": 1}, "0.3", 0.3),
        ({"increment": "0.1"}, "0.3", 0.3),
        ({"serializeToString": True}, "3.10", "3.10"),
        (
            {"serializeToString": True},
            "320102199003071234",
            "320102199003071234",
        ),
        ({"validate": {"min": 0.1, "max": 0.3}}, "0.3", 0.3),
    ],
)
def test_numbers_are_decimal_and_their_properties_honoured(
    properties: dict, typed: str, kept: object
) -> None:
    assert validate(form({**NUMBER, **properties}), {"n": typed}, {}) == {
        "n": kept
    }


@pytest.mark.parametrize(
    ("properties", "typed"),
    [
        ({"increment": "0.5"}, "0.3"),
        ({"decimalDigits": 1}, "0.35"),
        ({}, "9" * 5_000),
        ({"serializeToString": True}, "三"),
    ],
)
def test_numbers_beyond_their_properties_are_refused(
    properties: dict, typed: str
) -> None:
    with pytest.raises(Invalid):
        validate(form({**NUMBER, **properties}), {"n": typed}, {})


def test_a_time_stands_on_its_interval() -> None:
    at = form(
        {
            "type": "datetime",
            "subtype": "datetime",
            "key": "at",
            "dateLabel": "时间",
            "timeInterval": 30,
        }
    )
    assert validate(at, {"at": "2026-03-02T23:30"}, {}) == {
        "at": "2026-03-02T23:30"
    }
    with pytest.raises(Invalid) as refused:
        validate(at, {"at": "2026-03-02T23:31"}, {})
    assert "30 分钟" in refused.value.errors["at"][0]


def test_units_columns_and_limits_are_on_the_page() -> None:
    drawn_form = form(
        {
            **NUMBER,
            "appearance": {"prefixAdorner": "￥", "suffixAdorner": "万元"},
            "layout": {"row": "R1", "columns": 8},
        },
        {
            "type": "textfield",
            "key": "t",
            "label": "说明",
            "layout": {"row": "R1", "columns": 4},
        },
    )
    drawn = str(render(drawn_form, {}, {}, {}))
    assert (
        '<span class="input-group-text">￥</span>' in drawn
        and '<span class="input-group-text">万元</span>' in drawn
    )
    assert (
        '<div class="row"><div class="gf-columns gf-columns-8">' in drawn
        and '<div class="gf-columns gf-columns-4">' in drawn
    )
    assert 'data-limit="200"' in drawn
    assert "<span data-most>最多 200 个字</span>" in drawn


def choice(**more: object) -> dict:
    options = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "1"}]
    return {
        "type": "select",
        "key": "s",
        "label": "类别",
        "values": options,
        **more,
    }


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"defaultValue": "a"}, ""),
        ({"defaultValue": 1}, ""),
        ({"defaultValue": "c"}, "“c”"),
        ({"defaultValue": ["a"]}, "“['a']”"),
        ({"type": "checklist", "defaultValue": ["a", "c"]}, "“c”"),
        ({"type": "checklist", "defaultValue": ["a"]}, ""),
        ({"values": [], "valuesKey": "bodies", "defaultValue": "c"}, ""),
    ],
)
def test_a_default_that_is_no_option_is_refused(
    more: dict, wrong: str
) -> None:
    if not wrong:
        assert form(choice(**more))
        return
    assert f"“类别”的默认值{wrong}不在它的选项里" in reasons(choice(**more))


def test_a_date_with_its_time_has_both_labels() -> None:
    labels = {"dateLabel": "日期", "timeLabel": "时刻"}
    of = {
        subtype: form(
            {"type": "datetime", "key": "d", "subtype": subtype, **labels}
        )
        .fields[0]
        .label
        for subtype in ("date", "time", "datetime")
    }
    assert of == {"date": "日期", "time": "时刻", "datetime": "日期、时刻"}


def test_a_form_of_ten_thousand_fields_is_refused_for_their_number_alone() -> (
    None
):
    fields = [
        {"type": "textfield", "key": f"k{each}", "label": "甲"}
        for each in range(10_000)
    ]
    begun = time.process_time()
    assert reasons(*fields) == "表单的控件超过 500 个，请拆成几张表单"
    assert reasons(
        {"type": "group", "label": "组", "components": fields[:501]}
    ).startswith("表单的控件超过 500 个")
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("sign", ["\\ud800", "\\u0000"])
def test_a_sign_that_no_page_takes_is_refused_and_left_out_of_what_was_deployed(
    sign: str,
) -> None:
    given = json.dumps(
        {"components": [{"type": "textfield", "key": "t", "label": "甲X"}]}
    ).replace("X", sign)
    with pytest.raises(
        FormUnsupported, match="半个字符），请删去，或直接写出"
    ):
        load(given)
    assert load(given.replace(sign, "\\\\u0000 \\\\ud800")).fields
    page = str(render(load_deployed(given, True), {}, {}, {}))
    assert "甲</label>" in page.encode().decode() and "\0" not in page


def test_a_time_with_a_zone_is_refused_and_does_not_lose_it() -> None:
    asked = form(
        {
            "type": "datetime",
            "subtype": "time",
            "key": "t",
            "timeLabel": "时刻",
        }
    )
    assert validate(asked, {"t": "10:00"}, {}) == {"t": "10:00"}
    with pytest.raises(Invalid) as refused:
        validate(asked, {"t": "10:00+08:00"}, {})
    assert "应为有效时间" in refused.value.errors["t"][0]
