"""Validation: the server's word is final, told in sentences at the field."""

from datetime import date

import pytest

import forms
from tests.forms.conftest import (
    DECISION,
    REASON,
    ROWS,
    accepted,
    field,
    load,
    refused,
)


def test_every_field_tells_its_own_reason() -> None:
    form = load(
        DECISION, field("number", "n", "人数", validate={"min": 1, "max": 5})
    )
    assert refused(form, {"decision": "maybe", "n": "9"}) == {
        "decision": ["意见的选项已变化或不存在，请重新选择"],
        "n": ["人数应在 1 到 5 之间"],
    }


def test_a_hidden_field_is_neither_asked_for_nor_kept() -> None:
    form = load(DECISION, REASON)
    assert accepted(form, {"decision": "approve", "reason": "多余"}) == {
        "decision": "approve"
    }
    assert refused(form, {"decision": "reject"}) == {"reason": ["请填写理由"]}


def test_what_hangs_on_a_hidden_field_is_hidden_too() -> None:
    form = load(
        field("checkbox", "a", "甲"),
        field(
            "select",
            "b",
            "乙",
            hide="=a != true",
            values=[("x", "甲"), ("y", "乙")],
        ),
        field("textfield", "c", "丙", hide='=b != "x"', required=True),
    )
    assert accepted(form, {"a": False, "b": "x", "c": "残留"}) == {"a": False}
    assert refused(form, {"a": True, "b": "x"}) == {"c": ["请填写丙"]}


def test_a_hidden_group_hides_what_it_holds() -> None:
    form = load(
        DECISION,
        {
            "type": "group",
            "label": "附",
            "conditional": {"hide": '=decision = "reject"'},
            "components": [field("textfield", "t", "标题", required=True)],
        },
    )
    assert accepted(form, {"decision": "reject", "t": "x"}) == {
        "decision": "reject"
    }
    assert refused(form, {"decision": "approve"}) == {"t": ["请填写标题"]}


def test_options_come_from_the_register() -> None:
    form = load(
        field("select", "item", "事项", valuesKey="items", required=True)
    )
    options = {"items": [forms.Option("i1", "巡查")]}
    assert form.sources == {"items"}
    assert accepted(form, {"item": "i1"}, options) == {"item": "i1"}
    assert refused(form, {"item": "i2"}, options) == {
        "item": ["事项的选项已变化或不存在，请重新选择"]
    }


def test_one_wrong_choice_of_several_is_told_at_the_list() -> None:
    form = load(
        field(
            "checklist", "areas", "片区", values=[("a", "一组"), ("b", "二组")]
        )
    )
    assert accepted(form, {"areas": ["a", "b"]}) == {"areas": ["a", "b"]}
    for wrong in (["a", "z"], ["a", "a"], "a", [1]):
        assert list(refused(form, {"areas": wrong})) == ["areas"]


def test_a_row_is_checked_by_itself_and_hides_its_own_fields() -> None:
    form = load(ROWS)
    rows = [
        {"name": "甲", "kind": "general", "unit": "残留"},
        {"name": "乙", "kind": "dedicated", "unit": "市场"},
    ]
    kept = accepted(form, {"after": rows})["after"]
    assert kept == [
        {"name": "甲", "kind": "general"},
        {"name": "乙", "kind": "dedicated", "unit": "市场"},
    ]
    rows = [
        {"name": "甲", "kind": "general"},
        {"kind": "dedicated", "areas": ["a"]},
    ]
    assert refused(form, {"after": rows}) == {
        "after.1.name": ["请填写名称"],
        "after.1.unit": ["请填写所属单位"],
    }


def test_a_row_left_as_it_came_is_no_row() -> None:
    untouched = {"name": " ", "kind": "general", "areas": []}
    assert accepted(
        load(ROWS), {"after": [untouched, {"name": "甲", "kind": "general"}]}
    )["after"] == [{"name": "甲", "kind": "general"}]
    needed = load({**ROWS, "validate": {"required": True}})
    assert refused(needed, {"after": [untouched]}) == {
        "after": ["请至少填写一项网格"]
    }
    assert refused(needed, {}) == {"after": ["请填写网格"]}


@pytest.mark.parametrize("value", ["text", {"0": {}}, ["row"], [{}] * 101])
def test_rows_of_another_shape_are_refused_not_crashed_on(
    value: object,
) -> None:
    assert list(refused(load(ROWS), {"after": value})) == ["after"]


def test_what_the_form_does_not_know_is_left_out() -> None:
    data = {"decision": "approve", "territory": "320000", "_key": "1"}
    assert accepted(load(DECISION), data) == {"decision": "approve"}
    assert accepted(
        load(ROWS), {"after": [{"name": "甲", "kind": "general", "code": "1"}]}
    ) == {"after": [{"name": "甲", "kind": "general"}]}


def test_text_is_kept_as_it_is_counted() -> None:
    form = load(field("textarea", "t", "说明", validate={"maxLength": 5}))
    assert accepted(form, {"t": "  一\r\n二\x00三\ud800 "}) == {
        "t": "一\n二三"
    }
    assert accepted(form, {"t": "   "}) == {}
    assert refused(form, {"t": "一二三四五六"}) == {"t": ["说明最多 5 个字"]}


@pytest.mark.parametrize(
    ("given", "kept"), [("3", 3), ("2.50", 2.5), (7, 7), ("１２", 12)]
)
def test_numbers_are_kept_as_numbers(given: object, kept: float) -> None:
    assert accepted(load(field("number", "n", "人数")), {"n": given}) == {
        "n": kept
    }


@pytest.mark.parametrize(
    "given", ["三", "nan", "inf", "1e400", "9" * 40, [1], {"a": 1}]
)
def test_what_is_no_number_is_refused(given: object) -> None:
    assert list(refused(load(field("number", "n", "人数")), {"n": given})) == [
        "n"
    ]


def test_decimals_are_limited() -> None:
    whole, money = (
        field("number", "n", "人数", decimalDigits=0),
        field("number", "m", "经费", decimalDigits=2),
    )
    assert accepted(load(whole, money), {"n": "3", "m": "0.29"}) == {
        "n": 3,
        "m": 0.29,
    }
    assert refused(load(whole, money), {"n": "3.5", "m": "0.295"}) == {
        "n": ["人数应为整数"],
        "m": ["经费最多 2 位小数"],
    }


def test_dates_and_times_are_checked_and_kept_as_text() -> None:
    form = load(
        *(
            field("datetime", kind, kind, subtype=kind)
            for kind in ("date", "time", "datetime")
        )
    )
    given = {
        "date": "2026-03-02",
        "time": "09:30",
        "datetime": "2026-03-02T09:30",
    }
    assert accepted(form, given) == given
    wrong = {
        "date": "2026-02-30",
        "time": "25:00",
        "datetime": "2026-03-02T09:30Z",
    }
    assert refused(form, wrong).keys() == given.keys()
    assert all("应为有效" in told[0] for told in refused(form, wrong).values())


def test_a_pattern_has_a_sentence_of_its_own_and_means_the_whole_text() -> (
    None
):
    form = load(
        field(
            "textfield",
            "p",
            "电话",
            validate={"pattern": "^[0-9]+$"},
            properties={"patternMessage": "电话只填数字"},
        )
    )
    assert accepted(form, {"p": "12"}) == {"p": "12"}
    assert refused(form, {"p": "12a"}) == {"p": ["电话只填数字"]}


def test_kinds_of_text_are_checked() -> None:
    form = load(
        *(
            field("textfield", kind, kind, validate={"validationType": kind})
            for kind in ("email", "phone")
        )
    )
    assert accepted(form, {"email": "a@b.cn", "phone": "0511-8888 0000"})
    assert refused(form, {"email": "a@b", "phone": "abc"}).keys() == {
        "email",
        "phone",
    }


def test_a_box_that_must_be_ticked_is_asked_for() -> None:
    form = load(field("checkbox", "ok", "已核对", required=True))
    assert accepted(form, {"ok": True}) == {"ok": True}
    assert refused(form, {"ok": False}) == {"ok": ["请勾选已核对"]}
    assert refused(form, {}) == {"ok": ["请勾选已核对"]}


def test_one_file_where_one_is_asked_for() -> None:
    one, several = (
        field("filepicker", "a", "照片"),
        field("filepicker", "b", "附件", multiple=True),
    )
    assert accepted(load(one, several), {"a": ["1"], "b": ["2", "3"]}) == {
        "a": ["1"],
        "b": ["2", "3"],
    }
    assert refused(load(one), {"a": ["1", "2"]}) == {
        "a": ["照片最多 1 个文件"]
    }


@pytest.mark.parametrize(
    "kind",
    [
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "radio",
        "select",
        "checklist",
        "taglist",
        "filepicker",
        "dynamiclist",
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [1]},
        [[1]],
        [{"x": 1}],
        1.5,
        True,
        "文",
        "\x00",
        -1,
        ["", None],
    ],
)
def test_any_value_in_any_field_is_accepted_or_refused_in_chinese(
    kind: str, value: object
) -> None:
    form = load(
        field(
            kind,
            "k",
            "字段",
            components=[field("textfield", "x", "内")]
            if kind == "dynamiclist"
            else [],
        )
    )
    try:
        forms.validate(form, {"k": value}, {})
    except forms.Invalid as invalid:
        for sentences in invalid.errors.values():
            assert all(
                "一" <= sentence[0] <= "鿿" for sentence in sentences
            ), sentences


def test_digits_of_a_chinese_keyboards_wide_mode_are_a_number_and_others_are_not() -> (
    None
):
    form = load(
        field("number", "n", "人数"),
        field("textfield", "why", "原因", hide="=n < 10", required=True),
    )
    assert accepted(form, {"n": "９．５", "why": ""}) == {"n": 9.5}
    assert refused(form, {"n": "１２"}) == {"why": ["请填写原因"]}
    assert list(refused(form, {"n": "٠٣"})) == ["n", "why"]


def test_a_date_lies_after_the_day_that_its_variable_holds() -> None:
    granted = field(
        "datetime",
        "granted_on",
        "兑现日期",
        subtype="date",
        properties={"later-than": "publicity_until"},
    )
    form = load(granted)
    today = date(2026, 12, 20)
    told = [
        forms.date_errors(form, {"granted_on": day}, today, known)
        for day, known in (
            ("2026-12-10", {"publicity_until": "2026-12-10"}),
            ("2026-12-11", {"publicity_until": "2026-12-10"}),
            ("2026-12-10", {"publicity_until": None}),
            ("2026-12-10", {}),
        )
    ]
    sentence = "兑现日期应在 2026-12-10 之后，请改写"
    assert told == [{"granted_on": [sentence]}, {}, {}, {}]
    with pytest.raises(forms.FormUnsupported, match="应为变量名"):
        load(granted | {"properties": {"later-than": "the day"}})
